// Logs in a graph: which one each stage's events went through, and what is said where that is unclear.
#include <gtest/gtest.h>

#include "pipelines_by_hand.h"

namespace {

using namespace tickweir;
using namespace tickweir::by_hand;

// The id of the stage's log; "" for none.
std::string log_of(const Built& built, const std::string& id) {
  const std::uint32_t log = built.stage(id).log;
  return log == no_log ? "" : built.graph->stages.at(log).id;
}

TEST(Logs, AreTheNearestThatAllEventsCameThrough) {
  const Built built = build(Pipeline()
                                .stage("trades", "wal_log", {"book.fills"})
                                .stage("s", "source_one")
                                .stage("f", "filter_pass", {"s"})
                                .stage("log", "wal_log", {"f"})
                                .stage("g", "filter_pass", {"log"})
                                .stage("book", "transform_fill", {"g"})
                                .stage("twice", "sink_any", {"g", "log"})
                                .stage("out", "sink_any", {"trades"})
                                .stage("both", "sink_any", {"trades", "log"})
                                .stage("early", "sink_any", {"f", "log"}));
  ASSERT_TRUE(built.graph) << built.lines.front();
  EXPECT_EQ(built.lines, Lines{});
  EXPECT_EQ(log_of(built, "s"), "");
  EXPECT_EQ(log_of(built, "f"), "");
  EXPECT_EQ(log_of(built, "log"), "");
  EXPECT_EQ(log_of(built, "g"), "log");
  EXPECT_EQ(log_of(built, "book"), "log");
  EXPECT_EQ(log_of(built, "twice"), "log");
  EXPECT_EQ(log_of(built, "trades"), "log");
  EXPECT_EQ(log_of(built, "out"), "trades");
  EXPECT_EQ(log_of(built, "both"), "");
  EXPECT_EQ(log_of(built, "early"), "");
}

TEST(Logs, PassOnWhatTheyReceiveUnderTheirOwnName) {
  const Built built = build(
      Pipeline().stage("s", "source_one").stage("log", "wal_log", {"s"}).stage("out", "sink_any", {"log"}));
  ASSERT_TRUE(built.graph);
  EXPECT_EQ(built.stage("log").output_names, Lines{""});
  EXPECT_EQ(built.edge("log->out").output, 0U);
  const Built wrong = build(
      Pipeline().stage("s", "source_one").stage("log", "wal_log", {"s"}).stage("out", "sink_fill", {"log"}));
  EXPECT_EQ(wrong.lines,
            Lines{"34:1 error: \"log\" carries Order; stage \"out\" (sink_fill) accepts Fill, Bundle"});
  const Built named = build(
      Pipeline().stage("s", "source_one").stage("log", "wal_log", {"s"}).stage("out", "sink_any", {"log.x"}));
  EXPECT_EQ(named.lines,
            Lines{"34:1 error: stage \"log\" is a wal (wal_log): its one output has no name (write log)"});
}

TEST(Logs, NeedNoReader) {
  const Built built = build(Pipeline().stage("s", "source_one").stage("log", "wal_log", {"s"}));
  EXPECT_TRUE(built.graph);
  EXPECT_EQ(built.lines, Lines{});
}

TEST(Logs, KeepTheirDurabilityInTheGraph) {
  Pipeline pipeline;
  pipeline.stage("s", "source_one").stage("log", "wal_log", {"s"}).sync(SyncMode::each);
  pipeline.config.stages.back().durability.max_events = 7;
  pipeline.stage("out", "sink_any", {"log"}).release(true);
  pipeline.stage("now", "sink_any", {"log"}).release(false);
  const Built built = build(pipeline);
  ASSERT_TRUE(built.graph);
  EXPECT_EQ(built.stage("log").durability.sync, SyncMode::each);
  EXPECT_EQ(built.stage("log").durability.max_events, 7U);
  EXPECT_TRUE(built.stage("out").release_durable);
  EXPECT_FALSE(built.stage("now").release_durable);
}

TEST(Logs, RefuseEventsOnDifferentWays) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .stage("a", "wal_log", {"s"})
                                .stage("b", "wal_log", {"s"})
                                .stage("c", "wal_log", {"s", "a", "b"})
                                .stage("f", "filter_pass", {"s", "a"})
                                .stage("d", "wal_log", {"f"}));
  EXPECT_FALSE(built.graph);
  const std::string help = " (all events of a log must have come through the same log, or none through any)";
  EXPECT_EQ(
      built.lines,
      (Lines{"44:2 error: \"a\" comes through log \"a\", but \"s\" through no log" + help,
             "44:3 error: \"b\" comes through log \"b\", but \"s\" through no log" + help,
             "64:1 error: \"f\" comes from stage \"f\", which reads \"s\" through no log, but \"a\" through "
             "log \"a\"" +
                 help}));
}

