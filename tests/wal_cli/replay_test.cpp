// tickweir replay: the same again, or the first byte that differs; and nothing is touched.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/wal_cli/logs_by_hand.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::bytes_of;
using testing::LogsByHand;
using testing::Outcome;
using testing::run_program;
using testing::write_bytes;

std::uint64_t trades_of(const LogsByHand& logs) {
  const Outcome outcome = run_program({"wal", "ls", logs.pipeline() + ":trades", "--json"});
  return json::parse(outcome.out)["logs"][0]["last"];
}

TEST(Replay, MakesTheSameBytesAgainAndTouchesNothing) {
  const LogsByHand logs("wal_segment");
  logs.run();
  const auto before = logs.files();
  const Outcome outcome = run_program({"replay", logs.pipeline(), "--verify"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("log: replayed 5000 events in ")) << outcome.out;
  EXPECT_TRUE(
      outcome.out.ends_with("\ntrades: byte-identical, " + std::to_string(trades_of(logs)) + " events\n"))
      << outcome.out;
  EXPECT_EQ(logs.files(), before);
}

TEST(Replay, NamesTheFirstEventStageAndByteThatDiffer) {
  const LogsByHand logs;
  logs.run();
  const Outcome outcome =
      run_program({"replay", logs.pipeline(), "--verify", "--set", "stages.bundles.config.max_events=3"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  const std::string& said = outcome.err;
  EXPECT_NE(said.find("tickweir: error: stage trades: event 1 is stored otherwise (type 291, "),
            std::string::npos)
      << said;
  EXPECT_NE(said.find(" bytes), first at byte 0: a plugin, an option or the log upstream has changed"),
            std::string::npos)
      << said;
}

TEST(Replay, EndsWhereItIsTold) {
  const LogsByHand logs;
  logs.run();
  const Outcome outcome = run_program({"replay", logs.pipeline(), "--until", "2500", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["outcome"], "identical");
  EXPECT_EQ(found["logs"][0]["made"], 2500);
  EXPECT_GT(found["logs"][1]["made"], 0);
  EXPECT_LT(found["logs"][1]["made"], found["logs"][1]["held"]);
  EXPECT_EQ(found["logs"][1]["identical"], found["logs"][1]["made"]);
}

TEST(Replay, SaysWhatTheSecondLogDoesNotHoldYet) {
  const LogsByHand logs("wal_segment");
  logs.run();
  const std::uint64_t whole = trades_of(logs);
  // A log of the first half: what a crash may leave.
  const Outcome half = run_program({"run", logs.pipeline(), "--set", "stages.orders.config.events=2500",
                                    "--set", "stages.log.config.path=" + logs.path("half_orders"), "--set",
                                    "stages.trades.config.path=" + logs.path("half")});
  ASSERT_EQ(half.exit_code, 0) << half.err;
  const Outcome outcome = run_program(
      {"replay", logs.pipeline(), "--json", "--set", "stages.trades.config.path=" + logs.path("half")});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out)["logs"][1];
  EXPECT_EQ(found["made"], whole);
  EXPECT_LT(found["held"], whole);
  EXPECT_EQ(found["identical"], found["held"]);
}

TEST(Replay, FailsWhenTheSecondLogHoldsMoreThanIsMade) {
  const LogsByHand logs("wal_segment");
  logs.run();
  const Outcome half = run_program({"run", logs.pipeline(), "--set", "stages.orders.config.events=2500",
                                    "--set", "stages.log.config.path=" + logs.path("half_orders"), "--set",
                                    "stages.trades.config.path=" + logs.path("half")});
  ASSERT_EQ(half.exit_code, 0) << half.err;
  const Outcome outcome =
      run_program({"replay", logs.pipeline(), "--set", "stages.log.config.path=" + logs.path("half_orders")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("stage trades: the log holds " + std::to_string(trades_of(logs)) +
                             " events, the replay makes "),
            std::string::npos)
      << outcome.err;
}

TEST(Replay, NeedsLogs) {
  const Outcome none = run_program({"replay", testing::test_pipeline("small")});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("small.yaml has no log to replay\n"), std::string::npos) << none.err;
  const LogsByHand logs;
  const Outcome missing = run_program({"replay", logs.pipeline(), "--verify"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("there is no log in"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace tickweir
