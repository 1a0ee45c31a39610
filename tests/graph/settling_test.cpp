// Sources that settle: one log, every event through it, and once.
#include <gtest/gtest.h>

#include "pipelines_by_hand.h"

namespace {

using namespace tickweir;
using namespace tickweir::by_hand;

std::string settling_log_of(const Built& built, const std::string& id) {
  const std::uint32_t log = built.stage(id).settling_log;
  return log == no_log ? "" : built.graph->stages.at(log).id;
}

const std::string subject = " is a source (source_client) and acknowledges its events";

TEST(SettlingSources, KnowTheLogBehindTheirFilters) {
  const Built built = build(Pipeline()
                                .stage("trades", "wal_log", {"book.fills"})
                                .stage("s", "source_client")
                                .stage("t", "source_clients")
                                .stage("u", "source_one")
                                .stage("f", "filter_pass", {"s", "t.orders"})
                                .stage("g", "filter_pass", {"f", "u"})
                                .stage("log", "wal_log", {"g", "t.beats"})
                                .stage("book", "transform_fill", {"log"})
                                .stage("beside", "sink_any", {"s", "f", "watched"})
                                .when_full(WhenFull::drop_oldest)
                                .stage("watched", "filter_pass", {"t.orders"})
                                .dead_letter()
                                .stage("watch", "transform_watch", {"f"}));
  ASSERT_TRUE(built.graph) << built.lines.front();
  EXPECT_EQ(settling_log_of(built, "s"), "log");
  EXPECT_EQ(settling_log_of(built, "t"), "log");
  EXPECT_EQ(settling_log_of(built, "u"), "");
  EXPECT_EQ(settling_log_of(built, "log"), "");
  EXPECT_EQ(settling_log_of(built, "book"), "");
}

TEST(SettlingSources, NeedALog) {
  const Built built = build(Pipeline().stage("s", "source_client").stage("out", "sink_any", {"s"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines, Lines{"11:1 error: stage \"s\"" + subject +
                               ": it needs a log behind it, reached through filters only (add a stage with a "
                               "plugin such as wal_segment that reads it)"});
}

TEST(SettlingSources, NeedOneLogOnly) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("f", "filter_pass", {"s"})
                                .stage("a", "wal_log", {"f"})
                                .stage("b", "wal_log", {"s"}));
  EXPECT_EQ(built.lines,
            Lines{"11:1 error: stage \"s\"" + subject +
                  ": they must reach one log, not 2: \"a\", \"b\" (let one log read them, and the "
                  "other that log)"});
}

TEST(SettlingSources, CountALogBehindATransformToo) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("a", "wal_log", {"s"})
                                .stage("t", "transform_fill", {"s"})
                                .stage("b", "wal_log", {"t.fills"}));
  EXPECT_EQ(built.lines.size(), 1U);
  EXPECT_NE(built.lines.front().find("one log, not 2: \"a\", \"b\""), std::string::npos)
      << built.lines.front();
}

TEST(SettlingSources, AllowNoTransformBeforeTheLog) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("t", "transform_fill", {"f"})
                                .stage("f", "filter_pass", {"s"})
                                .stage("g", "filter_pass", {"t.fills"})
                                .stage("log", "wal_log", {"g"}));
  EXPECT_EQ(
      built.lines,
      Lines{"21:1 error: stage \"t\" is a transform (transform_fill), between source \"s\", which "
            "acknowledges its events, and log \"log\": that log does not store what the source sent (let "
            "the log read the source through filters only, and the transform the log)"});
}

TEST(SettlingSources, LoseNothingBeforeTheLog) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("f", "filter_pass", {"s"})
                                .when_full(WhenFull::drop_newest)
                                .dead_letter()
                                .stage("log", "wal_log", {"f"})
                                .when_full(WhenFull::drop_oldest)
                                .stage("t", "source_client")
                                .stage("g", "filter_pass", {"t"})
                                .stage("log2", "wal_log", {"g"}));
  EXPECT_EQ(
      built.lines,
      (Lines{
          "24:1 error: drop_newest loses events between source \"s\", which acknowledges them, and its log "
          "(use when_full: block)",
          "27:1 error: stage \"f\" stands between source \"s\", which acknowledges its events, and its log: "
          "a "
          "dead letter would never be acknowledged nor refused (use on_error: stop)",
          "34:1 error: drop_oldest loses events between source \"s\", which acknowledges them, and its log "
          "(use when_full: block)"}));
}

TEST(SettlingSources, AreToldOfWhatTheyShareOnce) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("t", "source_client")
                                .stage("f", "filter_pass", {"s", "t"})
                                .dead_letter()
                                .stage("log", "wal_log", {"f"})
                                .when_full(WhenFull::drop_newest));
  EXPECT_EQ(built.lines.size(), 2U);
}

TEST(SettlingSources, ReachTheLogOnOneWay) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("f", "filter_pass", {"s"})
                                .stage("g", "filter_pass", {"s"})
                                .stage("h", "filter_pass", {"f", "g"})
                                .stage("log", "wal_log", {"h"}));
  EXPECT_EQ(built.lines,
            Lines{"44:2 error: stage \"h\" reads the events of source \"s\", which acknowledges each once, "
                  "through \"f\" and again through \"g\" (remove one of the two)"});
}

