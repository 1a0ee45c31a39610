// A log that was copied to another back end goes on in its place, with the snapshots that there are.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/wal_cli/logs_by_hand.h"
#include "tickweir/testing_log.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::Outcome;
using testing::run_program;

constexpr std::uint64_t events_per_run = 20'000;

// generator -> log -> book -> bundles -> trades, with snapshots: each run adds as many events.
class Shop {
 public:
  // Where the log is from now on.
  void use(const std::string& back_end, const std::string& path, const std::string& retain = "snapshots") {
    const std::string options = back_end == "wal_segment" ? "segment_bytes: 64KiB, reuse: 0B, " : "";
    std::ofstream(yaml()) << "apiVersion: tickweir/v1\n"
                             "name: shop\n"
                             "snapshots: { path: \""
                          << at("snapshots")
                          << "\", every: 1ms }\n"
                             "stages:\n"
                             "  orders: { plugin: source_generator, config: { events: "
                          << events_per_run
                          << " } }\n"
                             "  log:\n"
                             "    plugin: "
                          << back_end
                          << "\n"
                             "    inputs: [orders]\n"
                             "    durability: { max_events: 100, retain: "
                          << retain
                          << " }\n"
                             "    config: { "
                          << options << "path: \"" << path
                          << "\" }\n"
                             "  book: { plugin: transform_order_book, inputs: [log] }\n"
                             "  bundles: { plugin: transform_bundle, inputs: [book.executions] }\n"
                             "  trades: { plugin: wal_segment, inputs: [bundles], config: { path: \""
                          << at("trades") << "\" } }\n";
  }
  [[nodiscard]] Outcome run() const { return run_program({"run", yaml()}); }
  void run_well() const {
    const Outcome outcome = run();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  [[nodiscard]] Outcome copy(const std::string& to) const {
    return run_program({"wal", "copy", yaml() + ":log", "--to", to});
  }
  [[nodiscard]] json facts(const std::string& stage) const {
    return json::parse(run_program({"wal", "ls", yaml() + ":" + stage, "--json"}).out)["logs"][0];
  }
  [[nodiscard]] std::uint64_t first() const { return facts("log")["first"]; }
  [[nodiscard]] std::uint64_t last() const { return facts("log")["last"]; }
  [[nodiscard]] std::string cat(const std::string& stage, std::uint64_t from) const {
    return run_program({"wal", "cat", yaml() + ":" + stage, "--from", std::to_string(from)}).out;
  }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_.at(name); }
  [[nodiscard]] std::string yaml() const { return at("shop.yaml"); }

 private:
  testing::TempFolder folder_;
};

// Runs until snapshots let the log drop its beginning, which they may do a run later. How often.
std::uint64_t run_until_dropped(const Shop& shop) {
  for (std::uint64_t runs = 1; runs <= 100; ++runs) {
    shop.run_well();
    if (shop.first() > 1) return runs;
  }
  ADD_FAILURE() << "nothing was ever dropped";
  return 0;
}

class SwapWithSnapshots : public ::testing::TestWithParam<const char*> {};

TEST_P(SwapWithSnapshots, GoesOnAsIfTheLogHadStayedWhereItWas) {
  Shop shop;
  shop.use("wal_segment", shop.at("orders"));
  const std::uint64_t runs = run_until_dropped(shop);
  const std::string copy = std::string(GetParam()) + ":" + shop.at("copy");
  const Outcome copied = shop.copy(copy);
  ASSERT_EQ(copied.exit_code, 0) << copied.err;
  EXPECT_EQ(copied.err, "");
  const json before = shop.facts("log");
  shop.use(GetParam(), shop.at("copy"));
  EXPECT_EQ(shop.facts("log")["id"], before["id"]);
  const Outcome swapped = shop.run();
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  EXPECT_EQ(swapped.err.find("passed over"), std::string::npos) << swapped.err;
  shop.run_well();

  Shop undisturbed;
  undisturbed.use("wal_segment", undisturbed.at("orders"));
  for (std::uint64_t i = 0; i < runs + 2; ++i) undisturbed.run_well();
  const std::uint64_t from = std::max(shop.first(), undisturbed.first());
  EXPECT_EQ(shop.last(), events_per_run * (runs + 2));
  EXPECT_EQ(shop.cat("log", from), undisturbed.cat("log", from));
  EXPECT_EQ(shop.cat("trades", 1), undisturbed.cat("trades", 1));
}

INSTANTIATE_TEST_SUITE_P(To, SwapWithSnapshots, ::testing::Values("wal_segment", "wal_lmdb", "wal_sqlite"),
                         [](const auto& one) { return std::string(one.param); });

