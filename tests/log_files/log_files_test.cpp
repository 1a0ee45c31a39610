// What a log's writes go through: a ring where the system allows one, a call otherwise, and the same bytes
// either way.
#include "runtime/durability/log_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tickweir/files.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace tickweir {
namespace {

using testing::TempFolder;

constexpr std::uint32_t to_write = TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE;

std::unique_ptr<LogFiles> made(FileIo io) {
  auto files = LogFiles::make(io);
  if (!files) throw std::runtime_error(files.error().message);
  return std::move(*files);
}

bool has_ring() {
  return bool(LogFiles::make(FileIo::io_uring));
}

// From now on this process gets no ring, as in most containers.
void forbid_rings() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::perror("seccomp");
    std::_Exit(1);
  }
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(LogFiles, SayWhatTheyAre) {
  EXPECT_STREQ(made(FileIo::pwrite)->raw().how, "pwritev + fdatasync");
  if (!has_ring()) GTEST_SKIP() << "io_uring is not allowed here";
  EXPECT_STREQ(made(FileIo::io_uring)->raw().how, "io_uring + fdatasync");
  EXPECT_STREQ(made(FileIo::automatic)->raw().how, "io_uring + fdatasync");
}

TEST(LogFilesDeathTest, FallBackWhereThereIsNoRingAndSayWhy) {
  if (::prctl(PR_GET_SECCOMP) < 0) GTEST_SKIP() << "this kernel cannot forbid a system call";
  const auto ask = [] {
    forbid_rings();
    std::fprintf(stderr, "auto: %s\n", made(FileIo::automatic)->raw().how);
    auto refused = LogFiles::make(FileIo::io_uring);
    std::fprintf(stderr, "io_uring: %s\n", refused ? "made" : refused.error().message.c_str());
    std::_Exit(0);
  };
  EXPECT_EXIT(
      ask(), ::testing::ExitedWithCode(0),
      "auto: pwritev \\+ fdatasync \\(io_uring is not allowed here: Operation not permitted\\)\n"
      "io_uring: io_uring is not allowed here: Operation not permitted; take durability: \\{ io: auto "
      "\\} or \\{ io: pwrite \\}, or allow the system call");
}

class ThroughEither : public ::testing::TestWithParam<FileIo> {};

TEST_P(ThroughEither, BytesLandWhereTheyBelong) {
  if (GetParam() == FileIo::io_uring && !has_ring()) GTEST_SKIP() << "io_uring is not allowed here";
  const TempFolder folder;
  const auto files = made(GetParam());
  std::string expected(2 << 20, '\0');
  {
    File file = Files(files->raw()).open(folder.at("file"), to_write);
    std::uint64_t at = 0;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4096}, std::size_t{100'000},
                                    std::size_t{256 * 1024}, std::size_t{256 * 1024 + 1}}) {
      const std::string text(bytes, static_cast<char>('a' + at % 26));
      ASSERT_TRUE(file.write(text.data(), text.size(), at));
      expected.replace(at, bytes, text);
      at += bytes + 7;
    }
    const std::array<tickweir_span, 2> two{{{reinterpret_cast<const std::uint8_t*>("left "), 5},
                                            {reinterpret_cast<const std::uint8_t*>("right"), 5}}};
    ASSERT_TRUE(file.write(two, at));
    expected.replace(at, 10, "left right");
    expected.resize(at + 10);
    file.sync();
  }
  EXPECT_TRUE(contents(folder.at("file")) == expected);
}

TEST_P(ThroughEither, AWriteThatFailsSaysSo) {
  if (GetParam() == FileIo::io_uring && !has_ring()) GTEST_SKIP() << "io_uring is not allowed here";
  const TempFolder folder;
  const auto files = made(GetParam());
  Files(files->raw()).open(folder.at("file"), to_write).close();
  File only_read = Files(files->raw()).open(folder.at("file"), TICKWEIR_FILE_READ);
  EXPECT_THROW((void)only_read.write("x", 1, 0), std::system_error);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  File no_room(files->raw(), full, "/dev/full");
  EXPECT_FALSE(no_room.write("x", 1, 0));
}

// Two threads at once: one of them finds the ring in use.
TEST_P(ThroughEither, ThreadsWriteAtTheSameTime) {
  if (GetParam() == FileIo::io_uring && !has_ring()) GTEST_SKIP() << "io_uring is not allowed here";
  const TempFolder folder;
  const auto files = made(GetParam());
  constexpr std::uint64_t pieces = 500;
  const auto write = [&](char letter) {
    File file = Files(files->raw()).open(folder.at(std::string(1, letter)), to_write);
    for (std::uint64_t i = 0; i < pieces; ++i) {
      const std::string piece(100, static_cast<char>(letter + i % 10));
      if (!file.write(piece.data(), piece.size(), i * 100)) throw std::runtime_error("no room");
    }
  };
  std::thread other(write, 'A');
  write('a');
  other.join();
  for (const char letter : {'A', 'a'}) {
    const std::string found = contents(folder.at(std::string(1, letter)));
    ASSERT_EQ(found.size(), pieces * 100);
    for (std::uint64_t i = 0; i < pieces; ++i) {
      ASSERT_EQ(found.substr(i * 100, 100), std::string(100, static_cast<char>(letter + i % 10))) << i;
    }
  }
}

TEST_P(ThroughEither, ALogOfSegmentsIsTheSame) {
  if (GetParam() == FileIo::io_uring && !has_ring()) GTEST_SKIP() << "io_uring is not allowed here";
  const TempFolder folder;
  const auto files = made(GetParam());
  std::vector<testing::OwnedEvent> events;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    events.emplace_back(std::uint16_t{300}, std::vector<std::uint8_t>(i * 8 % 512, std::uint8_t(i)),
                        testing::Fields{.time = i, .origin = i, .sequence = i});
  }
  const testing::OptionTexts options{{"path", folder.at("log")}, {"segment_bytes", "64KiB"}};
  {
    testing::LogHarness log(TICKWEIR_PLUGIN_DIR "/wal_segment.so", options, {.files = &files->raw()});
    for (std::size_t at = 0; at < events.size(); at += 50) {
      log.append({events.begin() + static_cast<std::ptrdiff_t>(at),
                  events.begin() + static_cast<std::ptrdiff_t>(at + 50)});
      log.sync();
    }
    EXPECT_EQ(log.describe().note.substr(0, 8), std::string(files->raw().how).substr(0, 8));
  }
  testing::LogHarness again(TICKWEIR_PLUGIN_DIR "/wal_segment.so", options);
  EXPECT_TRUE(again.read_all() == events);
}

INSTANTIATE_TEST_SUITE_P(Calls, ThroughEither, ::testing::Values(FileIo::pwrite, FileIo::io_uring),
                         [](const auto& one) { return one.param == FileIo::pwrite ? "pwrite" : "io_uring"; });

}  // namespace
}  // namespace tickweir
