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

std::string shown_at(const LogsByHand& logs, const std::string& sequence, const std::string& stage) {
  const Outcome outcome = run_program({"replay", logs.pipeline(), "--until", sequence, "--dump", stage});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out;
}

TEST(Replay, ShowsWhatAStageRememberedThen) {
  const LogsByHand logs;
  logs.run();
  const auto before = logs.files();
  const Outcome first = run_program({"wal", "cat", logs.log(), "--limit", "1", "--format", "json"});
  const json order = json::parse(first.out)["fields"];
  const std::string number = std::to_string(order["order_id"].get<std::uint64_t>());
  const std::string book = shown_at(logs, "1", "book");
  EXPECT_TRUE(book.starts_with("match: 1 order, next match id 1, time ")) << book;
  EXPECT_NE(book.find("\n    order " + number + ": " + std::to_string(order["quantity"].get<int>())),
            std::string::npos)
      << book;
  EXPECT_TRUE(shown_at(logs, "1", "bundles").starts_with("next bundle 1: 0 of 16 items, quantity 0\n"));
  const std::string later = shown_at(logs, "2500", "book");
  EXPECT_NE(later, book);
  EXPECT_EQ(shown_at(logs, "2500", "book"), later);
  EXPECT_EQ(shown_at(logs, "5000", "book"), run_program({"replay", logs.pipeline(), "--dump", "book"}).out);
  EXPECT_EQ(logs.files(), before);
}

TEST(Replay, ShowsABookThatIsWhatAFreshRunOverSoManyEventsLeaves) {
  const LogsByHand whole;
  whole.run();
  const LogsByHand part;
  const Outcome ran = run_program({"run", part.pipeline(), "--set", "stages.orders.config.events=1234"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(shown_at(whole, "1234", "book"), shown_at(part, "1234", "book"));
}

TEST(Replay, SaysWhatItCannotShow) {
  const LogsByHand logs;
  logs.run();
  const auto said = [&](const std::string& stage) {
    const Outcome outcome = run_program({"replay", logs.pipeline(), "--dump", stage});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  const std::string begin = "tickweir: error: " + logs.pipeline() + ": ";
  EXPECT_EQ(said("boook"), begin + "there is no stage \"boook\"; did you mean \"book\"?\n");
  EXPECT_EQ(said("x"), begin + "there is no stage \"x\"; --dump can show: book, bundles\n");
  EXPECT_EQ(said("orders"), begin +
                                "stage orders (source_generator) has nothing to show; --dump can show: book, "
                                "bundles\n");
  const Outcome past = run_program({"replay", logs.pipeline(), "--until", "6000", "--dump", "book"});
  EXPECT_EQ(past.exit_code, 0);
  EXPECT_NE(past.err.find("tickweir: log ends with event 5000, before 6000\n"), std::string::npos)
      << past.err;
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
  const Outcome to_its_end = run_program({"replay", logs.pipeline(), "--until", "999999", "--set",
                                          "stages.log.config.path=" + logs.path("half_orders")});
  EXPECT_EQ(to_its_end.exit_code, 1) << "the end of what is to be replayed was reached all the same";
  EXPECT_NE(to_its_end.err.find("tickweir: log ends with event 2500, before 999999\n"), std::string::npos);
  EXPECT_NE(to_its_end.err.find(" events, the replay makes "), std::string::npos) << to_its_end.err;
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
