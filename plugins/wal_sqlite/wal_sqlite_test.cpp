// What is SQLite's own about this back end: its log, its file, its locks. The contract of every back end is
// tested in tests/wal and tests/log_stores.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"
#include "tickweir/testing_random.h"

namespace {
namespace fs = std::filesystem;
using namespace tickweir;
using namespace tickweir::testing;

bool next_sync_fails = false;

}  // namespace

// SQLite's, since this program exports it.
extern "C" int fdatasync(int file) {
  if (!std::exchange(next_sync_fails, false)) return static_cast<int>(::syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}

namespace {

class WalSqlite : public ::testing::Test {
 protected:
  [[nodiscard]] OptionTexts at(const std::string& name) const { return {{"path", folder_.at(name)}}; }
  // The files as they are now, which is what a crash would leave.
  void copy(const std::string& from, const std::string& to) const {
    fs::remove_all(folder_.at(to));
    fs::copy(folder_.at(from), folder_.at(to));
  }
  void flip(const std::string& file, std::uint64_t offset, int bits = 0x10) const {
    std::fstream stream(folder_.at(file), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const char flipped = static_cast<char>(stream.get() ^ bits);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(flipped);
  }
  [[nodiscard]] std::uint64_t bytes_of(const std::string& file) const {
    return fs::file_size(folder_.at(file));
  }
  [[nodiscard]] std::string contents(const std::string& file) const {
    std::ifstream stream(folder_.at(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::string refusal(const std::string& name) const {
    try {
      LogHarness log(TICKWEIR_PLUGIN_FILE, at(name));
      static_cast<void>(log.read_all());
      return {};
    } catch (const StageError& refused) {
      return refused.what();
    }
  }

  TempFolder folder_;
};

std::vector<OwnedEvent> events(std::uint32_t count) {
  return std::vector<OwnedEvent>(count, OwnedEvent(300, std::vector<std::uint8_t>(32, 0xAB)));
}

TEST_F(WalSqlite, HoldsOneWholeSyncedPrefixWhereverItsOwnLogIsCut) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  for (int group = 0; group < 5; ++group) {
    log.append(events(50));
    log.sync();
  }
  std::uint64_t held_before = 0;
  for (std::uint64_t bytes = 0; bytes <= bytes_of("log/log.sqlite-wal"); bytes += 4096) {
    copy("log", "cut");
    fs::resize_file(folder_.at("cut/log.sqlite-wal"), bytes);
    LogHarness cut(TICKWEIR_PLUGIN_FILE, at("cut"));
    const std::uint64_t held = cut.opened().last_sequence;
    ASSERT_EQ(held % 50, 0U) << bytes;
    ASSERT_GE(held, held_before) << bytes;
    ASSERT_EQ(cut.read_all().size(), held) << bytes;
    held_before = held;
  }
  copy("log", "whole");
  LogHarness whole(TICKWEIR_PLUGIN_FILE, at("whole"));
  EXPECT_EQ(whole.read_all(), log.appended());
}

TEST_F(WalSqlite, RefusesALogOfSQLitesThatIsDamagedBeforeCommitsThatWereSynced) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  std::uint64_t before = 0;
  for (int group = 0; group < 5; ++group) {
    if (group == 2) before = bytes_of("log/log.sqlite-wal");
    log.append(events(50));
    log.sync();
  }
  copy("log", "damaged");
  flip("damaged/log.sqlite-wal", before + 100);
  EXPECT_NE(
      refusal("damaged").find("log.sqlite-wal is damaged in the frame at byte " + std::to_string(before)),
      std::string::npos)
      << refusal("damaged");
  LogHarness reader(TICKWEIR_PLUGIN_FILE, at("damaged"), {.is_read_only = true});
  EXPECT_NE(reader.opened().note.find("log.sqlite-wal is damaged in the frame at byte "), std::string::npos);
  EXPECT_EQ(reader.opened().last_sequence, 101U) << "one at least is lost";
  EXPECT_EQ(reader.read(1).size(), 100U);
  EXPECT_THROW(static_cast<void>(reader.read(101)), StageError);
  copy("log", "torn");  // the last commit alone may be one that was being written
  flip("torn/log.sqlite-wal", bytes_of("torn/log.sqlite-wal") - 100);
  EXPECT_EQ(refusal("torn"), "");
}

TEST_F(WalSqlite, ShowsNothingOfALogOfWhichAllLiesBehindTheDamage) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  log.append(events(50));
  log.sync();
  for (const std::uint64_t byte : {std::uint64_t{20}, bytes_of("log/log.sqlite-wal") - 100}) {
    SCOPED_TRACE(byte);
    log.append(events(50));
    log.sync();
    copy("log", "damaged");
    flip("damaged/log.sqlite-wal", byte);
    try {
      const LogHarness reader(TICKWEIR_PLUGIN_FILE, at("damaged"), {.is_read_only = true});
      ADD_FAILURE() << "it opens";
    } catch (const StageError& refused) {
      EXPECT_NE(std::string(refused.what()).find("log.sqlite-wal is damaged in "), std::string::npos)
          << refused.what();
    }
  }
}

TEST_F(WalSqlite, RefusesEachBitThatRotsInAHeadOfSQLitesLogOrReadsAllOfIt) {
  constexpr std::uint64_t frame_bytes = 24 + 16'384;
  constexpr std::uint64_t stride = tickweir::testing::is_sanitized ? 5 : 1;
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  std::uint64_t last_commit = 0;
  const auto append = [&] {
    last_commit = bytes_of("log/log.sqlite-wal");
    log.append(events(150));
    log.sync();
  };
  // A commit is marked by the pages that the database has then: of 8, one bit that rots leaves no mark.
  const auto pages = [&] {
    std::ifstream stream(folder_.at("log/log.sqlite-wal"), std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(bytes_of("log/log.sqlite-wal") - frame_bytes + 7));
    return stream.get();
  };
  while (pages() < 8) append();
  ASSERT_EQ(pages(), 8);
  append();
  copy("log", "rotten");
  const auto expect_found = [&](std::uint64_t head, std::uint64_t bytes) {
    for (std::uint64_t bit = 0; bit < 8 * bytes; bit += stride) {
      flip("rotten/log.sqlite-wal", head + bit / 8, 1 << bit % 8);
      try {
        LogHarness found(TICKWEIR_PLUGIN_FILE, at("rotten"));
        ASSERT_EQ(found.read_all(), log.appended()) << "bit " << bit << " of the head at byte " << head;
        found.stop();
        copy("log", "rotten");       // that start has emptied it
      } catch (const StageError&) {  // which has changed nothing
        flip("rotten/log.sqlite-wal", head + bit / 8, 1 << bit % 8);
      }
    }
  };
  expect_found(0, 32);
  for (std::uint64_t frame = 32; frame < last_commit; frame += frame_bytes) expect_found(frame, 24);
}

TEST_F(WalSqlite, TakesFramesOfAnOlderGenerationForTheEnd) {
  constexpr std::uint64_t frame_bytes = 24 + 16'384;
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  for (int group = 0; group < 5; ++group) {
    log.append(events(50));
    log.sync();
  }
  const std::uint64_t end = bytes_of("log/log.sqlite-wal");
  // SQLite writes over what it has copied into the database. Behind the end there are then whole frames, with
  // a first salt that was counted up since, and another second one.
  std::ifstream stream(folder_.at("log/log.sqlite-wal"), std::ios::binary);
  std::string frames{std::istreambuf_iterator<char>(stream), {}};
  frames.erase(0, 32);
  for (std::size_t at = 0; at < frames.size(); at += frame_bytes) {
    --frames[at + 11];
    for (std::size_t i = 12; i < 16; ++i) frames[at + i] = static_cast<char>(frames[at + i] ^ 0x5A);
  }
  copy("log", "whole");
  std::ofstream(folder_.at("whole/log.sqlite-wal"), std::ios::binary | std::ios::app) << frames;
  copy("whole", "torn");
  {
    LogHarness whole(TICKWEIR_PLUGIN_FILE, at("whole"));
    EXPECT_EQ(whole.read_all(), log.appended());
  }
  flip("torn/log.sqlite-wal", end - 100);
  EXPECT_EQ(refusal("torn"), "");
}

// A drop writes a commit that fails, and the run goes on: behind the next one, which is shorter, there must
// not be a whole one that a loss of power leaves there.
TEST_F(WalSqlite, LeavesNothingOfADropThatFailedBehindTheNextCommit) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  for (int group = 0; group < 20; ++group) {
    log.append(events(500));
    log.sync();
  }
  next_sync_fails = true;
  EXPECT_THROW(log.truncate_before(9'000), StageError);
  const std::string before = contents("log/log.sqlite-wal");
  log.append(events(1));
  log.sync();
  const std::string after = contents("log/log.sqlite-wal");
  const auto head = std::ptrdiff_t{32};
  const auto changed =
      std::mismatch(after.begin() + head, after.end(), before.begin() + head, before.end()).first;
  copy("log", "torn");
  flip("torn/log.sqlite-wal", static_cast<std::uint64_t>(changed - after.begin()) + 100);
  EXPECT_EQ(refusal("torn"), "");
  LogHarness torn(TICKWEIR_PLUGIN_FILE, at("torn"));
  EXPECT_EQ(torn.opened().first_sequence, 1U);
  EXPECT_EQ(torn.opened().last_sequence, 10'000U);
}

TEST_F(WalSqlite, EmptiesSQLitesOwnLogAtEveryStart) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  log.append(events(50));
  log.sync();
  copy("log", "again");
  ASSERT_GT(bytes_of("again/log.sqlite-wal"), 0U);
  LogHarness again(TICKWEIR_PLUGIN_FILE, at("again"));
  EXPECT_EQ(bytes_of("again/log.sqlite-wal"), 0U);
  EXPECT_EQ(again.read_all(), log.appended());
}

TEST_F(WalSqlite, NamesTheSequenceOfAGroupThatRotted) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  for (int group = 0; group < 3; ++group) log.append(events(1000));
  log.stop();
  std::ifstream stream(folder_.at("log/log.sqlite"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t payload = whole.find(std::string(32, '\xAB'));
  ASSERT_NE(payload, std::string::npos);
  flip("log/log.sqlite", payload);
  EXPECT_NE(refusal("log").find(", group of sequence 1: its checksum is "), std::string::npos)
      << refusal("log");
}

TEST_F(WalSqlite, RefusesAFileThatIsNoDatabase) {
  fs::create_directory(folder_.at("log"));
  std::ofstream(folder_.at("log/log.sqlite")) << std::string(5000, 'x');
  EXPECT_NE(refusal("log").find("file is not a database"), std::string::npos) << refusal("log");
}

TEST_F(WalSqlite, OpensAPathWithSignsThatMeanSomethingInAUri) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("a?b#c%41 d"));
  log.append(events(3));
  log.stop();
  EXPECT_TRUE(fs::exists(folder_.at("a?b#c%41 d/log.sqlite")));
  log.reopen({.is_read_only = true});
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST_F(WalSqlite, SaysHowItStores) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, at("log"));
  EXPECT_NE(log.describe().note.find("journal_mode=WAL, synchronous=FULL"), std::string::npos);
}

}  // namespace
