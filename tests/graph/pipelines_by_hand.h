// Pipelines and plugins for the tests of the graph, made by hand: no file, no shared object.
//
// Stage number i (from 1) stands at line 10 i: its plugin one line below, its thread two, its config three,
// its j-th input (from 1) at column j of the line four below.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/graph/build.h"

namespace tickweir::by_hand {

inline Place at(std::size_t line, std::size_t column = 1) {
  return {"p.yaml", line, column, 1};
}

// Plugin tables with their memory.
class Plugins {
 public:
  tickweir_plugin& add(std::uint32_t role, const char* name, const char* accepts,
                       std::vector<tickweir_output> outputs = {}, std::vector<tickweir_option> options = {}) {
    Made& made = made_.emplace_back();
    made.outputs = std::move(outputs);
    made.options = std::move(options);
    made.table = {.role = role,
                  .name = name,
                  .version = "1.2.3",
                  .summary = "For tests.",
                  .accepts = accepts,
                  .options = made.options.data(),
                  .outputs = made.outputs.data(),
                  .option_count = static_cast<std::uint32_t>(made.options.size()),
                  .output_count = static_cast<std::uint32_t>(made.outputs.size())};
    made.plugin.table = &made.table;
    made.wal.appends_outlive_process = 1;
    if (role == TICKWEIR_ROLE_WAL) made.table.wal = &made.wal;
    return made.table;
  }

  [[nodiscard]] PluginSource source() {
    PluginSource source;
    for (Made& made : made_) source.names.emplace_back(made.table.name);
    source.searched = "/plugins, /more";
    source.load = [this](const std::string& name) -> Result<const Plugin*> {
      for (const Made& made : made_) {
        if (made.table.name == name) return &made.plugin;
      }
      return Error{"not there"};
    };
    return source;
  }

  [[nodiscard]] std::vector<const Plugin*> all() const {
    std::vector<const Plugin*> plugins;
    for (const Made& made : made_) plugins.push_back(&made.plugin);
    return plugins;
  }

 private:
  struct Made {
    std::vector<tickweir_output> outputs;
    std::vector<tickweir_option> options;
    tickweir_wal wal;
    tickweir_plugin table;
    Plugin plugin;
  };
  std::deque<Made> made_;
};

// Makes a source one that is told what became of its events. It is looked at, never called.
inline void settle_with(tickweir_plugin& plugin) {
  static const tickweir_source source{
      .settle = [](void*, const tickweir_batch*, tickweir_error*) -> std::int32_t { return TICKWEIR_OK; }};
  plugin.source = &source;
}

// Gives a filter its drop reasons: one for repeats, one for refusals, or both.
inline void refuse_with(tickweir_plugin& plugin, bool repeats, bool refusals) {
  static const tickweir_reason reasons[] = {{.name = "too_high", .help = "Refused."},
                                            {.flags = TICKWEIR_REASON_REPEAT, .name = "twice", .help = ""},
                                            {.name = "too_old", .help = "Refused."}};
  plugin.reasons = repeats ? &reasons[1] : &reasons[0];
  plugin.reason_count = repeats && refusals ? 2 : 1;
}

// Makes a transform one that can be sharded.
inline void divide(tickweir_plugin& plugin) {
  static const tickweir_transform transform{.shard_key = "order"};
  plugin.transform = &transform;
}

// Sources, filters, transforms, sinks, logs; source_client and source_clients settle, filter_limit refuses,
// filter_once and filter_twice know repeats and only the first refuses, transform_fill can be sharded.
inline Plugins some_plugins() {
  Plugins plugins;
  plugins.add(TICKWEIR_ROLE_SOURCE, "source_pair", nullptr,
              {{.name = "orders", .events = "Order|Cancel"}, {.name = "beats", .events = "Beat"}});
  plugins.add(TICKWEIR_ROLE_SOURCE, "source_one", nullptr, {{.name = "orders", .events = "Order"}});
  plugins.add(TICKWEIR_ROLE_SOURCE, "source_any", nullptr, {{.name = "all", .events = "*"}});
  plugins.add(TICKWEIR_ROLE_FILTER, "filter_pass", "*");
  plugins.add(TICKWEIR_ROLE_FILTER, "filter_order", "Order");
  refuse_with(plugins.add(TICKWEIR_ROLE_FILTER, "filter_limit", "*"), false, true);
  refuse_with(plugins.add(TICKWEIR_ROLE_FILTER, "filter_once", "*"), true, true);
  refuse_with(plugins.add(TICKWEIR_ROLE_FILTER, "filter_twice", "*"), true, false);
  divide(plugins.add(TICKWEIR_ROLE_TRANSFORM, "transform_fill", "Order|Cancel",
                     {{.name = "fills", .events = "Fill"}, {.name = "rejects", .events = "Reject"}}));
  plugins.add(TICKWEIR_ROLE_TRANSFORM, "transform_watch", "*");
  plugins.add(TICKWEIR_ROLE_SINK, "sink_any", "*");
  plugins.add(TICKWEIR_ROLE_SINK, "sink_fill", "Fill|Bundle");
  plugins.add(TICKWEIR_ROLE_WAL, "wal_log", "*");
  static tickweir_wal forgets;  // what was not synced is gone with the process
  plugins.add(TICKWEIR_ROLE_WAL, "wal_forgets", "*").wal = &forgets;
  plugins.add(TICKWEIR_ROLE_WAL, "wal_path", "*", {}, {{.type = TICKWEIR_OPTION_TEXT, .name = "path"}});
  settle_with(
      plugins.add(TICKWEIR_ROLE_SOURCE, "source_client", nullptr, {{.name = "orders", .events = "Order"}}));
  settle_with(plugins.add(TICKWEIR_ROLE_SOURCE, "source_clients", nullptr,
                          {{.name = "orders", .events = "Order"}, {.name = "beats", .events = "Beat"}}));
  return plugins;
}

class Pipeline {
 public:
  Pipeline() { config.file = "p.yaml", config.name = "test"; }

