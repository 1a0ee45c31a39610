// What the paths answer, for a pipeline made by hand.
#include "runtime/admin/pages.h"

#include <gtest/gtest.h>

#include "tests/metrics/hand_made_pipeline.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::HandMadePipeline;

TEST(Pages, SayWhatThereIsWhenAPathIsUnknown) {
  HandMadePipeline made;
  const Page page = admin_page(made.view(), "/metric", "");
  EXPECT_EQ(page.status, 404U);
  EXPECT_NE(page.body.find("  /metrics\n"), std::string::npos);
}

TEST(Pages, ServeMetricsWithTheirContentType) {
  HandMadePipeline made;
  const Page page = admin_page(made.view(), "/metrics", "");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(page.body.find("tickweir_build_info{"), std::string::npos);
}

TEST(Livez, IsOkWhateverThePipelineDoes) {
  HandMadePipeline made;
  made.state = EngineState::stopped;
  made.stalls = {"feed->band: stuck"};
  EXPECT_EQ(admin_page(made.view(), "/livez", "").status, 200U);
}

TEST(Readyz, IsUnavailableUntilThePipelineRuns) {
  HandMadePipeline made;
  made.state = EngineState::starting;
  Page page = admin_page(made.view(), "/readyz", "verbose");
  EXPECT_EQ(page.status, 503U);
  EXPECT_EQ(page.body, "[-]feed starting\n[-]band starting\n[-]out starting\nnot ready: starting\n");
  made.state = EngineState::replaying;
  page = admin_page(made.view(), "/readyz", "");
  EXPECT_EQ(page.status, 503U);
  EXPECT_EQ(page.body, "not ready: replaying\n");
  made.state = EngineState::running;
  page = admin_page(made.view(), "/readyz", "verbose");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.body, "[+]feed ok\n[+]band ok\n[+]out ok\nready\n");
  EXPECT_EQ(admin_page(made.view(), "/readyz", "").body, "ready\n");
}

TEST(Readyz, NamesWhatIsStalled) {
  HandMadePipeline made;
  made.stalls = {"feed->band: 64 of 64 batches wait for stage band"};
  const Page page = admin_page(made.view(), "/readyz", "verbose");
  EXPECT_EQ(page.status, 503U);
  EXPECT_NE(page.body.find("[-]feed->band: 64 of 64 batches wait for stage band\nnot ready: stalled\n"),
            std::string::npos);
}

TEST(Readyz, SaysOfALogWhatIsDurableAndThatItWaitsForRoom) {
  HandMadePipeline made;
  made.telemetry.logs.resize(3);
  made.telemetry.logs[1] = std::make_unique<LogCells>();
  LogCells& log = *made.telemetry.logs[1];
  set_cell(log.durable_sequence, 100);
  set_cell(log.last_sequence, 107);
  Page page = admin_page(made.view(), "/readyz", "verbose");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.body, "[+]feed ok\n[+]band ok, durable up to 100 of 107\n[+]out ok\nready\n");
  set_cell(log.waits_for_room, 1);
  page = admin_page(made.view(), "/readyz", "verbose");
  EXPECT_EQ(page.status, 503U);
  EXPECT_EQ(page.body,
            "[+]feed ok\n[-]band waits for room on the disk, durable up to 100 of 107\n[+]out ok\n"
            "not ready: no room on the disk\n");
  EXPECT_EQ(json::parse(admin_page(made.view(), "/api/v1/stats", "").body)["logs"][0]["waits_for_room"],
            true);
}

TEST(Api, ShowsTheNumbers) {
  HandMadePipeline made;
  set_cell(made.telemetry.stages[1]->received_events, 10);
  set_cell(made.telemetry.stages[1]->drops[1], 4);
  set_cell(made.telemetry.edges[0]->pushed_events, 12);
  set_cell(made.telemetry.edges[0]->popped_events, 10);
  Histogram(made.telemetry.stages[2]->latency_ns.data()).record(20, 3);
  const json stats = json::parse(admin_page(made.view(), "/api/v1/stats", "").body);
  EXPECT_EQ(stats["state"], "running");
  EXPECT_EQ(stats["stages"][1]["received_events"], 10);
  EXPECT_EQ(stats["stages"][1]["dropped"], json({{"outside_band", 0}, {"too_old", 4}}));
  EXPECT_EQ(stats["stages"][2]["latency_ns"]["p50"], 20);
  EXPECT_EQ(stats["edges"].size(), 1U);
  EXPECT_EQ(stats["edges"][0]["queued_events"], 2);
  EXPECT_EQ(stats["threads"][1]["thread"], "core");
}

TEST(Api, ShowsGraphPluginsAndBuild) {
  HandMadePipeline made;
  const json graph = json::parse(admin_page(made.view(), "/api/v1/graph", "").body);
  EXPECT_EQ(graph["name"], "made");
  EXPECT_EQ(graph["stages"].size(), 3U);
  const json plugins = json::parse(admin_page(made.view(), "/api/v1/plugins", "").body);
  EXPECT_EQ(plugins[1]["name"], "filter_made");
  EXPECT_EQ(plugins[1]["options"][0]["default"], "500");
  EXPECT_EQ(plugins[1]["reasons"][1]["name"], "too_old");
  const json build = json::parse(admin_page(made.view(), "/api/v1/build", "").body);
  EXPECT_EQ(build["plugin_abi"], "0.6");
}

TEST(Api, SurvivesTextThatIsNotUtf8) {
  HandMadePipeline made;
  made.stalls = {"bad \xff bytes"};
  const json stats = json::parse(admin_page(made.view(), "/api/v1/stats", "").body);
  EXPECT_EQ(stats["stalls"][0], "bad \xef\xbf\xbd bytes");
}

}  // namespace
}  // namespace tickweir
