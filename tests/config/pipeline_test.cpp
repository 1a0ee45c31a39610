// Good pipelines, and what they are read as.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "load_text.h"

namespace tickweir {
namespace {

PipelineConfig load_good(const std::string& name) {
  const std::string file = (std::filesystem::path(CONFIG_TEST_DIR) / "good" / name).string();
  Diagnostics diagnostics;
  PipelineConfig config = load_pipeline(file, {}, diagnostics);
  std::ostringstream out;
  diagnostics.print(out);
  EXPECT_EQ(diagnostics.error_count(), 0U) << out.str();
  return config;
}

TEST(Pipeline, TopLevelIsReadWithUnits) {
  const PipelineConfig config = load_good("exchange.yaml");
  EXPECT_EQ(config.name, "exchange");
  EXPECT_EQ(config.batch_events_max, 512U);
  EXPECT_EQ(config.batch_bytes_max, 64U * 1024);
  EXPECT_EQ(config.tick_every_ns, 10'000'000U);
  EXPECT_EQ(config.watchdog_after_ns, 0U);
  EXPECT_EQ(config.start_timeout_ns, 5'000'000'000U);
  EXPECT_EQ(config.drain_timeout_ns, 60'000'000'000U);
  EXPECT_EQ(config.dead_letter_path, "./data/dead");
  EXPECT_EQ(config.dead_letter_place.line, 16U);
  ASSERT_TRUE(config.metrics_listen);
  EXPECT_EQ(config.metrics_listen->value, "127.0.0.1:9464");
  EXPECT_EQ(config.metrics_listen->place.line, 2U);
}

TEST(Pipeline, ThreadsAreReadInOrder) {
  const PipelineConfig config = load_good("exchange.yaml");
  ASSERT_EQ(config.threads.size(), 3U);
  EXPECT_EQ(config.threads[0].name, "edge");
  EXPECT_EQ(config.threads[0].cpus, std::vector<unsigned>{0});
  EXPECT_EQ(config.threads[0].wait, WaitMode::spin);
  EXPECT_EQ(config.threads[0].priority, 0);
  EXPECT_EQ(config.threads[1].cpus, (std::vector<unsigned>{1, 2, 3}));
  EXPECT_EQ(config.threads[1].cpus_place.line, 10U);
  EXPECT_EQ(config.threads[1].cpus_place.column, 17U);
  EXPECT_EQ(config.threads[1].wait, WaitMode::block);
  EXPECT_EQ(config.threads[1].priority, 5);
  EXPECT_EQ(config.threads[2].name, "idle");
  EXPECT_TRUE(config.threads[2].cpus.empty());
  EXPECT_EQ(config.threads[2].wait, WaitMode::adaptive);
}

TEST(Pipeline, StagesAreReadInOrder) {
  const PipelineConfig config = load_good("exchange.yaml");
  ASSERT_EQ(config.stages.size(), 4U);
  const StageConfig& book = config.stages[2];
  EXPECT_EQ(book.id, "book");
  EXPECT_EQ(book.plugin.value, "transform_order_book");
  EXPECT_EQ(book.thread->value, "core");
  EXPECT_EQ(book.on_error, OnError::dead_letter);
  ASSERT_EQ(book.inputs.size(), 1U);
  EXPECT_EQ(book.inputs[0].from.value, "unique");
  EXPECT_EQ(book.inputs[0].capacity, 1024U);
  EXPECT_EQ(book.inputs[0].when_full, WhenFull::drop_oldest);
  EXPECT_TRUE(book.options.empty());
  const StageConfig& out = config.stages[3];
  EXPECT_FALSE(out.thread);
  EXPECT_EQ(out.on_error, OnError::stop);
  ASSERT_EQ(out.inputs.size(), 2U);
  EXPECT_EQ(out.inputs[0].from.value, "book.executions");
  EXPECT_EQ(out.inputs[0].capacity, 64U);
  EXPECT_EQ(out.inputs[0].when_full, WhenFull::block);
}

TEST(Pipeline, OptionsAreReadAsWritten) {
  const PipelineConfig config = load_good("exchange.yaml");
  const auto& options = config.stages[0].options;
  ASSERT_EQ(options.size(), 3U);
  EXPECT_EQ(options[1].name, "strict");
  EXPECT_EQ(options[1].texts[0].value, "true");
  EXPECT_FALSE(options[1].is_list);
  EXPECT_TRUE(options[2].is_list);
  ASSERT_EQ(options[2].texts.size(), 2U);
  EXPECT_EQ(options[2].texts[1].value, "F");
  EXPECT_TRUE(config.stages[1].options[1].quoted);
  EXPECT_FALSE(config.stages[1].options[0].quoted);
  EXPECT_EQ(config.stages[1].config_place.line, 26U);
  EXPECT_EQ(config.stages[3].options[0].texts[0].value, "./data/trades");
  EXPECT_EQ(config.stages[3].options[1].texts[0].value, "$5 $6");
}

TEST(Pipeline, HasDefaults) {
  const Outcome outcome = load_text(smallest);
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.printed, "");
  EXPECT_EQ(outcome.config->file, "test.yaml");
  EXPECT_EQ(outcome.config->batch_events_max, 256U);
  EXPECT_EQ(outcome.config->tick_every_ns, 0U);
  EXPECT_FALSE(outcome.config->metrics_listen);
  EXPECT_EQ(outcome.config->stages[0].config_place.line, 4U);
}

TEST(Pipeline, MayStartWithAByteOrderMarkAndEndLinesLikeWindows) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : smallest) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Outcome outcome = load_text(text);
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages[0].plugin.place.column, 13U);
}