TEST(Logs, HaveAPathOfTheirOwn) {
  const auto with_paths = [](const std::string& first, const std::string& second) {
    return build(Pipeline()
                     .stage("s", "source_one")
                     .stage("a", "wal_path", {"s"})
                     .option("path", first)
                     .stage("b", "wal_path", {"a"})
                     .option("path", second));
  };
  EXPECT_TRUE(with_paths("data/a", "data/b").graph);
  EXPECT_TRUE(with_paths("data/a", "data/a/b").graph);
  for (const char* same : {"data/a", "./data/a", "data//a/", "data/b/../a", "data/a/."}) {
    const Built built = with_paths("data/a", same);
    EXPECT_FALSE(built.graph) << same;
    EXPECT_EQ(built.lines,
              Lines{"33:1 error: logs \"a\" and \"b\" have the same path: \"data/a\" (give each log "
                    "a path of its own)"});
  }
}

TEST(Logs, AreWhatDurabilityIsFor) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .sync(SyncMode::group)
                                .stage("f", "filter_pass", {"s"})
                                .sync(SyncMode::none)
                                .stage("log", "wal_log", {"f"})
                                .dead_letter());
  EXPECT_EQ(
      built.lines,
      (Lines{"16:1 error: stage \"s\" is a source (source_one): durability is for logs (remove it, or put "
             "it on a log)",
             "26:1 error: stage \"f\" is a filter (filter_pass): durability is for logs (remove it, or put "
             "it on a log)",
             "37:1 error: stage \"log\" is a wal (wal_log): after a log has failed nothing more can be "
             "stored (remove on_error: a log that fails stops the run)"}));
}

TEST(Release, WaitsForOneLogBeforeTheStage) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .release(true)
                                .stage("early", "filter_pass", {"s"})
                                .release(true)
                                .stage("log", "wal_log", {"early"})
                                .release(true)
                                .stage("mixed", "sink_any", {"s", "log"})
                                .release(true)
                                .stage("good", "sink_any", {"log"})
                                .release(true)
                                .stage("at_once", "sink_any", {"s"})
                                .release(false));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(
      built.lines,
      (Lines{
          "15:1 error: stage \"s\" is a source (source_one): there is no log before it that it could wait "
          "for (remove release, or put it on a stage behind a log)",
          "25:1 error: there is no log before stage \"early\" that it could wait for (put a log before it, "
          "or "
          "remove release: durable)",
          "35:1 error: stage \"log\" is a wal (wal_log): a log always waits for the one before it (remove "
          "release)",
          "45:1 error: stage \"mixed\" can wait for one log only: it reads \"s\" through no log, but "
          "\"log\" through log \"log\" (let it read what came through one log only, or remove release: "
          "durable)"}));
}

TEST(Release, IsNotRefusedWhereTheWayIsNotKnown) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .stage("log", "wal_lgo", {"s"})
                                .stage("second", "wal_log", {"log", "s"})
                                .stage("out", "sink_any", {"log"})
                                .release(true));
  EXPECT_EQ(built.lines, Lines{"21:1 error: unknown plugin \"wal_lgo\" (did you mean \"wal_log\"?)"});
}

TEST(Logs, MayNotBePartOfACircle) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("log", "wal_log", {"s", "f"})
                                .stage("f", "filter_pass", {"log"})
                                .release(true));
  EXPECT_EQ(built.lines,
            Lines{"24:2 error: events would go in a circle: log -> f -> log (remove one of these "
                  "inputs)"});
}

}  // namespace