TEST(SwapWithSnapshots, PassesOverSnapshotsThatAreAheadOfAnOlderCopy) {
  Shop shop;
  shop.use("wal_segment", shop.at("orders"), "all");
  shop.run_well();
  ASSERT_EQ(shop.copy("wal_lmdb:" + shop.at("old")).exit_code, 0);
  shop.use("wal_segment", shop.at("orders"));
  run_until_dropped(shop);
  shop.use("wal_lmdb", shop.at("old"));
  const Outcome refused = shop.run();  // the trades came of more than the copy holds
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("the log before it has lost its end"), std::string::npos) << refused.err;
  EXPECT_EQ(shop.last(), events_per_run) << "nothing was changed";
  std::filesystem::rename(shop.at("trades"), shop.at("trades_aside"));
  const Outcome outcome = shop.run();  // it replays the whole of the copy, and makes the trades of that again
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("passed over "), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("going on from"), std::string::npos) << outcome.err;
}

TEST(SwapWithSnapshots, RefusesAnOlderCopyWithoutItsBeginning) {
  Shop shop;
  shop.use("wal_segment", shop.at("orders"));
  run_until_dropped(shop);
  const std::uint64_t first = shop.first();
  const std::uint64_t last = shop.last();
  ASSERT_EQ(shop.copy("wal_lmdb:" + shop.at("old")).exit_code, 0);
  do {
    shop.run_well();
  } while (shop.first() <= last);  // so that both snapshots are later
  shop.use("wal_lmdb", shop.at("old"));
  const Outcome outcome = shop.run();
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("the log begins at sequence " + std::to_string(first)), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find(" of log log, which ends at " + std::to_string(last)), std::string::npos)
      << outcome.err;
  EXPECT_EQ(shop.last(), last) << "nothing was changed";
}

std::string plugin_file(const std::string& back_end) {
  return TICKWEIR_PLUGIN_DIR "/" + back_end + ".so";
}

// Thirty events, of which as many as may go were dropped.
void make_dropped_log(const std::string& back_end, const std::string& path) {
  testing::LogHarness log(plugin_file(back_end).c_str(), {{"path", path}});
  for (int group = 0; group < 3; ++group)
    log.append(std::vector<testing::OwnedEvent>(10, testing::OwnedEvent(300, {})));
  log.sync();
  log.truncate_before(log.next_sequence());
  log.stop();
}

class CopyOfADroppedLog : public ::testing::TestWithParam<const char*> {};

TEST_P(CopyOfADroppedLog, GoesOnWhereTheLogStood) {
  const testing::TempFolder folder;
  make_dropped_log(GetParam(), folder.at("log"));
  const Outcome copied = run_program({"wal", "copy", std::string(GetParam()) + ":" + folder.at("log"), "--to",
                                      "wal_segment:" + folder.at("copy")});
  EXPECT_EQ(copied.exit_code, 0) << copied.err;
  testing::LogHarness copy(plugin_file("wal_segment").c_str(), {{"path", folder.at("copy")}});
  EXPECT_EQ(copy.opened().last_sequence, 30U);
}

INSTANTIATE_TEST_SUITE_P(From, CopyOfADroppedLog, ::testing::Values("wal_segment", "wal_lmdb", "wal_sqlite"),
                         [](const auto& one) { return std::string(one.param); });

TEST(WalCopy, RefusesALogThatHoldsNoEventAnyMore) {
  const testing::TempFolder folder;
  make_dropped_log("wal_sqlite", folder.at("log"));
  sqlite3* database = nullptr;  // back ends drop no newest event, but did
  ASSERT_EQ(sqlite3_open(folder.at("log/log.sqlite").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM groups", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const Outcome outcome = run_program(
      {"wal", "copy", "wal_sqlite:" + folder.at("log"), "--to", "wal_segment:" + folder.at("copy")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("it was at event 30 and holds none any more"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder.at("copy")));
}

TEST(WalCopy, SaysWhenTheCopyKeepsAnIdOfItsOwn) {
  Shop shop;
  shop.use("wal_segment", shop.at("orders"));
  shop.run_well();
  {
    testing::LogHarness empty(TICKWEIR_PLUGIN_DIR "/wal_lmdb.so", {{"path", shop.at("empty")}});
    empty.stop();
  }
  const Outcome outcome = shop.copy("wal_lmdb:" + shop.at("empty"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("has an id of its own: snapshots taken with "), std::string::npos)
      << outcome.err;
}

}  // namespace
}  // namespace tickweir
