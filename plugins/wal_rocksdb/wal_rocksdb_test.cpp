// What is RocksDB's own about this back end: its files. The contract of every back end is tested in
// tests/wal and tests/log_stores.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace {
namespace fs = std::filesystem;
using namespace tickweir;
using namespace tickweir::testing;

// How much of each file is safe from a loss of power, by inode.
class SyncedBytes {
 public:
  void note(int file) {
    const std::lock_guard lock(mutex_);
    bytes_[stat_of(file).st_ino] = stat_of(file).st_size;
  }
  void forget(int file) {
    const std::lock_guard lock(mutex_);
    bytes_.erase(stat_of(file).st_ino);
  }
  [[nodiscard]] off_t of(int file) {
    const std::lock_guard lock(mutex_);
    return bytes_[stat_of(file).st_ino];
  }
  static struct stat stat_of(int file) {
    struct stat found {};
    ::fstat(file, &found);
    return found;
  }

 private:
  std::mutex mutex_;
  std::map<ino_t, off_t> bytes_;
};
SyncedBytes synced;

}  // namespace

// RocksDB's, since this program exports it.
extern "C" int fdatasync(int file) {
  const auto result = static_cast<int>(::syscall(SYS_fdatasync, file));
  if (result == 0) synced.note(file);
  return result;
}

namespace {

class WalRocksdb : public ::testing::Test {
 protected:
  [[nodiscard]] OptionTexts options() const { return {{"path", folder_.at("log")}}; }
  [[nodiscard]] std::string refusal() const {
    try {
      LogHarness log(TICKWEIR_PLUGIN_FILE, options());
      static_cast<void>(log.read_all());
      return {};
    } catch (const StageError& refused) {
      return refused.what();
    }
  }
  // The largest file with this ending.
  [[nodiscard]] fs::path file(const std::string& ending) const {
    fs::path found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at("log/db"))) {
      if (entry.path().extension() != ending) continue;
      if (found.empty() || entry.file_size() > fs::file_size(found)) found = entry.path();
    }
    return found;
  }
  [[nodiscard]] std::string newest_log() const {
    std::string newest;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at("log/db"))) {
      if (entry.path().extension() == ".log") newest = std::max(newest, entry.path().string());
    }
    return newest;
  }
  [[nodiscard]] fs::path manifest() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.at("log/db"))) {
      if (entry.path().filename().string().starts_with("MANIFEST-")) return entry.path();
    }
    return {};
  }
  static void flip(const fs::path& path, std::uint64_t offset, int bits = 0x10) {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const char flipped = static_cast<char>(stream.get() ^ bits);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(flipped);
  }

  // Where the records of a log of RocksDB's begin.
  static std::vector<std::uint64_t> records(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(stream), {}};
    std::vector<std::uint64_t> found;
    for (std::size_t at = 0; at + 7 <= whole.size();) {
      if (const std::size_t left = block_bytes - at % block_bytes; left < 7) {
        at += left;
        continue;
      }
      found.push_back(at);
      at += 7 + static_cast<std::uint8_t>(whole[at + 4]) + 256U * static_cast<std::uint8_t>(whole[at + 5]);
    }
    return found;
  }
  // Each bit of the head of a record is flipped: the log is refused, or whole.
  void expect_flips_found(const fs::path& path, std::uint64_t head, std::uint64_t event_count) const {
    const fs::path sound = folder_.at("sound");
    fs::copy(folder_.at("log"), sound, fs::copy_options::recursive);
    for (std::uint64_t bit = 0; bit < 7 * 8; ++bit) {
      flip(path, head + bit / 8, 1 << bit % 8);
      try {
        LogHarness log(TICKWEIR_PLUGIN_FILE, options());
        ASSERT_EQ(log.read_all().size(), event_count) << "bit " << bit << " at " << head << " of " << path;
      } catch (const StageError&) {
      }
      fs::remove_all(folder_.at("log"));
      fs::copy(sound, folder_.at("log"), fs::copy_options::recursive);
    }
    fs::remove_all(sound);
  }

  static constexpr std::uint64_t block_bytes = 32'768;
  TempFolder folder_;
};

std::vector<OwnedEvent> events(std::uint32_t count, std::uint32_t payload_bytes = 32) {
  return std::vector<OwnedEvent>(count, OwnedEvent(300, std::vector<std::uint8_t>(payload_bytes, 0xAB)));
}
// 512,000 bytes.
std::vector<OwnedEvent> large_group() {
  return events(500, 992);
}

