// wal_sqlite, wal_lmdb and wal_rocksdb: bits flipped at random in any of their files never change an event,
// never end the process, and never take events away in silence. And calls may come from any thread.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;
using testing::LogHarness;
using testing::OwnedEvent;

constexpr int group_count = 30;
constexpr int events_per_group = 40;

class LogStores : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] static std::string plugin() {
    return std::string(TICKWEIR_PLUGIN_DIR "/") + GetParam() + ".so";
  }
  [[nodiscard]] testing::OptionTexts at(const std::string& name) const {
    return {{"path", folder_.at(name)}};
  }
  std::vector<OwnedEvent> random_group() {
    std::vector<OwnedEvent> events;
    for (int i = 0; i < events_per_group; ++i) {
      std::vector<std::uint8_t> payload(8 * (random_() % 8));
      for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random_());
      events.emplace_back(std::uint16_t{300}, payload);
    }
    return events;
  }
  // A log in the folder `base`, stopped or left as by a crash. Returns what is in it. It is made in a process
  // of its own: RocksDB starts threads, and this process forks later.
  std::vector<OwnedEvent> make_log(bool is_stopped) {
    std::vector<std::vector<OwnedEvent>> groups;
    for (int group = 0; group < group_count; ++group) groups.push_back(random_group());
    const pid_t child = ::fork();
    if (child == 0) {
      LogHarness log(plugin().c_str(), at("live"));
      for (const auto& group : groups) {
        log.append(group);
        log.sync();
      }
      if (is_stopped) log.stop();
      fs::copy(folder_.at("live"), folder_.at("base"), fs::copy_options::recursive);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    std::vector<OwnedEvent> all;
    for (const auto& group : groups) {
      const std::vector<OwnedEvent> stamped = testing::with_sequences(group, all.size() + 1);
      all.insert(all.end(), stamped.begin(), stamped.end());
    }
    return all;
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.at("base"))) {
      if (entry.is_regular_file() && entry.file_size() != 0) {
        found.push_back(fs::relative(entry.path(), folder_.at("base")));
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // Copies the log to `damaged` and flips a bit of that file. Returns where.
  std::uint64_t damage(const fs::path& file) {
    fs::remove_all(folder_.at("damaged"));
    fs::copy(folder_.at("base"), folder_.at("damaged"), fs::copy_options::recursive);
    const fs::path path = folder_.path() / "damaged" / file;
    // The first pages are where stores keep what all else hangs on; LMDB's file has no blocks at its end.
    const std::uint64_t bytes = std::min<std::uint64_t>(fs::file_size(path), 400'000);
    const std::uint64_t offset =
        random_() % (random_() % 4 == 0 ? std::min<std::uint64_t>(bytes, 8192) : bytes);
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const int flipped = stream.get() ^ (1 << random_() % 8);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(static_cast<char>(flipped));
    return offset;
  }
  // Opens and reads the damaged log in a process of its own. "": refused, or all there; otherwise what is
  // wrong.
  [[nodiscard]] std::string verdict(const std::vector<OwnedEvent>& expected, std::size_t may_lose) const {
    enum Code { good, changed, lost };
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      Code code = good;
      try {
        LogHarness log(plugin().c_str(), at("damaged"));
        const std::vector<OwnedEvent> found = log.read_all();
        const bool is_prefix =
            found.size() <= expected.size() && std::equal(found.begin(), found.end(), expected.begin());
        code = !is_prefix ? changed : found.size() + may_lose < expected.size() ? lost : good;
      } catch (const std::exception&) {  // refused, and said so
      }
      ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return "ended the process with signal " + std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) == good      ? ""
           : WEXITSTATUS(status) == changed ? "changed events"
                                            : "took events away in silence";
  }
  void expect_flips_found(bool is_stopped, std::size_t may_lose) {
    const std::vector<OwnedEvent> expected = make_log(is_stopped);
    const std::vector<fs::path> all = files();
    for (const fs::path& file : all) {
      for (std::size_t round = 0; round < 60 / all.size(); ++round) {
        const std::uint64_t offset = damage(file);
        const std::string found = verdict(expected, may_lose);
        if (GetParam() == std::string_view("wal_lmdb") && found.starts_with("ended"))
          continue;  // its README says so
        ASSERT_EQ(found, "") << "a bit flipped in byte " << offset << " of " << file;
      }
    }
  }

  std::mt19937_64 random_{testing::seed()};
  testing::TempFolder folder_;
};

TEST_P(LogStores, FindAFlippedBitInALogThatWasStopped) {
  expect_flips_found(true, 0);
}

TEST_P(LogStores, FindAFlippedBitInALogThatCrashed) {
  // The README of wal_sqlite says so: a rot of the very last commit looks like a torn end.
  expect_flips_found(false, GetParam() == std::string_view("wal_sqlite") ? events_per_group : 0);
}

TEST_P(LogStores, TakeEachCallFromAnotherThread) {
  LogHarness log(plugin().c_str(), at("log"));
  const auto elsewhere = [](auto&& call) { std::thread(call).join(); };
  for (int round = 0; round < 20; ++round) {
    elsewhere([&] { log.append(random_group()); });
    elsewhere([&] { EXPECT_FALSE(log.read(log.next_sequence() - 5).empty()); });
    elsewhere([&] { log.sync(); });
    if (round == 10) elsewhere([&] { log.truncate_before(100); });
  }
  elsewhere([&] { log.stop(); });
  elsewhere([&] { log.reopen(); });
  EXPECT_EQ(log.opened().last_sequence, 20U * events_per_group);
}

TEST_P(LogStores, ShowALogThatIsBeingWrittenToThoseWhoOnlyRead) {
  LogHarness log(plugin().c_str(), at("log"));
  log.append(random_group());
  log.sync();
  LogHarness reader(plugin().c_str(), at("log"), {.is_read_only = true});
  EXPECT_EQ(reader.read_all(), log.appended());
  log.append(random_group());
  log.sync();
  LogHarness later(plugin().c_str(), at("log"), {.is_read_only = true});
  EXPECT_EQ(later.read_all(), log.appended());
  reader.stop();
  later.stop();
  log.append(random_group());
  log.sync();
  EXPECT_EQ(log.read_all(), log.appended());
}

INSTANTIATE_TEST_SUITE_P(Plugins, LogStores, ::testing::Values("wal_sqlite", "wal_lmdb", "wal_rocksdb"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace tickweir
