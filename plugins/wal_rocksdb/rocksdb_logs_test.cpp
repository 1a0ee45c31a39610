// What a loss of power leaves of RocksDB's log, and what rot does: the one is cut, the other refused, and
// shown up to there to those who only read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace {
namespace fs = std::filesystem;
using namespace tickweir;
using namespace tickweir::testing;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t block_bytes = 32'768;
constexpr std::uint32_t group_events = 50;  // without a byte that is zero in their payload: 12,400 bytes

std::vector<OwnedEvent> group() {
  return std::vector<OwnedEvent>(group_events, OwnedEvent(300, std::vector<std::uint8_t>(216, 0xAB)));
}

class RocksdbLogs : public ::testing::Test {
 protected:
  [[nodiscard]] static OptionTexts options(const std::string& path) { return {{"path", path}}; }
  // Appends so many groups, synced or not.
  void append(int groups, bool is_synced) {
    if (log_ == nullptr)
      log_ = std::make_unique<LogHarness>(TICKWEIR_PLUGIN_FILE, options(folder_.at("live")));
    for (int i = 0; i < groups; ++i) log_->append(group());
    if (is_synced) log_->sync();
  }
  // The log as it is now, in the folder `log`, where what follows takes place.
  void crash() {
    fs::remove_all(folder_.at("log"));
    crash_again();
  }
  // Its database alone: what lies beside it stays.
  void crash_again() {
    fs::remove_all(folder_.at("log/db"));
    fs::copy(folder_.at("live"), folder_.at("log"),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  [[nodiscard]] std::string live_bytes() const { return bytes_of(rocksdb_log("live")); }
  [[nodiscard]] std::size_t end() const { return live_bytes().size(); }
  // Those bytes never reached the disk.
  void lose(std::size_t from, std::size_t until) const {
    std::string bytes = bytes_of(rocksdb_log("log"));
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from),
              bytes.begin() + static_cast<std::ptrdiff_t>(until), '\0');
    std::ofstream(rocksdb_log("log"), std::ios::binary) << bytes;
  }
  void flip(std::size_t at) const { flip(rocksdb_log("log"), at); }
  static void flip(const fs::path& path, std::size_t at) {
    std::string bytes = bytes_of(path);
    bytes[at] ^= 0x10;
    std::ofstream(path, std::ios::binary) << bytes;
  }
  [[nodiscard]] static std::string bytes_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] fs::path rocksdb_log(const std::string& folder) const {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at(folder + "/db"))) {
      if (entry.path().extension() == ".log") return entry.path();
    }
    return {};
  }
  [[nodiscard]] std::vector<fs::path> torn_copies() const {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at("log"))) {
      if (entry.path().filename().string().find(".torn") != std::string::npos) found.push_back(entry.path());
    }
    return found;
  }
  // Why its owner is refused; "": it is not.
  [[nodiscard]] std::string refusal() const {
    try {
      const LogHarness log(TICKWEIR_PLUGIN_FILE, options(folder_.at("log")));
      return {};
    } catch (const StageError& refused) {
      return refused.what();
    }
  }
  // Whoever only reads is shown so many groups, and told what is wrong by the read that gets behind them.
  void expect_shows(std::uint64_t groups) const {
    const std::string found = bytes_of(rocksdb_log("log"));
    LogHarness reader(TICKWEIR_PLUGIN_FILE, options(folder_.at("log")), {.is_read_only = true});
    const std::string damage = reader.opened().note;
    EXPECT_NE(damage.find(".log is damaged in the record at byte "), std::string::npos) << damage;
    EXPECT_GT(reader.opened().last_sequence, groups * group_events);
    std::uint64_t held = 0;
    try {
      for (;;) held += reader.read(held + 1).size();
    } catch (const StageError& told) {
      EXPECT_EQ(told.what(), damage);
    }
    EXPECT_EQ(held, groups * group_events);
    EXPECT_TRUE(bytes_of(rocksdb_log("log")) == found);
  }
  // Of the log, its owner finds so many groups, and goes on.
  void expect_goes_on_after(std::uint64_t groups) const {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options(folder_.at("log")));
    EXPECT_NE(log.opened().note.find("cut a torn end of "), std::string::npos) << log.opened().note;
    EXPECT_EQ(log.read_all().size(), groups * group_events);
    log.append(group());
    log.stop();
    log.reopen();
    EXPECT_EQ(log.opened().note, "");
    EXPECT_EQ(log.read_all().size(), (groups + 1) * group_events);
  }

  TempFolder folder_;
  std::unique_ptr<LogHarness> log_;
};