TEST(Pipeline, TakesTheEndsOfEachRange) {
  for (const char* more :
       {"batch: { max_events: 1, max_bytes: 4KiB }\n", "batch: { max_events: 65536, max_bytes: 16MiB }\n",
        "threads: { a: { priority: 0 }, b: { priority: 99 }, c: { cpus: \"1023\" } }\n",
        "ticks: { every: 0s }\n", "ticks: { every: 1ms }\n", "ticks: { every: 24h }\n",
        "metrics: { listen: \"[::1]:0\" }\n", "metrics: { listen: \"0.0.0.0:65535\" }\n"}) {
    const Outcome outcome = load_text(smallest + more);
    EXPECT_TRUE(outcome.config) << more << outcome.printed;
  }
}

TEST(Pipeline, RefusesWhatIsJustOutsideEachRange) {
  for (const char* more :
       {"batch: { max_events: 0 }\n", "batch: { max_events: 65537 }\n", "batch: { max_bytes: 4095B }\n",
        "batch: { max_bytes: 16777217B }\n", "threads: { a: { priority: -1 } }\n",
        "threads: { a: { priority: 100 } }\n", "threads: { c: { cpus: \"1024\" } }\n",
        "ticks: { every: 999us }\n", "ticks: { every: 24h1 }\n", "ticks: { every: 86401s }\n",
        "timeouts: { start: 0s }\n", "metrics: { listen: \"0.0.0.0:65536\" }\n",
        "metrics: { listen: \"[::1:0\" }\n", "metrics: { listen: \"256.0.0.1:1\" }\n"}) {
    const Outcome outcome = load_text(smallest + more);
    EXPECT_FALSE(outcome.config) << more;
    EXPECT_NE(outcome.printed.find("\n1 error\n"), std::string::npos) << more << outcome.printed;
  }
}

TEST(Pipeline, WithManyStagesIsReadInOneGo) {
  std::string text = smallest;
  for (int i = 0; i < 1023; ++i) {
    text += "  s" + std::to_string(i) + ": { plugin: sink_null, inputs: [orders] }\n";
  }
  EXPECT_TRUE(load_text(text).config);
  EXPECT_NE(load_text(text + "  more: { plugin: sink_null, inputs: [orders] }\n")
                .printed.find("more than 1024 stages"),
            std::string::npos);
}

TEST(Pipeline, KeepsWhatCouldBeReadBesideErrors) {
  Diagnostics diagnostics;
  const PipelineConfig config = load_pipeline_text(
      "test.yaml",
      smallest +
          "    config: { rate: { a: 5 }, list: [a, {}], seed: 5 }\n"
          "  text: orders\n"
          "  out: { plugin: sink_null, inputs: [orders, nowhere, { from: text, capacity: 0 }] }\n"
          "  typo: { plugin: sink_null, input: [orders] }\n"
          "threads: { edge: { cpus: x, wait: x, priority: x } }\n",
      {}, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 9U);
  ASSERT_EQ(config.threads.size(), 1U);
  EXPECT_EQ(config.threads[0].wait, WaitMode::adaptive);
  ASSERT_EQ(config.stages.size(), 4U);
  const StageConfig& orders = config.stages[0];
  ASSERT_EQ(orders.options.size(), 3U);
  EXPECT_TRUE(orders.options[0].refused);
  EXPECT_TRUE(orders.options[1].refused);
  EXPECT_FALSE(orders.options[2].refused);
  EXPECT_TRUE(orders.options_known);
  EXPECT_EQ(config.stages[1].plugin.value, "");
  const StageConfig& out = config.stages[2];
  ASSERT_EQ(out.inputs.size(), 3U);
  EXPECT_FALSE(out.inputs[0].refused);
  EXPECT_TRUE(out.inputs[1].refused);
  EXPECT_FALSE(out.inputs[2].refused);
  EXPECT_EQ(out.inputs[2].capacity, InputConfig{}.capacity);
  EXPECT_TRUE(out.inputs_known);
  EXPECT_FALSE(config.stages[3].inputs_known);
}

