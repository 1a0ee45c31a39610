// tickweir wal on sound logs: what it says, and what it leaves alone.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/wal_cli/logs_by_hand.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::lines_of;
using testing::LogsByHand;
using testing::Outcome;
using testing::run_program;

const std::string usage_footer = "  = tickweir --help lists subcommands and flags\n";

TEST(WalLs, ShowsEveryLogOfAPipelineAndChangesNothing) {
  const LogsByHand logs("wal_segment");
  logs.run();
  const auto before = logs.files();
  const Outcome outcome = run_program({"wal", "ls", logs.pipeline(), "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out)["logs"];
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["log"], logs.pipeline() + ":log");
  EXPECT_EQ(found[0]["back_end"], "wal_segment");
  EXPECT_EQ(found[0]["first"], 1);
  EXPECT_EQ(found[0]["last"], LogsByHand::events);
  EXPECT_EQ(found[0]["events"], LogsByHand::events);
  EXPECT_EQ(found[0]["id"].get<std::string>().size(), 32U);
  EXPECT_GE(found[0]["bytes"], logs.segments().size() * 65536);
  EXPECT_EQ(found[1]["log"], logs.pipeline() + ":trades");
  EXPECT_EQ(logs.files(), before);

  const Outcome table = run_program({"wal", "ls", logs.log()});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_TRUE(table.out.starts_with("LOG ")) << table.out;
  EXPECT_NE(table.out.find(found[0]["id"].get<std::string>()), std::string::npos) << table.out;
}

TEST(WalLs, ShowsTheOthersWhenOneIsNotThere) {
  const LogsByHand logs;
  logs.run();
  const Outcome outcome = run_program({"wal", "ls", "wal_segment:" + logs.path("none"), logs.log()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "tickweir: error: wal_segment:" + logs.path("none") + ": there is no log in " +
                             logs.path("none") + "\n");
  EXPECT_EQ(lines_of(outcome.out).size(), 2U) << outcome.out;
  EXPECT_FALSE(std::filesystem::exists(logs.path("none")));
}

TEST(Wal, RefusesWhatNamesNoLog) {
  const LogsByHand logs;
  struct Case {
    std::vector<std::string> words;
    int exit_code;
    std::string error;
  };
  for (const Case& one : std::vector<Case>{
           {{"wal"}, 2, "tickweir: error: wal needs a subcommand, such as ls\n" + usage_footer},
           {{"wal", "ls"}, 2, "tickweir: error: wal ls needs a log\n" + usage_footer},
           {{"wal", "cta"}, 2, "unknown subcommand \"wal cta\"\n  = did you mean \"cat\"?\n"},
           {{"wal", "copy", "a:b"}, 2, "wal copy needs --to\n"},
           {{"wal", "cat", "a:b", "--format", "xml"}, 2, "--format is text or json, not \"xml\"\n"},
           {{"wal", "cat", "a:b", "--from", "0"}, 2, "sequences begin with 1\n"},
           {{"wal", "cat", "a:b", "--from", "9", "--to", "8"}, 2, "--from is above --to\n"},
           {{"wal", "cat", "orders"}, 2, "\"orders\" names no log\n  = a log is PLUGIN:PATH"},
           {{"wal", "cat", logs.pipeline()},
            2,
            "has 2 logs; name one, such as " + logs.pipeline() + ":log\n"},
           {{"wal", "cat", logs.pipeline() + ":logg"}, 78, "no log \"logg\"\n  = did you mean \"log\"?\n"},
           {{"wal", "cat", "wal_none:x"}, 78, "wal_none"},
           {{"wal", "cat", "sink_file:x"}, 78, "is not the back end of a log (role wal)"},
           {{"wal", "cat", "wal_segment:"}, 78, "needs the option \"path\""},
           {{"wal", "cat", "wal_segment:x", "--set", "pth=y"}, 78, "has no option \"pth\""}}) {
    const Outcome outcome = run_program(one.words);
    EXPECT_EQ(outcome.exit_code, one.exit_code) << one.error << outcome.err;
    EXPECT_NE(outcome.err.find(one.error), std::string::npos) << one.error << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(WalVerify, ReadsEveryEvent) {
  const LogsByHand logs;
  logs.run();
  const Outcome outcome = run_program({"wal", "verify", logs.pipeline(), "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out)["logs"];
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["sound"], true);
  EXPECT_EQ(found[0]["events"], LogsByHand::events);
  EXPECT_EQ(found[0]["unknown_events"], 0);
  EXPECT_GT(found[0]["bytes"], LogsByHand::events * 48);
  EXPECT_LT(found[0]["first_time"], found[0]["last_time"]);
  EXPECT_GT(found[1]["events"], 10);
  const Outcome table = run_program({"wal", "verify", logs.log()});
  EXPECT_TRUE(lines_of(table.out).at(1).ends_with("  sound")) << table.out;
}

TEST(WalVerify, FindsALogSoundWhileItsOwnerWritesAndDropsSegments) {
  const LogsByHand logs("wal_segment");
  testing::Program owner(testing::with_plugins(
      {"run", logs.pipeline(), "--set", "stages.orders.config.events=0", "--set",
       "stages.orders.config.arrival=constant", "--set", "stages.orders.config.rate=50000", "--set",
       "stages.orders.config.clock=wall", "--set", "snapshots.path=" + logs.path("snapshots"), "--set",
       "snapshots.every=50ms", "--set", "stages.log.durability.retain=snapshots", "--set",
       "stages.file.config.path=/dev/null"}));
  ASSERT_TRUE(owner.wait_for_stderr("is running")) << owner.err();
  std::uint64_t most = 0;
  for (int round = 0; round < 10 || (most == 0 && round < 1000); ++round) {
    const Outcome outcome = run_program({"wal", "verify", logs.log(), "--json"});
    const bool was_dropped =
        outcome.err.find("was dropped from the log while it was read") != std::string::npos;
    if (was_dropped) continue;
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    most = std::max(most, json::parse(outcome.out)["logs"][0]["events"].get<std::uint64_t>());
  }
  EXPECT_GT(most, 0U);
  owner.send(SIGTERM);
  EXPECT_EQ(owner.finish().exit_code, 0) << owner.err();
}

TEST(Validate, SaysWhatALogLosesThatIsNotSyncedAndWhichBackEndsAreAllTheSame) {
  const LogsByHand logs;
  const auto said_of = [&](const std::string& back_end) {
    const Outcome outcome =
        run_program({"validate", logs.pipeline(), "--set", "stages.trades.plugin=" + back_end, "--set",
                     "stages.trades.durability.sync=os"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const std::string& line : lines_of(outcome.out)) {
      if (line.starts_with("  trades: ")) return line;
    }
    return outcome.out;
  };
  for (const char* const back_end : {"wal_lmdb", "wal_sqlite"}) {
    EXPECT_EQ(said_of(back_end),
              std::string("  trades:  ") + back_end +
                  " keeps what it appends in the process until it is synced, so as with "
                  "group: synced in groups of up to 1,000 events as soon as the disk is free; "
                  "nothing acknowledged is lost");
  }
  EXPECT_EQ(
      said_of("wal_segment"),
      "  trades:  written but not synced; a crash loses nothing acknowledged, a power cut what the system "
      "had not stored");
}

TEST(WalCat, ExplainsEventsWithoutThePluginsThatMadeThem) {
  const LogsByHand logs;
  logs.run();
  const std::string plugins = logs.path("plugins");
  std::filesystem::create_directory(plugins);
  std::filesystem::copy(std::string(TICKWEIR_PLUGIN_DIR) + "/wal_segment.so", plugins);
  testing::Program program({"wal", "cat", logs.log(), "--format", "json", "--plugin-path", plugins});
  const Outcome outcome = program.finish();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), LogsByHand::events);
  std::size_t orders = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const json event = json::parse(lines[i]);
    ASSERT_EQ(event["sequence"], i + 1);
    ASSERT_EQ(event["source"], 1);
    ASSERT_EQ(event["number"], i + 1);
    ASSERT_TRUE(event.contains("fields")) << lines[i];
    if (event["type"] != 256) continue;
    ++orders;
    ASSERT_EQ(event["event"], "NewOrder");
    ASSERT_GT(event["fields"]["price"], 0);
    ASSERT_TRUE(event["fields"]["side"] == 1 || event["fields"]["side"] == 2) << lines[i];
  }
  EXPECT_GT(orders, 100U);
}

TEST(WalCat, ExplainsWhatFollowsTheHeadOfABundle) {
  const LogsByHand logs;
  logs.run();
  const Outcome outcome = run_program({"wal", "cat", logs.pipeline() + ":trades", "--format", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const std::string& line : lines_of(outcome.out)) {
    const json event = json::parse(line);
    ASSERT_EQ(event["event"], "Bundle");
    ASSERT_EQ(event["items"].size(), event["fields"]["count"]);
    std::uint64_t quantity = 0;
    for (const json& item : event["items"]) quantity += item["quantity"].get<std::uint64_t>();
    ASSERT_EQ(event["fields"]["quantity"], quantity) << line;
    ASSERT_FALSE(event.contains("rest"));
  }
}

TEST(WalCat, PrintsTheRangeThatIsAskedFor) {
  const LogsByHand logs;
  logs.run();
  const auto cat = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"wal", "cat", logs.log()});
    return run_program(more);
  };
  const auto all = lines_of(cat({}).out);
  ASSERT_EQ(all.size(), LogsByHand::events);
  EXPECT_TRUE(all[0].starts_with("1 2026-01-05T14:30:00.000000000Z 1:1 NewOrder order_id=1 ")) << all[0];
  const auto part = [&](std::size_t from, std::size_t to) {
    return std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(from) - 1,
                                    all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  EXPECT_EQ(lines_of(cat({"--from", "2001", "--to", "2003"}).out), part(2001, 2003));
  EXPECT_EQ(lines_of(cat({"--from", "4999"}).out), part(4999, 5000));
  EXPECT_EQ(lines_of(cat({"--limit", "7"}).out), part(1, 7));
  EXPECT_EQ(lines_of(cat({"--from", "4998", "--limit", "1"}).out), part(4998, 4998));
  EXPECT_EQ(cat({"--limit", "0"}).out, "");
  const Outcome beyond = cat({"--from", "5001"});
  EXPECT_EQ(beyond.exit_code, 0) << beyond.err;
  EXPECT_EQ(beyond.out, "");
}

TEST(WalCopy, GivesEveryBackEndTheSameBytes) {
  const LogsByHand logs;
  logs.run();
  const std::string all = run_program({"wal", "cat", logs.log()}).out;
  std::string from = logs.log();
  for (const std::string back_end : {"wal_sqlite", "wal_lmdb", "wal_segment"}) {
    const std::string to = back_end + ":" + logs.path("copy_" + back_end);
    const Outcome outcome = run_program({"wal", "copy", from, "--to", to});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("copied 5000 events, ")) << outcome.out;
    EXPECT_TRUE(outcome.out.ends_with(": " + to + " is as " + from + "\n")) << outcome.out;
    EXPECT_EQ(run_program({"wal", "cat", to}).out, all);
    from = to;
  }
}

TEST(WalCopy, NeverWritesIntoALogThatHoldsSomething) {
  const LogsByHand logs;
  logs.run();
  const auto before = logs.files();
  const Outcome outcome = run_program({"wal", "copy", logs.pipeline() + ":trades", "--to", logs.log()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err,
            "tickweir: error: " + logs.log() +
                ": it has events up to 5000 already; a copy needs a path where there is nothing\n");
  EXPECT_EQ(logs.files(), before);
}

TEST(WalRepair, SaysThatThereIsNothingToDo) {
  const LogsByHand logs;
  logs.run();
  const auto before = logs.files();
  const Outcome outcome = run_program({"wal", "repair", logs.log()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with(logs.log() + ": nothing to repair; its last event is 5000."))
      << outcome.out;
  const auto after = logs.files();
  for (const auto& [file, bytes] : before) EXPECT_EQ(after.at(file), bytes) << file;
  const Outcome none = run_program({"wal", "repair", "wal_segment:" + logs.path("none")});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(logs.path("none")));
}

}  // namespace
}  // namespace tickweir
