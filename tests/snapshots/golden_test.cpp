// A snapshot that was written once and is read by every version since: see tests/wal/golden/README.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "saved.h"
#include "tickweir/posix_files.h"

namespace tickweir::test {
namespace {

constexpr std::uint64_t number = 7;

TEST(GoldenSnapshot, IsReadAsItWasWritten) {
  const Files files(posix_files());
  if (const char* const into = std::getenv("TICKWEIR_MAKE_GOLDEN")) {
    std::filesystem::create_directories(into);
    File made = files.open(std::string(into) + "/snapshot-1",
                           TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
    ASSERT_TRUE(write_number(posix_files(), made.handle(), number));
  }
  auto snapshot = read_snapshot(files, TICKWEIR_SOURCE_DIR "/tests/snapshots/golden/snapshot-1");
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(difference(files, *snapshot, number), "");
}

}  // namespace
}  // namespace tickweir::test