TEST(Pipeline, ReadsNothingOfWhatIsNoMap) {
  Diagnostics diagnostics;
  EXPECT_TRUE(load_pipeline_text("test.yaml", "just text\n", {}, diagnostics).stages.empty());
  EXPECT_EQ(diagnostics.error_count(), 1U);
}

TEST(Pipeline, DurabilityAndReleaseAreReadWithUnitsAndPlaces) {
  const PipelineConfig config = load_good("durable.yaml");
  ASSERT_EQ(config.stages.size(), 5U);
  const StageConfig& log = config.stages[1];
  EXPECT_EQ(log.durability.sync, SyncMode::os);
  EXPECT_EQ(log.durability.max_delay_ns, 3'600'000'000'000U);
  EXPECT_EQ(log.durability.max_events, 1'048'576U);
  ASSERT_TRUE(log.durability_place);
  EXPECT_EQ(log.durability_place->line, 8U);
  EXPECT_EQ(log.durability_place->column, 5U);
  EXPECT_EQ(log.sync_place.column, 25U);
  EXPECT_FALSE(log.release_place);
  const StageConfig& out = config.stages[2];
  EXPECT_TRUE(out.release_durable);
  ASSERT_TRUE(out.release_place);
  EXPECT_EQ(out.release_place->line, 12U);
  EXPECT_EQ(out.release_place->column, 14U);
  EXPECT_EQ(out.on_error_place.line, 13U);
  EXPECT_EQ(out.inputs.at(0).when_full_place.column, 38U);
  EXPECT_FALSE(out.durability_place);
  const StageConfig& now = config.stages[3];
  EXPECT_FALSE(now.release_durable);
  EXPECT_TRUE(now.release_place);
  EXPECT_EQ(now.on_error_place.line, now.place.line);
  EXPECT_EQ(now.inputs.at(0).when_full_place.column, now.inputs.at(0).from.place.column);
  const StageConfig& other = config.stages[4];
  EXPECT_EQ(other.durability.sync, SyncMode::each);
  EXPECT_EQ(other.durability.max_delay_ns, 0U);
  EXPECT_EQ(other.durability.max_events, 1U);
}

TEST(Pipeline, DurabilityIsOfGroupsUnlessSaidOtherwise) {
  Diagnostics diagnostics;
  const PipelineConfig config =
      load_pipeline_text("p.yaml",
                         "apiVersion: tickweir/v1\nname: p\n"
                         "stages: { log: { plugin: wal_segment, durability: {} } }\n",
                         {{"stages.log.durability.max_events", "7"}}, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 0U);
  ASSERT_EQ(config.stages.size(), 1U);
  EXPECT_EQ(config.stages[0].durability.sync, SyncMode::group);
  EXPECT_EQ(config.stages[0].durability.max_delay_ns, 10'000'000U);
  EXPECT_EQ(config.stages[0].durability.max_events, 7U);
}

TEST(Pipeline, SaysWhetherItKnowsAllStages) {
  const auto known = [](const std::string& stages) {
    Diagnostics diagnostics;
    const std::string head = "apiVersion: tickweir/v1\nname: p\n";
    return load_pipeline_text("p.yaml", head + stages, {}, diagnostics).stages_known;
  };
  EXPECT_TRUE(known("stages: { a: { plugin: x } }\n"));
  EXPECT_FALSE(known("include: [not/there.yaml]\nstages: { a: { plugin: x } }\n"));
  EXPECT_FALSE(known("stages: { a: { plugin: x }, [b]: { plugin: y } }\n"));
}

}  // namespace
}  // namespace tickweir