// The length of the file was stored, its last pages were not.
TEST_F(RocksdbLogs, GoOnBeforeAnEndWhosePagesAreMissing) {
  append(4, true);
  const std::size_t synced = end();
  append(1, false);
  for (std::size_t from = end() / page_bytes * page_bytes; from > synced; from -= page_bytes) {
    SCOPED_TRACE(from);
    crash();
    lose(from, end());
    const std::string found = bytes_of(rocksdb_log("log"));
    {
      LogHarness reader(TICKWEIR_PLUGIN_FILE, options(folder_.at("log")), {.is_read_only = true});
      EXPECT_NE(reader.opened().note.find("left as it is"), std::string::npos) << reader.opened().note;
      EXPECT_EQ(reader.read_all().size(), 4 * group_events);
    }
    EXPECT_TRUE(bytes_of(rocksdb_log("log")) == found);
    expect_goes_on_after(4);
    ASSERT_EQ(torn_copies().size(), 1U);
    EXPECT_TRUE(found.ends_with(bytes_of(torn_copies()[0])));
  }
}

// In one block, which is where RocksDB sees a hole for an end.
TEST_F(RocksdbLogs, GoOnBeforeAHoleInWhatWasNotSynced) {
  append(3, true);
  const std::size_t hole = (end() / page_bytes + 1) * page_bytes;
  append(2, false);
  ASSERT_GT(end(), hole + page_bytes);
  crash();
  lose(hole, hole + page_bytes);
  expect_goes_on_after(3);
}

TEST_F(RocksdbLogs, GoOnBeforeAGroupWhoseBeginningIsMissing) {
  append(2, true);
  const std::size_t synced = end();
  ASSERT_EQ(synced / block_bytes, 0U);
  append(1, false);
  ASSERT_GT(end(), block_bytes + page_bytes);
  crash();
  lose(synced, (synced / page_bytes + 1) * page_bytes);
  expect_goes_on_after(2);
}

TEST_F(RocksdbLogs, GoOnBeforeAHoleInTheFirstGroupWhereNoneWasSynced) {
  append(0, false);
  const std::size_t hole = (end() / page_bytes + 1) * page_bytes;
  append(2, false);
  ASSERT_GT(end(), hole + 2 * page_bytes);
  crash();
  lose(hole, hole + page_bytes);
  expect_goes_on_after(0);
}

TEST_F(RocksdbLogs, RefuseAHoleBehindWhichAGroupSaysThatItWasSynced) {
  append(3, true);
  const std::size_t hole = (end() / page_bytes + 1) * page_bytes;
  append(1, true);
  append(1, false);
  crash();
  lose(hole, hole + page_bytes);
  EXPECT_NE(refusal().find(": what was written after it lies at byte "), std::string::npos) << refusal();
  EXPECT_TRUE(torn_copies().empty());
  expect_shows(3);
}

TEST_F(RocksdbLogs, RefuseAHoleInTheSecondPartOfAGroupThatWasSynced) {
  append(2, true);
  append(1, true);
  ASSERT_GT(end(), block_bytes + page_bytes);
  append(1, false);
  crash();
  lose(block_bytes, block_bytes + page_bytes);
  EXPECT_NE(refusal().find(": what was written after it lies at byte "), std::string::npos) << refusal();
  expect_shows(2);
}