  Pipeline& stage(const std::string& id, const std::string& plugin,
                  const std::vector<std::string>& inputs = {}, const std::string& thread = {}) {
    const std::size_t line = 10 * (config.stages.size() + 1);
    StageConfig stage{
        .id = id, .place = at(line), .plugin = {plugin, at(line + 1)}, .config_place = at(line + 3)};
    if (!thread.empty()) stage.thread = Located<std::string>{thread, at(line + 2)};
    for (const std::string& input : inputs) {
      const Place place = at(line + 4, stage.inputs.size() + 1);
      stage.inputs.push_back({.from = {input, place}, .when_full_place = place});
    }
    config.stages.push_back(std::move(stage));
    return *this;
  }

  // Settings of the stage added last; their places are five to seven lines below it.
  Pipeline& release(bool durable) {
    StageConfig& stage = config.stages.back();
    stage.release_durable = durable;
    stage.release_place = at(stage.place.line + 5);
    return *this;
  }
  Pipeline& sync(SyncMode mode) {
    StageConfig& stage = config.stages.back();
    stage.durability.sync = mode;
    stage.durability_place = stage.sync_place = at(stage.place.line + 6);
    return *this;
  }
  Pipeline& dead_letter() {
    StageConfig& stage = config.stages.back();
    stage.on_error = OnError::dead_letter;
    stage.on_error_place = at(stage.place.line + 7);
    return *this;
  }
  Pipeline& shards(std::uint32_t count) {
    config.stages.back().shards = count;
    return *this;
  }
  Pipeline& when_full(WhenFull when_full) {
    for (InputConfig& input : config.stages.back().inputs) input.when_full = when_full;
    return *this;
  }
  Pipeline& option(const std::string& name, const std::string& text) {
    StageConfig& stage = config.stages.back();
    stage.options.push_back({.name = name, .texts = {{text, stage.config_place}}});
    stage.options.back().value_place = stage.config_place;
    return *this;
  }

  // Thread number i stands at line 1000 + 10 i, its cpus one line below, its priority two.
  Pipeline& thread(const std::string& name, std::vector<unsigned> cpus = {},
                   WaitMode wait = WaitMode::adaptive, int priority = 0) {
    const std::size_t line = 1010 + 10 * config.threads.size();
    config.threads.push_back({.name = name,
                              .place = at(line),
                              .cpus = std::move(cpus),
                              .cpus_place = at(line + 1),
                              .wait = wait,
                              .priority = priority,
                              .priority_place = at(line + 2)});
    return *this;
  }

  PipelineConfig config;
};

inline Machine two_cpus() {
  return {.cpus_present = {0, 1}, .cpus_allowed = {0, 1}, .interrupt_cpus = {}, .realtime_allowed = true};
}

// "14:2 error: message (help)", sorted.
inline std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& found : diagnostics.sorted()) {
    lines.push_back(std::to_string(found.place.line) + ":" + std::to_string(found.place.column) +
                    (found.severity == Severity::error ? " error: " : " warning: ") + found.message +
                    (found.help.empty() ? "" : " (" + found.help + ")"));
  }
  return lines;
}

struct Built {
  std::unique_ptr<Graph> graph;
  std::vector<std::string> lines;

  [[nodiscard]] const GraphStage& stage(const std::string& id) const {
    for (const GraphStage& stage : graph->stages) {
      if (stage.id == id) return stage;
    }
    throw std::runtime_error("no stage " + id);
  }
  [[nodiscard]] const GraphEdge& edge(const std::string& name) const {
    for (const GraphEdge& edge : graph->edges) {
      if (edge.name == name) return edge;
    }
    throw std::runtime_error("no edge " + name);
  }
  [[nodiscard]] std::string thread_of(const std::string& id) const {
    return graph->threads[stage(id).thread].name;
  }
};

inline Built build(const Pipeline& pipeline, Plugins& plugins, const Machine& machine = two_cpus()) {
  Diagnostics diagnostics;
  Built built;
  built.graph = build_graph(pipeline.config, plugins.source(), machine, diagnostics);
  built.lines = lines_of(diagnostics);
  return built;
}

inline Built build(const Pipeline& pipeline, const Machine& machine = two_cpus()) {
  static Plugins plugins = some_plugins();
  return build(pipeline, plugins, machine);
}

using Lines = std::vector<std::string>;

}  // namespace tickweir::by_hand
