// The /metrics page of a pipeline made by hand: names, labels, values, and what promtool thinks of it.
#include "runtime/metrics/metrics.h"

#include <atomic>
#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "runtime/metrics/families.h"
#include "tests/metrics/hand_made_pipeline.h"
#include "tests/metrics/promtool.h"

namespace tickweir {
namespace {

using testing::HandMadePipeline;
using testing::promtool_finds;

// Value by "name{labels}" as it stands on the page.
std::map<std::string, std::string> samples(const std::string& page) {
  std::map<std::string, std::string> found;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto space = line.rfind(' ');
    const bool is_new = found.emplace(line.substr(0, space), line.substr(space + 1)).second;
    EXPECT_TRUE(is_new) << "twice on the page: " << line;
  }
  return found;
}

TEST(MetricsPage, ShowsWhatTheCellsHold) {
  HandMadePipeline made;
  auto& band = *made.telemetry.stages[1];
  set_cell(band.received_events, 100);
  set_cell(band.handled_events, 90);
  set_cell(band.drops[0], 7);
  set_cell(band.failed_events, 3);
  set_cell(band.busy_ticks, 2'500'000'000);
  set_cell(band.outputs[0].sent_events, 90);
  set_cell(made.telemetry.stages[0]->outputs[0].sent_events, 120);
  auto& edge = *made.telemetry.edges[0];
  set_cell(edge.pushed_events, 120);
  set_cell(edge.popped_events, 100);
  set_cell(edge.blocked_ticks, 500'000'000);
  set_cell(made.telemetry.threads[1]->idle_ticks, 1'000'000'000);

  auto page = samples(metrics_page(made.view()));
  const std::string band_labels = R"({component_id="band",component_kind="filter",plugin="filter_made")";
  EXPECT_EQ(page["tickweir_component_received_events_total" + band_labels + "}"], "100");
  EXPECT_EQ(page["tickweir_component_handled_events_total" + band_labels + "}"], "90");
  EXPECT_EQ(page["tickweir_component_sent_events_total" + band_labels + "}"], "90");
  EXPECT_EQ(page["tickweir_component_failed_events_total" + band_labels + "}"], "3");
  const std::string discarded = "tickweir_component_discarded_events_total" + band_labels;
  EXPECT_EQ(page[discarded + R"(,reason="outside_band",intentional="true"})"], "7");
  EXPECT_EQ(page[discarded + R"(,reason="too_old",intentional="true"})"], "0");
  EXPECT_EQ(page["tickweir_component_busy_seconds_total" + band_labels + R"(,thread="core"})"], "2.5");
  EXPECT_EQ(page["tickweir_component_sent_events_total{component_id=\"feed\",component_kind=\"source\","
                 "plugin=\"source_made\",output=\"events\"}"],
            "120");
  EXPECT_EQ(page[R"(tickweir_edge_queued_events{edge="feed->band"})"], "20");
  EXPECT_EQ(page[R"(tickweir_edge_capacity_events{edge="feed->band"})"], "16384");
  EXPECT_EQ(page[R"(tickweir_edge_blocked_seconds_total{edge="feed->band"})"], "0.5");
  EXPECT_EQ(page[R"(tickweir_thread_idle_seconds_total{thread="core"})"], "1");
  EXPECT_EQ(page[R"(tickweir_pipeline_state{pipeline="made",state="running"})"], "1");
  EXPECT_EQ(page[R"(tickweir_log_messages_total{level="warning"})"], "2");
  EXPECT_EQ(page[R"(tickweir_plugin_info{plugin="filter_made",version="1.2.0",abi="0.1"})"], "1");
}

TEST(MetricsPage, HasNoEdgeSeriesForADirectCall) {
  HandMadePipeline made;
  EXPECT_EQ(metrics_page(made.view()).find("band->out"), std::string::npos);
}

TEST(MetricsPage, CumulatesHistogramsExactlyAtPowersOfTwo) {
  HandMadePipeline made;
  Histogram wait(made.telemetry.edges[0]->wait_ns.data());
  for (const std::uint64_t ns : {1U, 127U, 128U, 511U, 512U, 2047U, 2048U}) wait.record(ns);
  wait.record(std::uint64_t{1} << 40);
  auto page = samples(metrics_page(made.view()));
  const std::string bucket = R"(tickweir_edge_residence_seconds_bucket{edge="feed->band",le=")";
  EXPECT_EQ(page[bucket + "1.28e-07\"}"], "2");
  EXPECT_EQ(page[bucket + "5.12e-07\"}"], "4");
  EXPECT_EQ(page[bucket + "2.048e-06\"}"], "6");
  EXPECT_EQ(page[bucket + "8.589934592000001\"}"], "7");
  EXPECT_EQ(page[bucket + "+Inf\"}"], "8");
  EXPECT_EQ(page[R"(tickweir_edge_residence_seconds_count{edge="feed->band"})"], "8");
}

TEST(MetricsPage, ShowsFullBatchesAboveTheBoundBelowThem) {
  HandMadePipeline made;
  Histogram events(made.telemetry.stages[2]->batch_events.data());
  events.record(1);
  events.record(255);
  events.record(256, 5);
  auto page = samples(metrics_page(made.view()));
  const std::string bucket =
      R"(tickweir_component_batch_events_bucket{component_id="out",component_kind="sink",)"
      R"(plugin="sink_made",le=")";
  EXPECT_EQ(page[bucket + "1\"}"], "1");
  EXPECT_EQ(page[bucket + "255\"}"], "2");
  EXPECT_EQ(page[bucket + "511\"}"], "7");
}

TEST(MetricsPage, ShowsWhatPluginsCountUnderTheirName) {
  HandMadePipeline made;
  set_cell(made.add_series(1, 0, "", 1).cells[0], 12);
  set_cell(made.add_series(1, 1, "bid", 1).cells[0], 5);
  set_cell(made.add_series(1, 1, "ask", 1).cells[0], 6);
  Histogram(made.add_series(1, 2, "", HistogramLayout::cell_count).cells.get()).record(1000);
  auto page = samples(metrics_page(made.view()));
  EXPECT_EQ(page[R"(tickweir_filter_made_changes_total{component_id="band"})"], "12");
  EXPECT_EQ(page[R"(tickweir_filter_made_open_entries{component_id="band",side="bid"})"], "5");
  EXPECT_EQ(page[R"(tickweir_filter_made_open_entries{component_id="band",side="ask"})"], "6");
  EXPECT_EQ(page[R"(tickweir_filter_made_age_seconds_count{component_id="band"})"], "1");
  EXPECT_EQ(page[R"(tickweir_filter_made_age_seconds_sum{component_id="band"})"], "1e-06");
}

TEST(MetricsPage, ShowsNoMoreSeriesOfACounterThanTheLimit) {
  HandMadePipeline made;
  for (std::uint32_t i = 0; i < series_shown_max + 50; ++i) made.add_series(1, 1, std::to_string(i), 1);
  std::size_t shown = 0;
  for (const auto& sample : samples(metrics_page(made.view()))) {
    shown += sample.first.starts_with("tickweir_filter_made_open_entries{") ? 1 : 0;
  }
  EXPECT_EQ(shown, series_shown_max);
}

TEST(MetricsPage, PassesPromtool) {
  HandMadePipeline made;
  set_cell(made.add_series(1, 0, "", 1).cells[0], 12);
  made.add_series(1, 1, "a \"quoted\" \\ label\nof two lines", 1);
  made.add_series(1, 2, "", HistogramLayout::cell_count);
  const std::string page = metrics_page(made.view());
  std::string said;
  EXPECT_EQ(promtool_finds(page, said), 0) << said << "\npromtool comes with the package prometheus";
  EXPECT_EQ(said, "");
}

// Prometheus takes nothing of a page with such a byte.
TEST(MetricsPage, ShowsBytesThatAreNotUtf8AsEscapes) {
  HandMadePipeline made;
  made.filter_table.version = "1\xff";
  set_cell(made.add_series(1, 1, "caf\xe9", 1).cells[0], 5);
  set_cell(made.add_series(1, 1, "caf\xc3\xa9", 1).cells[0], 6);
  const std::string text = metrics_page(made.view());
  auto page = samples(text);
  EXPECT_EQ(page[R"(tickweir_filter_made_open_entries{component_id="band",side="caf\\xe9"})"], "5");
  EXPECT_EQ(page["tickweir_filter_made_open_entries{component_id=\"band\",side=\"caf\xc3\xa9\"}"], "6");
  std::string said;
  EXPECT_EQ(promtool_finds(text, said), 0) << said;
}

TEST(MetricsPage, PromtoolWouldFindSomethingOnABadPage) {
  std::string said;
  EXPECT_EQ(promtool_finds("# HELP x_ms y\n# TYPE x_ms counter\nx_ms 1\n", said), 3);
}

TEST(MetricsPage, ShowsTheProcess) {
  HandMadePipeline made;
  auto page = samples(metrics_page(made.view()));
  EXPECT_GT(std::stod(page["process_resident_memory_bytes"]), 1e5);
  EXPECT_GT(std::stod(page["process_open_fds"]), 2);
  EXPECT_GT(std::stod(page["process_start_time_seconds"]), 1e9);
  EXPECT_GE(std::stod(page["process_threads"]), 1);
}

// The page is read while a thread writes: buckets and count must agree on every one.
TEST(MetricsPage, KeepsCountAndBucketsTogetherWhileAThreadWrites) {
  HandMadePipeline made;
  std::atomic<bool> end = false;
  std::thread writer([&] {
    Histogram work(made.telemetry.stages[1]->process_ns.data());
    for (std::uint64_t ns = 1; !end.load(std::memory_order_relaxed); ns = ns * 5 % 1'000'003) work.record(ns);
  });
  const std::string labels = R"({component_id="band",component_kind="filter",plugin="filter_made")";
  for (int i = 0; i < 50; ++i) {
    auto page = samples(metrics_page(made.view()));
    const std::string name = "tickweir_component_process_duration_seconds";
    EXPECT_EQ(page[name + "_bucket" + labels + ",le=\"+Inf\"}"], page[name + "_count" + labels + "}"]);
  }
  end = true;
  writer.join();
}

TEST(Help, IsMadeOneLine) {
  EXPECT_EQ(clean_help("a\nb\tc\\d\r"), "a b c/d ");
  EXPECT_EQ(clean_help("\n"), "No description.");
  EXPECT_EQ(clean_help("caf\xe9"), "caf/xe9");
}

}  // namespace
}  // namespace tickweir