TEST_F(RocksdbLogs, RefuseWhatRottedAtTheirEnd) {
  append(4, true);
  crash();
  flip(end() - 100);
  EXPECT_NE(refusal().find(": its checksum or its length is wrong, and RocksDB would forget it"),
            std::string::npos)
      << refusal();
  EXPECT_TRUE(torn_copies().empty());
  expect_shows(3);
}

// An event may end in zeros, and they may begin the file's last page.
TEST_F(RocksdbLogs, RefuseWhatRottedBeforeAnEndOfZeros) {
  const auto append_one = [this](std::size_t payload_bytes) {
    std::vector<std::uint8_t> payload(payload_bytes, 0xAB);
    std::fill(payload.end() - 24, payload.end(), std::uint8_t{0});
    log_->append({OwnedEvent(300, payload)});
    log_->sync();
  };
  append(1, true);
  const std::size_t before = end();
  append_one(64);
  const std::size_t head_bytes = end() - before - 64;
  const std::size_t fixed = end() + head_bytes;
  const std::size_t payload_bytes = 2 * page_bytes - fixed % page_bytes / 8 * 8 + 8;
  append_one(payload_bytes);
  ASSERT_LE(end() % page_bytes, 16U) << end();
  ASSERT_LT(end(), block_bytes);
  crash();
  flip(end() - 200);
  EXPECT_NE(refusal().find(": its checksum or its length is wrong"), std::string::npos) << refusal();
  EXPECT_TRUE(torn_copies().empty());
}

TEST_F(RocksdbLogs, RefuseATypeThatRotsAndShowWhatComesBefore) {
  append(2, true);
  const std::size_t head = end();
  append(3, true);
  crash();
  flip(head + 6);
  EXPECT_NE(refusal().find(": its type is "), std::string::npos) << refusal();
  expect_shows(2);
}

TEST_F(RocksdbLogs, ShowNothingOfALogThatIsDamagedBeforeItsFirstGroup) {
  append(1, false);
  const std::size_t first = end() - 12'400;
  append(4, true);
  for (const std::size_t at : {std::size_t{30}, first}) {
    SCOPED_TRACE(at);
    crash();
    flip(at);
    try {
      const LogHarness reader(TICKWEIR_PLUGIN_FILE, options(folder_.at("log")), {.is_read_only = true});
      ADD_FAILURE() << "it opens";
    } catch (const StageError& refused) {
      EXPECT_NE(std::string(refused.what()).find(" is damaged in the record at byte "), std::string::npos)
          << refused.what();
    }
  }
}

TEST_F(RocksdbLogs, ChangeNothingWhereSomethingElseIsDamaged) {
  append(1, true);
  const std::size_t synced = end();
  append(1, false);
  crash();
  lose((synced / page_bytes + 1) * page_bytes, end());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at("log/db"))) {
    if (entry.path().filename().string().starts_with("MANIFEST-")) flip(entry.path(), 6);
  }
  const std::string found = bytes_of(rocksdb_log("log"));
  EXPECT_NE(refusal().find("is damaged in the record at byte 0: its type is "), std::string::npos)
      << refusal();
  EXPECT_TRUE(bytes_of(rocksdb_log("log")) == found);
  EXPECT_TRUE(torn_copies().empty());
}

TEST_F(RocksdbLogs, KeepATornEndAlsoBesideAnotherOneOfThatPlace) {
  append(1, true);
  const std::size_t synced = end();
  append(1, false);
  const auto lose_pages_from = [&](std::size_t page) {
    crash_again();
    lose((synced / page_bytes + page) * page_bytes, end());
  };
  lose_pages_from(1);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(torn_copies().size(), 1U);
  lose_pages_from(1);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(torn_copies().size(), 1U) << "it is kept already";
  lose_pages_from(2);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(torn_copies().size(), 2U);
}

}  // namespace