TEST_F(WalRocksdb, HoldsAWholePrefixWhereverRocksDbsLogIsCut) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 5; ++group) {
      log.append(events(50));
      log.sync();
    }
  }
  const fs::path whole = folder_.at("whole");
  fs::rename(folder_.at("log"), whole);
  std::uint64_t held_before = 0;
  for (std::uint64_t bytes = 0;; bytes += 997) {
    fs::remove_all(folder_.at("log"));
    fs::copy(whole, folder_.at("log"), fs::copy_options::recursive);
    if (bytes > fs::file_size(file(".log"))) break;
    fs::resize_file(file(".log"), bytes);
    LogHarness cut(TICKWEIR_PLUGIN_FILE, options());
    const std::uint64_t held = cut.opened().last_sequence;
    ASSERT_EQ(held % 50, 0U) << bytes;
    ASSERT_GE(held, held_before) << bytes;
    ASSERT_EQ(cut.read_all().size(), held) << bytes;
    held_before = held;
  }
  EXPECT_EQ(held_before, 200U) << "of 250: the last cut is within the last group";
}

TEST_F(WalRocksdb, BeginsALogWhoseCreationWasCutShort) {
  LogHarness(TICKWEIR_PLUGIN_FILE, options()).stop();
  const fs::path whole = folder_.at("whole");
  fs::rename(folder_.at("log"), whole);
  for (std::uint64_t bytes = 0;; bytes += 8) {
    fs::remove_all(folder_.at("log"));
    fs::copy(whole, folder_.at("log"), fs::copy_options::recursive);
    if (bytes > fs::file_size(file(".log"))) break;
    fs::resize_file(file(".log"), bytes);
    ASSERT_EQ(refusal(), "") << bytes;
  }
}

TEST_F(WalRocksdb, RefusesDamageAmidRocksDbsLog) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 5; ++group) {
      log.append(events(1000));
      log.sync();
    }
  }
  flip(file(".log"), 70'000);
  EXPECT_NE(refusal().find(".log is damaged in the record at byte 65536: what was written after it lies at"),
            std::string::npos)
      << refusal();
}

TEST_F(WalRocksdb, RefusesEachBitThatRotsInAHeadOfRocksDbsLogsOrReadsAllOfIt) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (const std::uint32_t count : {1000, 1000, 1000, 50, 50, 50, 50, 50}) {
      log.append(events(count));
      log.sync();
    }
  }
  const fs::path path = file(".log");
  const std::vector<std::uint64_t> heads = records(path);
  expect_flips_found(path, heads[heads.size() / 2], 3250);
  const std::uint64_t in_last_block = heads[heads.size() - 3];
  ASSERT_GE(in_last_block, fs::file_size(path) / block_bytes * block_bytes);
  expect_flips_found(path, in_last_block, 3250);
}

// The list of files is a log, too: what RocksDB takes for its end makes it remove the files listed behind.
TEST_F(WalRocksdb, RefusesATypeThatRotsInTheManifest) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    log.append(events(50));
    log.stop();
  }
  const fs::path path = manifest();
  const std::vector<std::uint64_t> heads = records(path);
  ASSERT_GE(heads.size(), 2U);
  for (const std::uint64_t head : heads) {
    flip(path, head + 6, 4);
    EXPECT_NE(refusal().find("is damaged in the record at byte " + std::to_string(head) + ": its type is 5"),
              std::string::npos)
        << refusal();
    flip(path, head + 6, 4);
  }
  EXPECT_EQ(refusal(), "");
}

// Otherwise a loss of power could leave a hole: the end of the one would be gone, the other would be there.
TEST_F(WalRocksdb, SyncsItsLogBeforeItGoesOnInAnother) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options());
  std::string name;
  int file = -1;  // stays open, since RocksDB removes a log when it is flushed
  int logs = 0;
  for (int group = 0; group < 140; ++group) {
    log.append(large_group());
    if (newest_log() == name) continue;
    if (file >= 0) {
      EXPECT_EQ(synced.of(file), SyncedBytes::stat_of(file).st_size) << name;
      ::close(file);
    }
    name = newest_log();
    file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    synced.forget(file);
    ++logs;
  }
  ::close(file);
  EXPECT_GE(logs, 3);
}

TEST_F(WalRocksdb, RefusesDamageInAFlushedValue) {
  {
    LogHarness log(TICKWEIR_PLUGIN_FILE, options());
    for (int group = 0; group < 150; ++group) log.append(large_group());  // more than a memory table holds
    log.stop();
  }
  ASSERT_EQ(refusal(), "");
  ASSERT_FALSE(file(".blob").empty());
  flip(file(".blob"), fs::file_size(file(".blob")) / 2);
  EXPECT_NE(refusal().find("RocksDB says Corruption"), std::string::npos) << refusal();
}

TEST_F(WalRocksdb, GivesBackTheFilesOfWhatWasDropped) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options());
  for (int group = 0; group < 375; ++group) log.append(large_group());
  log.sync();
  log.truncate_before(180'001);
  EXPECT_EQ(log.describe().first_sequence, 180'001U);
  EXPECT_EQ(log.read_all().size(), 7'500U);
  log.stop();
  log.reopen();
  EXPECT_EQ(log.opened().first_sequence, 180'001U);
  EXPECT_EQ(log.read_all().size(), 7'500U);
}

TEST_F(WalRocksdb, SaysHowItStores) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, options());
  EXPECT_NE(log.describe().note.find("one value a group, SyncWAL"), std::string::npos);
}

}  // namespace
