// A snapshot's file is whole, or it is refused with the byte.
#include <gtest/gtest.h>

#include "saved.h"
#include "tickweir/testing_files.h"

namespace tickweir::test {
namespace {

using testing::FaultyFiles;

constexpr const char* path = "/snapshot";

class SnapshotFile : public ::testing::Test {
 protected:
  explicit SnapshotFile(bool large = false) {
    File file =
        Files(files_.raw()).open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
    EXPECT_TRUE(write_number(files_.raw(), file.handle(), 5, large));
  }
  [[nodiscard]] Result<Snapshot> read() const { return read_snapshot(Files(files_.raw()), path); }
  std::vector<std::uint8_t>& bytes() { return files_.contents(path); }

  FaultyFiles files_;
};

class LargeSnapshotFile : public SnapshotFile {
 protected:
  LargeSnapshotFile() : SnapshotFile(true) {}
};

TEST_F(SnapshotFile, GivesBackWhatWasWritten) {
  auto snapshot = read();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->bytes, bytes().size());
  EXPECT_EQ(difference(Files(files_.raw()), *snapshot, 5), "");
}

TEST_F(LargeSnapshotFile, GivesBackWhatWasWritten) {
  auto snapshot = read();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(difference(Files(files_.raw()), *snapshot, 5, true), "");
}

TEST_F(SnapshotFile, OfANewerVersionIsRefusedAsSuch) {
  bytes()[7] = '3';
  auto snapshot = read();
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(
      snapshot.error().message,
      "/snapshot has format version 3, this program reads up to 1; use the tickweir that wrote it, or a "
      "newer one");
  bytes()[7] = '0';
  EXPECT_TRUE(read().error().message.starts_with("/snapshot is damaged at byte 0: "));
}

TEST_F(SnapshotFile, IsRefusedWithAnyBitFlipped) {
  for (std::size_t bit = 0; bit < bytes().size() * 8; ++bit) {
    bytes()[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    auto snapshot = read();
    ASSERT_FALSE(snapshot) << "bit " << bit;
    const std::string& said = snapshot.error().message;
    ASSERT_TRUE(said.starts_with("/snapshot is damaged at byte ") ||
                (bit / 64 == 0 && said.starts_with("/snapshot has format version ")))
        << said;
    bytes()[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

TEST_F(SnapshotFile, IsRefusedCutAtAnyLengthOrWithMoreBehindItsEnd) {
  const std::vector<std::uint8_t> whole = bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    bytes().assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_FALSE(read()) << length;
  }
  bytes() = whole;
  bytes().push_back(0);
  auto snapshot = read();
  ASSERT_FALSE(snapshot);
  EXPECT_NE(snapshot.error().message.find("there are bytes behind its end"), std::string::npos);
}

TEST_F(LargeSnapshotFile, IsRefusedWithChunksSwappedOrFromAnotherSnapshot) {
  // The chunks of the large state begin after what the small one would take, and are all of one size.
  const std::size_t chunk = 16 + snapshot_chunk_bytes;
  auto snapshot = read();
  ASSERT_TRUE(snapshot);
  const auto first = bytes().begin() + static_cast<std::ptrdiff_t>(snapshot->stages[2].offset);
  std::swap_ranges(first, first + static_cast<std::ptrdiff_t>(chunk),
                   first + static_cast<std::ptrdiff_t>(chunk));
  EXPECT_FALSE(read());
}

TEST_F(SnapshotFile, ThatChangesWhileItIsLoadedIsNoticed) {
  auto snapshot = read();
  ASSERT_TRUE(snapshot);
  bytes()[snapshot->stages[2].offset + 20] ^= 1;
  EXPECT_EQ(difference(Files(files_.raw()), *snapshot, 5), "another state of stage2");
}

TEST(SnapshotWriterTest, SaysWhenTheDiskIsFullOrFails) {
  for (const auto call : {testing::FileCall::write, testing::FileCall::sync}) {
    FaultyFiles files;
    File file =
        Files(files.raw()).open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
    files.fail({.call = call, .error = ENOSPC});
    EXPECT_FALSE(write_number(files.raw(), file.handle(), 1));
  }
  FaultyFiles slow;
  slow.move_short(3);
  File file = Files(slow.raw()).open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
  EXPECT_TRUE(write_number(slow.raw(), file.handle(), 1)) << "short writes are gone on with";
  auto snapshot = read_snapshot(Files(slow.raw()), path);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(difference(Files(slow.raw()), *snapshot, 1), "");
}

}  // namespace
}  // namespace tickweir::test
