// tickweir wal on logs that a crash or a bad disk has been at.
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/wal_cli/logs_by_hand.h"
#include "tickweir/testing_log.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::bytes_of;
using testing::lines_of;
using testing::LogHarness;
using testing::LogsByHand;
using testing::Outcome;
using testing::OwnedEvent;
using testing::run_program;
using testing::TempFolder;
using testing::write_bytes;

// As a crash in the middle of a write may leave it.
void tear_end(const LogsByHand& logs) {
  const auto segment = logs.segments().back();
  std::string bytes = bytes_of(segment);
  const std::size_t end = (bytes.find_last_not_of('\0') / 8 + 1) * 8;
  ASSERT_LT(end + 4096, bytes.size());
  for (std::size_t i = 0; i < 1000; ++i) bytes[end + 256 + i] = static_cast<char>(i | 1);
  write_bytes(segment, bytes);
}

// One bit of the last event in a segment that another one follows. How far it is filled depends on how the
// events came in groups.
void rot(const LogsByHand& logs, std::size_t index) {
  const auto segment = logs.segments().at(index);
  std::string bytes = bytes_of(segment);
  const std::size_t end_of_seal = bytes.find_last_not_of('\0');
  bytes[end_of_seal - 60] ^= 4;
  write_bytes(segment, bytes);
}

TEST(WalRepair, CutsATornEndKeepsACopyAndSaysSo) {
  const LogsByHand logs("wal_sqlite", "1MiB");  // so that the last one has room
  logs.run();
  tear_end(logs);
  const auto torn = logs.files();
  const Outcome seen = run_program({"wal", "ls", logs.log(), "--json"});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  const json note = json::parse(seen.out)["logs"][0]["note"];
  EXPECT_NE(note.get<std::string>().find("torn end"), std::string::npos) << note;
  EXPECT_EQ(logs.files(), torn) << "ls changes nothing";

  const Outcome repaired = run_program({"wal", "repair", logs.log()});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.err;
  EXPECT_NE(repaired.out.find("cut a torn end"), std::string::npos) << repaired.out;
  EXPECT_NE(repaired.out.find(".torn"), std::string::npos) << repaired.out;
  EXPECT_NE(repaired.out.find("its last event is 5000."), std::string::npos) << repaired.out;
  std::size_t copies = 0;
  for (const auto& [file, bytes] : logs.files()) copies += file.ends_with(".torn") ? 1 : 0;
  EXPECT_EQ(copies, 1U);

  EXPECT_EQ(run_program({"wal", "verify", logs.log()}).exit_code, 0);
  EXPECT_NE(run_program({"wal", "repair", logs.log()}).out.find("nothing to repair"), std::string::npos);
}

