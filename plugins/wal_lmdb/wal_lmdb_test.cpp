// What is LMDB's own about this back end: its map, its file. The contract of every back end is tested in
// tests/wal and tests/log_stores.
#include <gtest/gtest.h>
#include <lmdb.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace {
namespace fs = std::filesystem;
using namespace tickweir;
using namespace tickweir::testing;

class WalLmdb : public ::testing::Test {
 protected:
  [[nodiscard]] OptionTexts options(const char* map_size = "1GiB") const {
    return {{"path", folder_.at("log")}, {"map_size", map_size}};
  }
  [[nodiscard]] std::string refusal() const {
    try {
      LogHarness log(TICKWEIR_PLUGIN_FILE, options());
      static_cast<void>(log.read_all());
      return {};
    } catch (const StageError& refused) {
      return refused.what();
    }
  }
  [[nodiscard]] fs::path data() const { return folder_.at("log/data.mdb"); }

  // How many its environment has seen.
  [[nodiscard]] std::uint64_t commits() const {
    MDB_env* environment = nullptr;
    EXPECT_EQ(mdb_env_create(&environment), 0);
    EXPECT_EQ(mdb_env_open(environment, data().c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0), 0);
    MDB_envinfo info{};
    EXPECT_EQ(mdb_env_info(environment, &info), 0);
    mdb_env_close(environment);
    return info.me_last_txnid;
  }

  TempFolder folder_;
};

constexpr std::uint32_t group_events = 62;  // of a kilobyte each
std::vector<OwnedEvent> group_of(std::uint32_t count = group_events) {
  return std::vector<OwnedEvent>(count, OwnedEvent(300, std::vector<std::uint8_t>(992, 0xAB)));
}

TEST_F(WalLmdb, IsFullWhenItsMapIsAndLosesNothingOfWhatItTook) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options("16MiB"));
  std::uint64_t groups = 0;
  try {
    for (;; ++groups) {
      log.append(group_of());
      if (groups % 3 == 0) log.sync();
      ASSERT_LT(groups, 300U);
    }
  } catch (const LogFull& full) {
    EXPECT_NE(std::string(full.what()).find("map_size is 16777216 bytes; raise map_size"), std::string::npos)
        << full.what();
  }
  EXPECT_GT(groups, 200U);
  EXPECT_THROW(log.append(group_of()), LogFull);
  log.sync();
  EXPECT_EQ(log.read_all(), log.appended());
  log.stop();
  log.reopen();
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST_F(WalLmdb, GoesOnInTheRoomOfWhatWasDropped) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options("16MiB"));
  std::uint64_t full_times = 0;
  for (int group = 0; group < 600; ++group) {
    try {
      log.append(group_of());
    } catch (const LogFull&) {
      ++full_times;
      log.truncate_before(log.next_sequence() - 10 * group_events);
      log.append(group_of());
    }
    log.sync();
  }
  EXPECT_GE(full_times, 2U);
  EXPECT_LE(full_times, 6U);
  const std::uint64_t first = log.describe().first_sequence;
  const std::vector<OwnedEvent> held = log.read_all();
  EXPECT_EQ(held.size(), 600 * group_events + 1 - first);
}

// The list of the pages that a commit frees is one value; a full map would not have room for that of all.
TEST_F(WalLmdb, DropsMuchInSeveralCommits) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 48; ++group) log.append(group_of(3 * 248));  // 9,000 pages
    log.stop();
  }
  const std::uint64_t before = commits();
  LogHarness log(TICKWEIR_PLUGIN_FILE, options());
  log.truncate_before(log.next_sequence() - 1);
  log.stop();
  EXPECT_EQ(commits() - before, 3U) << "two that free pages, and one from which on they are used again";
}

TEST_F(WalLmdb, RefusesAFileWhoseEndIsMissing) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 10; ++group) log.append(group_of());
    log.stop();
  }
  fs::resize_file(data(), 200'000);
  EXPECT_NE(refusal().find("data.mdb has 200000 bytes, at least "), std::string::npos) << refusal();
  fs::resize_file(data(), 5000);
  EXPECT_NE(refusal().find("data.mdb has 5000 bytes, at least 8192 expected"), std::string::npos)
      << refusal();
}

TEST_F(WalLmdb, NamesTheSequenceOfAGroupThatRotted) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 3; ++group) log.append(group_of());
    log.stop();
  }
  std::fstream stream(data(), std::ios::in | std::ios::out | std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t payload = whole.find(std::string(32, '\xAB'));
  ASSERT_NE(payload, std::string::npos);
  stream.clear();
  stream.seekp(static_cast<std::streamoff>(payload));
  stream.put('\xAC').flush();
  EXPECT_NE(refusal().find(", group of sequence "), std::string::npos) << refusal();
  EXPECT_NE(refusal().find(": its checksum is "), std::string::npos) << refusal();
}

TEST_F(WalLmdb, OpensALogThatIsLargerThanItsMapShallBe) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 400; ++group) log.append(group_of());
    log.stop();
  }
  LogHarness log(TICKWEIR_PLUGIN_FILE, options("16MiB"));
  EXPECT_EQ(log.read_all().size(), 400U * group_events);
  EXPECT_THROW(log.append(group_of(1)), LogFull);
}

TEST_F(WalLmdb, SaysHowItStores) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options());
  EXPECT_NE(log.describe().note.find("map_size 1073741824 bytes"), std::string::npos);
}

}  // namespace
