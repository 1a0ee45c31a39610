// OutputFile when another process writes to the file until just before the lock is free.
#include "output_file.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "tickweir/testing_folder.h"

namespace {

std::function<void()> before_lock;

}  // namespace

// In place of the C library's: what happens between opening a file and locking it can be chosen here.
extern "C" int flock(int descriptor, int operation) noexcept {
  if (before_lock) before_lock();
  return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
}

namespace tickweir {
namespace {

TEST(OutputFile, AppendsBehindWhatTheLastWriterWroteUntilItGaveTheLockUp) {
  const testing::TempFolder folder;
  const std::string path = folder.at("out");
  std::ofstream(path) << "first\n";
  before_lock = [&path] { std::ofstream(path, std::ios::app) << "its last batch\n"; };
  OutputFile file;
  file.open(path, OpenMode::append);
  before_lock = nullptr;
  EXPECT_EQ(file.size(), 21U);
  file.put("ours\n");
  file.commit();
  file.close();
  std::ifstream input(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(input), {}), "first\nits last batch\nours\n");
}

}  // namespace
}  // namespace tickweir