TEST(WalVerify, NamesThePlaceOfDamage) {
  const LogsByHand logs;
  logs.run();
  ASSERT_GT(logs.segments().size(), 4U);
  rot(logs, 2);
  const auto damaged = logs.files();
  const Outcome outcome = run_program({"wal", "verify", logs.pipeline() + ":log"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(logs.segments()[2].filename().string()), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("events before it are sound"), std::string::npos) << outcome.err;
  EXPECT_EQ(logs.files(), damaged);
}

TEST(WalCat, PrintsWhatComesBeforeDamage) {
  const LogsByHand logs;
  logs.run();
  const std::string whole = run_program({"wal", "cat", logs.log()}).out;
  rot(logs, 2);
  const Outcome outcome = run_program({"wal", "cat", logs.log()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_GT(lines_of(outcome.out).size(), 1000U);
  EXPECT_LT(lines_of(outcome.out).size(), LogsByHand::events);
  EXPECT_TRUE(whole.starts_with(outcome.out));
  EXPECT_NE(outcome.err.find(logs.segments()[2].filename().string()), std::string::npos) << outcome.err;
}

TEST(WalCopy, SavesWhatCanBeReadOnlyWhenTold) {
  const LogsByHand logs;
  logs.run();
  const std::string whole = run_program({"wal", "cat", logs.log()}).out;
  rot(logs, 2);
  const std::string first = "wal_segment:" + logs.path("first");
  const Outcome refused = run_program({"wal", "copy", logs.log(), "--to", first});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find(first + " is no copy: remove what there is of it\n"), std::string::npos)
      << refused.err;

  const std::string second = "wal_segment:" + logs.path("second");
  const Outcome saved = run_program({"wal", "copy", logs.log(), "--to", second, "--keep-readable"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_NE(saved.err.find("was not copied\n"), std::string::npos) << saved.err;
  const std::string kept = run_program({"wal", "cat", second}).out;
  EXPECT_GT(lines_of(kept).size(), 1000U);
  EXPECT_TRUE(whole.starts_with(kept));
  EXPECT_EQ(saved.out.find("copied " + std::to_string(lines_of(kept).size()) + " events, "), 0U) << saved.out;
}

// One bit in the midst of the newest segment, which is all that there is: the mark says that it was synced.
std::string rot_newest(const LogsByHand& logs) {
  const auto segment = logs.segments().back();
  std::string bytes = bytes_of(segment);
  bytes[8192 + (bytes.find_last_not_of('\0') - 8192) / 2] ^= 4;
  write_bytes(segment, bytes);
  return segment.filename().string();
}

TEST(Run, RefusesADamagedLogAndSaysWhereItIsAndWhatToDo) {
  const LogsByHand logs("wal_sqlite", "1MiB");
  logs.run();
  const std::string segment = rot_newest(logs);
  const auto damaged = logs.files();
  const Outcome outcome = run_program({"run", logs.pipeline()});
  EXPECT_EQ(outcome.exit_code, 1);
  for (const char* const said :
       {"stage log: open failed: ", segment.c_str(), " is damaged at byte ", "; events from sequence ",
        " on cannot be trusted. Nothing was changed: ", "tickweir wal copy LOG --to NEW --keep-readable"}) {
    EXPECT_NE(outcome.err.find(said), std::string::npos) << said << "\n" << outcome.err;
  }
  EXPECT_EQ(bytes_of(logs.segments().back()), damaged.at(logs.segments().back().string()));
}

TEST(WalCopy, SavesWhatCanBeReadOfADamagedNewestSegment) {
  const LogsByHand logs("wal_sqlite", "1MiB");
  logs.run();
  const std::string whole = run_program({"wal", "cat", logs.log()}).out;
  const std::string segment = rot_newest(logs);
  const Outcome verified = run_program({"wal", "verify", logs.log()});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_NE(verified.err.find(segment + " is damaged at byte "), std::string::npos) << verified.err;
  const std::string to = "wal_segment:" + logs.path("saved");
  const Outcome saved = run_program({"wal", "copy", logs.log(), "--to", to, "--keep-readable"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_NE(saved.err.find("was not copied\n"), std::string::npos) << saved.err;
  const std::string kept = run_program({"wal", "cat", to}).out;
  EXPECT_GT(lines_of(kept).size(), 100U);
  EXPECT_LT(lines_of(kept).size(), LogsByHand::events);
  EXPECT_TRUE(whole.starts_with(kept));
}

TEST(WalCopy, SavesWhatComesBeforeAMissingSegment) {
  const LogsByHand logs;
  logs.run();
  const std::string whole = run_program({"wal", "cat", logs.log()}).out;
  std::filesystem::remove(logs.segments()[2]);
  EXPECT_EQ(run_program({"wal", "verify", logs.log()}).exit_code, 1);
  const std::string to = "wal_segment:" + logs.path("saved");
  const Outcome saved = run_program({"wal", "copy", logs.log(), "--to", to, "--keep-readable"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_NE(saved.err.find("is missing"), std::string::npos) << saved.err;
  const std::string kept = run_program({"wal", "cat", to}).out;
  EXPECT_GT(lines_of(kept).size(), 1000U);
  EXPECT_TRUE(whole.starts_with(kept));
}

TEST(WalCopy, SavesWhatComesBeforeTheNewestGroupOfAStore) {
  const LogsByHand logs("wal_lmdb");
  logs.run();
  const std::string trades = logs.pipeline() + ":trades";
  const std::string whole = run_program({"wal", "cat", trades}).out;
  // The last event's payload, wherever it lies.
  const std::string file = logs.path("trades") + "/data.mdb";
  std::string bytes = bytes_of(file);
  const std::uint64_t last = lines_of(whole).size();
  std::string head(16, '\0');
  std::memcpy(head.data() + 8, &last, sizeof last);  // of the event: its sequence
  const std::size_t at = bytes.find(head.substr(8));
  ASSERT_NE(at, std::string::npos);
  bool is_found = false;
  for (std::size_t next = at; next != std::string::npos; next = bytes.find(head.substr(8), next + 1)) {
    if (next % 8 != 0) continue;
    bytes[next + 16] ^= 1;  // its origin
    is_found = true;
  }
  ASSERT_TRUE(is_found);
  write_bytes(file, bytes);
  EXPECT_EQ(run_program({"wal", "verify", trades}).exit_code, 1);
  EXPECT_EQ(run_program({"run", logs.pipeline()}).exit_code, 1);
  const std::string to = "wal_segment:" + logs.path("saved");
  const Outcome saved = run_program({"wal", "copy", trades, "--to", to, "--keep-readable"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_NE(saved.err.find("its checksum is "), std::string::npos) << saved.err;
  EXPECT_TRUE(whole.starts_with(run_program({"wal", "cat", to}).out));
}

// One bit in the log of the store's own, amid what was synced: a process that was killed has left it so.
class DamagedStore : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedStore, IsNotWhollyLost) {
  const TempFolder folder;
  const std::string name = GetParam();
  std::string path;
  {
    LogHarness log((TICKWEIR_PLUGIN_DIR "/" + name + ".so").c_str(), {{"path", folder.at("live")}});
    for (int group = 0; group < 20; ++group) {
      log.append(std::vector<OwnedEvent>(50, OwnedEvent(300, std::vector<std::uint8_t>(32, 0xAB))));
      log.sync();
    }
    std::filesystem::copy(folder.at("live"), folder.at("log"), std::filesystem::copy_options::recursive);
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.at("log"))) {
    const std::string found = entry.path();
    if (found.ends_with(".log") || found.ends_with("-wal")) path = found;
  }
  std::string bytes = bytes_of(path);
  bytes[bytes.size() / 2] ^= 4;
  write_bytes(path, bytes);
  const std::string log = name + ":" + folder.at("log");
  const std::string place = std::filesystem::path(path).filename().string() + " is damaged in the ";
  for (const char* const command : {"verify", "repair", "cat"}) {
    const Outcome outcome = run_program({"wal", command, log});
    EXPECT_EQ(outcome.exit_code, 1) << command;
    EXPECT_NE(outcome.err.find(place), std::string::npos) << command << ": " << outcome.err;
  }
  const std::string to = "wal_segment:" + folder.at("saved");
  const Outcome saved = run_program({"wal", "copy", log, "--to", to, "--keep-readable"});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_NE(saved.err.find(place), std::string::npos) << saved.err;
  const std::size_t events = lines_of(run_program({"wal", "cat", to}).out).size();
  EXPECT_GT(events, 300U);
  EXPECT_LT(events, 700U);
  EXPECT_TRUE(bytes_of(path) == bytes);
}

INSTANTIATE_TEST_SUITE_P(Of, DamagedStore, ::testing::Values("wal_rocksdb", "wal_sqlite"),
                         [](const auto& one) { return std::string(one.param); });

TEST(WalRepair, RefusesWhatIsNoTornEndAndTouchesNothing) {
  const LogsByHand logs;
  logs.run();
  std::filesystem::remove(logs.segments()[1]);
  const auto damaged = logs.files();
  const Outcome outcome = run_program({"wal", "repair", logs.log()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("is missing"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("\n  = nothing was changed; put a copy of the log in its place"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(logs.files(), damaged);
}

}  // namespace
}  // namespace tickweir
