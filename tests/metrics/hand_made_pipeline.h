// A pipeline described by hand, for tests of what shows numbers: source -> (ring) -> filter -> sink, with
// two plugins' tables and cells that a test may set. Nothing runs.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "runtime/metrics/pipeline_view.h"

namespace tickweir::testing {

inline constexpr std::array source_outputs{tickweir_output{.name = "events", .events = "*", .help = "All."}};
inline constexpr std::array filter_counters{
    tickweir_counter{.kind = TICKWEIR_COUNTER, .name = "changes", .help = "Changes\nof a \"price\" \\ band."},
    tickweir_counter{.kind = TICKWEIR_GAUGE, .name = "open_entries", .label = "side", .help = "Entries now."},
    tickweir_counter{.kind = TICKWEIR_HISTOGRAM, .name = "age", .help = "Age of what is refused."},
};
inline constexpr std::array filter_reasons{
    tickweir_reason{.name = "outside_band", .help = "Too far away."},
    tickweir_reason{.name = "too_old", .help = "Too old."},
};
inline constexpr std::array filter_options{
    tickweir_option{.type = TICKWEIR_OPTION_INTEGER,
                    .name = "band",
                    .default_text = "500",
                    .minimum = "1",
                    .maximum = "10000",
                    .unit = "basis points",
                    .help = "How far."},
    tickweir_option{.type = TICKWEIR_OPTION_TEXT,
                    .name = "password",
                    .default_text = "",
                    .help = "Hidden.",
                    .flags = TICKWEIR_OPTION_SECRET},
};

struct HandMadePipeline {
  tickweir_plugin source_table{.role = TICKWEIR_ROLE_SOURCE,
                               .name = "source_made",
                               .version = "1.0.0",
                               .summary = "Makes.",
                               .outputs = source_outputs.data(),
                               .output_count = 1};
  tickweir_plugin filter_table{.role = TICKWEIR_ROLE_FILTER,
                               .name = "filter_made",
                               .version = "1.2.0",
                               .summary = "Refuses.",
                               .accepts = "*",
                               .options = filter_options.data(),
                               .counters = filter_counters.data(),
                               .reasons = filter_reasons.data(),
                               .option_count = filter_options.size(),
                               .counter_count = filter_counters.size(),
                               .reason_count = filter_reasons.size()};
  tickweir_plugin sink_table{.role = TICKWEIR_ROLE_SINK,
                             .name = "sink_made",
                             .version = "1.0.0",
                             .summary = "Writes.",
                             .accepts = "*"};
  Plugin source, filter, sink;
  Graph graph;
  Telemetry telemetry;
  EngineState state = EngineState::running;
  std::vector<std::string> stalls;
  LogLineCounts log_lines{0, 3, 2, 1};

  HandMadePipeline() {
    source.table = &source_table;
    filter.table = &filter_table;
    sink.table = &sink_table;
    for (Plugin* plugin : {&source, &filter, &sink}) {
      plugin->file = std::string("/plugins/") + plugin->table->name + ".so";
      plugin->note.facts = {{"abi", "0.1"}, {"compiler", "gcc 12.2.0"}};
    }
    graph.config.name = "made";
    graph.config.file = "made.yaml";
    graph.stages.resize(3);
    add_stage(0, "feed", source, {});
    add_stage(1, "band", filter, {0});
    add_stage(2, "out", sink, {1});
    graph.stages[0].outputs = {{0}};
    graph.stages[0].output_names = {"events"};
    graph.stages[0].source_number = 1;
    graph.stages[1].outputs = {{1}};
    graph.stages[1].output_names = {""};
    graph.edges.push_back({.name = "feed->band", .from = 0, .to = 1, .kind = EdgeKind::ring, .capacity = 64});
    graph.edges.push_back({.name = "band->out", .from = 1, .to = 2, .kind = EdgeKind::call});
    graph.threads.resize(2);
    graph.threads[0] = {.name = "edge", .stages = {0}};
    graph.threads[1] = {.name = "core", .stages = {1, 2}};
    graph.stages[1].thread = graph.stages[2].thread = 1;
    make_cells();
  }

  [[nodiscard]] PipelineView view() {
    return {.graph = &graph,
            .telemetry = &telemetry,
            .state = [this] { return state; },
            .stalls = [this] { return stalls; },
            .ticks_to_seconds = [](std::uint64_t ticks) { return static_cast<double>(ticks) * 1e-9; },
            .log_lines = [this] { return log_lines; }};
  }

  PluginSeries& add_series(std::size_t stage, std::uint32_t counter, const std::string& label,
                           std::size_t cells) {
    auto& series = telemetry.stages[stage]->series;
    series.push_back({.counter = counter, .label_value = label, .cells = std::make_unique<Cell[]>(cells)});
    return series.back();
  }

 private:
  void add_stage(std::size_t index, const char* id, const Plugin& plugin, std::vector<std::uint32_t> inputs) {
    graph.stages[index].id = id;
    graph.stages[index].plugin = &plugin;
    graph.stages[index].inputs = std::move(inputs);
  }

  void make_cells() {
    for (const GraphStage& stage : graph.stages) {
      auto cells = std::make_unique<StageCells>();
      cells->drops.resize(stage.plugin->table->reason_count);
      cells->outputs.resize(stage.outputs.size());
      telemetry.stages.push_back(std::move(cells));
    }
    for (const GraphEdge& edge : graph.edges) {
      telemetry.edges.push_back(edge.kind == EdgeKind::call ? nullptr : std::make_unique<EdgeCells>());
    }
    for (std::size_t i = 0; i < graph.threads.size(); ++i) {
      telemetry.threads.push_back(std::make_unique<ThreadCells>());
    }
  }
};

}  // namespace tickweir::testing