TEST(SettlingSources, ReachTheLogWithAllThatIsRead) {
  const Built built = build(Pipeline()
                                .stage("s", "source_clients")
                                .stage("log", "wal_log", {"s.orders"})
                                .stage("out", "sink_any", {"s.beats"}));
  EXPECT_EQ(built.lines,
            Lines{"11:1 error: stage \"s\" is a source (source_clients) and acknowledges its events: what "
                  "\"s.beats\" carries reaches no log (let log \"log\" read it too, or no stage)"});
  EXPECT_TRUE(build(Pipeline().stage("s", "source_clients").stage("log", "wal_log", {"s.orders"})).graph);
}

TEST(SettlingSources, LackNothingWhereMoreMayCome) {
  const auto lines = [](Pipeline pipeline) { return build(pipeline).lines.size(); };
  EXPECT_EQ(lines(Pipeline().stage("s", "source_client").stage("log", "wal_lgo", {"s"})), 1U);
  EXPECT_EQ(lines(Pipeline()
                      .stage("s", "source_client")
                      .stage("f", "filter_pas", {"s"})
                      .stage("log", "wal_log", {"f"})),
            1U);
  EXPECT_EQ(lines(Pipeline().stage("s", "source_clients").stage("log", "wal_log", {"s"})), 1U);
  // What the loader has reported already.
  const auto said_before = [](const Pipeline& pipeline) {
    Plugins plugins = some_plugins();
    Diagnostics diagnostics;
    diagnostics.error(at(1), "found while the file was read");
    EXPECT_FALSE(build_graph(pipeline.config, plugins.source(), two_cpus(), diagnostics));
    return lines_of(diagnostics).size();
  };
  Pipeline missing = Pipeline().stage("s", "source_client").stage("out", "sink_any", {"s"});
  EXPECT_EQ(said_before(missing), 2U);
  missing.config.stages_known = false;
  EXPECT_EQ(said_before(missing), 1U);
  Pipeline refused = Pipeline().stage("s", "source_client").stage("log", "wal_log", {"s"});
  refused.config.stages.back().inputs.front().refused = true;
  EXPECT_EQ(said_before(refused), 1U);
  refused.config.stages.back().inputs.clear();
  refused.config.stages.back().inputs_known = false;
  EXPECT_EQ(said_before(refused), 1U);
}

// What was refused behind it would come back as a repeat of something durable.
TEST(SettlingSources, HaveTheFilterThatKnowsRepeatsLast) {
  const auto lines = [](const std::vector<std::string>& filters) {
    Pipeline pipeline = Pipeline().stage("s", "source_client");
    std::string last = "s";
    for (const std::string& filter : filters) {
      const std::string id = "f" + std::to_string(pipeline.config.stages.size());
      pipeline.stage(id, filter, {last});
      last = id;
    }
    return build(pipeline.stage("log", "wal_log", {last})).lines;
  };
  const std::string refuses =
      " and refuses events that \"f1\" has remembered: sent again, they would be taken "
      "for repeats, and source \"s\" would acknowledge what no log holds";
  EXPECT_EQ(lines({"filter_limit", "filter_once"}), Lines{});
  EXPECT_EQ(lines({"filter_limit", "filter_pass", "filter_limit", "filter_once", "filter_pass"}), Lines{});
  EXPECT_EQ(lines({"filter_once", "filter_twice"}), Lines{});
  EXPECT_EQ(
      lines({"filter_once", "filter_limit"}),
      Lines{"31:1 error: stage \"f2\" is a filter (filter_limit)" + refuses +
            " (put \"f2\" before \"f1\": the filter that knows repeats must be the last that may refuse)"});
  EXPECT_EQ(
      lines({"filter_once", "filter_once"}),
      Lines{"31:1 error: stage \"f2\" is a filter (filter_once)" + refuses + " (remove one of the two)"});
  EXPECT_EQ(lines({"filter_twice", "filter_pass", "filter_limit", "filter_limit"}).size(), 2U);
}

TEST(SettlingSources, MayHaveRepeatsKnownOffTheWayToTheLog) {
  const Built built = build(Pipeline()
                                .stage("s", "source_client")
                                .stage("t", "source_one")
                                .stage("log", "wal_log", {"s"})
                                .stage("once", "filter_once", {"log", "t"})
                                .stage("limit", "filter_limit", {"once"})
                                .stage("out", "sink_any", {"limit"}));
  EXPECT_EQ(built.lines, Lines{});
}

TEST(SettlingSources, AreWarnedWhereTheirLogDoesNotSync) {
  const auto lines = [](SyncMode sync, const char* back_end = "wal_log") {
    return build(Pipeline().stage("s", "source_client").stage("log", back_end, {"s"}).sync(sync)).lines;
  };
  EXPECT_EQ(
      lines(SyncMode::none),
      Lines{"26:1 warning: source \"s\" acknowledges events that log \"log\" has not synced: a crash or a "
            "power cut loses some of them (use sync: group, or each)"});
  EXPECT_EQ(
      lines(SyncMode::os),
      Lines{"26:1 warning: source \"s\" acknowledges events that log \"log\" has not synced: a power cut "
            "loses some of them (use sync: group, or each)"});
  EXPECT_EQ(lines(SyncMode::os, "wal_forgets"), Lines{}) << "it is synced";
  EXPECT_EQ(lines(SyncMode::group), Lines{});
  EXPECT_EQ(lines(SyncMode::each), Lines{});
}

}  // namespace
