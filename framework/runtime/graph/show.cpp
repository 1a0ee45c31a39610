// A graph as text and JSON. See show.h.
#include "runtime/graph/show.h"

#include <algorithm>

#include "runtime/config/shown_text.h"
#include "runtime/graph/layout.h"
#include "runtime/graph/shards.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

using nlohmann::ordered_json;
using Line = std::vector<std::string>;

// Columns padded with spaces, two between; no spaces at the end of a line.
std::string aligned(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths;
  for (const Line& line : lines) {
    widths.resize(std::max(widths.size(), line.size()), 0);
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    text.resize(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string heading(const Graph& graph) {
  return "pipeline " + shown(graph.config.name) + ": " + counted(graph.stages.size(), "stage") + ", " +
         counted(graph.threads.size(), "thread");
}

// "ring of 64, block"; "call"
std::string edge_text(const GraphEdge& edge) {
  if (edge.kind == EdgeKind::call) return "call";
  return std::string(edge_kind_name(edge.kind)) + " of " + std::to_string(edge.capacity) + ", " +
         when_full_name(edge.when_full);
}

// "book.trades" of "book.trades->bundles"
std::string producer_text(const GraphEdge& edge) {
  return edge.name.substr(0, edge.name.find("->"));
}

// "cpu 0-1, spin, priority 5"
std::string thread_text(const GraphThread& thread) {
  std::string text = thread.cpus.empty() ? "not pinned" : "cpu " + cpus_text(thread.cpus);
  text.append(", ").append(wait_name(thread.wait));
  if (thread.priority != 0) text += ", priority " + std::to_string(thread.priority);
  return text;
}

std::string with_thousands(std::uint32_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

// What is durable when, and what is lost at worst.
std::string durability_text(const DurabilityConfig& durability, SyncMode sync) {
  switch (sync) {
    case SyncMode::none:
      return "acknowledged before it is written; a crash loses what was not written yet, a power cut also "
             "what the system had not stored";
    case SyncMode::os:
      return "written but not synced; a crash loses nothing acknowledged, a power cut what the system had "
             "not stored";
    case SyncMode::group:
      return durability.max_events == 1
                 ? "synced event by event; nothing acknowledged is lost"
                 : "synced in groups of up to " + with_thousands(durability.max_events) +
                       " events as soon as the disk is free; nothing acknowledged is lost";
    case SyncMode::each:
      return "synced event by event; nothing acknowledged is lost";
  }
  detail::assertion_failed("a sync mode", __FILE__, __LINE__);
}

std::string durability_text(const GraphStage& log) {
  const SyncMode sync = sync_of(log.durability, *log.plugin);
  const std::string text = durability_text(log.durability, sync);
  if (sync == log.durability.sync) return text;
  return std::string(log.plugin->table->name) +
         " keeps what it appends in the process until it is synced, so as with group: " + text;
}

std::string seconds_text(std::uint64_t ns) {
  constexpr std::uint64_t ns_per_ms = 1'000'000;
  constexpr std::uint64_t ns_per_s = 1'000 * ns_per_ms;
  return ns % ns_per_s == 0 ? std::to_string(ns / ns_per_s) + " s" : std::to_string(ns / ns_per_ms) + " ms";
}

// Where, how often, and which logs rely on them.
std::string snapshots_as_text(const Graph& graph) {
  if (!graph.config.snapshots) return {};
  const SnapshotsConfig& snapshots = *graph.config.snapshots;
  std::string text = "snapshots in " + snapshots.path + ", every " + seconds_text(snapshots.every_ns);
  if (snapshots.every_events != 0) text += " or " + std::to_string(snapshots.every_events) + " events";
  for (const GraphStage& stage : graph.stages) {
    if (!is_log(stage) || stage.durability.retain == Retain::all) continue;
    text += "; log " + stage.id + " drops what they do not need";
  }
  return text + "\n";
}

// Nothing when there are no logs.
std::string logs_as_text(const Graph& graph) {
  std::vector<Line> lines;
  for (const GraphStage& stage : graph.stages) {
    if (is_log(stage)) lines.push_back({"  " + stage.id + ":", durability_text(stage)});
  }
  if (lines.empty()) return {};
  return counted(lines.size(), "log") + (lines.size() == 1 ? ", with" : ", each with") +
         " a thread of its own that stores and syncs:\n" + aligned(lines) + snapshots_as_text(graph);
}

ordered_json thread_as_json(const Graph& graph, const GraphThread& thread) {
  ordered_json stages = ordered_json::array();
  for (const std::uint32_t stage : thread.stages) stages.push_back(graph.stages[stage].id);
  return {{"name", thread.name},
          {"cpus", thread.cpus},
          {"wait", wait_name(thread.wait)},
          {"priority", thread.priority},
          {"named_by_user", thread.named_by_user},
          {"stages", stages}};
}

ordered_json outputs_as_json(const Graph& graph, const GraphStage& stage) {
  const std::span<const tickweir_output> table = outputs_of(*stage.plugin->table);
  ordered_json outputs = ordered_json::array();
  for (std::uint32_t i = 0; i < stage.outputs.size(); ++i) {
    ordered_json edges = ordered_json::array();
    for (const std::uint32_t edge : stage.outputs[i]) edges.push_back(graph.edges[edge].name);
    ordered_json output = {{"name", stage.output_names[i]}};
    if (i < table.size()) output["events"] = table[i].events;
    output["edges"] = std::move(edges);
    outputs.push_back(std::move(output));
  }
  return outputs;
}

void add_shards(const GraphStage& stage, ordered_json& json) {
  if (stage.part == StagePart::shard) {
    json["shard"] = {
        {"of", without_shard(stage.id)}, {"number", stage.shard + 1}, {"count", stage.shard_count}};
  } else if (stage.part == StagePart::merge) {
    json["shards"] = stage.shard_count;
  }
}

void add_safety(const Graph& graph, const GraphStage& stage, ordered_json& json) {
  if (is_log(stage)) {
    json["durability"] = {{"sync", sync_name(stage.durability.sync)},
                          {"max_delay_ns", stage.durability.max_delay_ns},
                          {"max_events", stage.durability.max_events},
                          {"retain", stage.durability.retain == Retain::all ? "all" : "snapshots"},
                          {"io", io_name(stage.durability.io)}};
  }
  if (stage.release_durable) json["release"] = "durable";
  if (stage.log != no_log) json["log"] = graph.stages[stage.log].id;
  if (stage.settling_log != no_log) json["settling_log"] = graph.stages[stage.settling_log].id;
}

ordered_json stage_as_json(const Graph& graph, const GraphStage& stage) {
  const tickweir_plugin& plugin = *stage.plugin->table;
  ordered_json options = ordered_json::object();
  for (std::uint32_t i = 0; i < stage.options.shown.size(); ++i) {
    options[options_of(plugin)[i].name] = stage.options.shown[i];
  }
  ordered_json inputs = ordered_json::array();
  for (const std::uint32_t edge : stage.inputs) inputs.push_back(graph.edges[edge].name);
  ordered_json json = {{"id", stage.id},
                       {"plugin", plugin.name},
                       {"role", role_text(plugin.role)},
                       {"version", plugin.version == nullptr ? "" : plugin.version},
                       {"thread", graph.threads[stage.thread].name},
                       {"on_error", stage.on_error == OnError::stop ? "stop" : "dead_letter"},
                       {"options", std::move(options)},
                       {"inputs", std::move(inputs)},
                       {"outputs", outputs_as_json(graph, stage)}};
  add_safety(graph, stage, json);
  add_shards(stage, json);
  return json;
}

ordered_json edge_as_json(const Graph& graph, const GraphEdge& edge) {
  const GraphStage& from = graph.stages[edge.from];
  ordered_json json = {{"name", edge.name},
                       {"from", from.id},
                       {"output", from.output_names[edge.output]},
                       {"to", graph.stages[edge.to].id},
                       {"kind", edge_kind_name(edge.kind)}};
  if (edge.kind == EdgeKind::call) return json;
  json["capacity"] = edge.capacity;
  json["when_full"] = when_full_name(edge.when_full);
  return json;
}

}  // namespace

const char* wait_name(WaitMode wait) {
  switch (wait) {
    case WaitMode::spin:
      return "spin";
    case WaitMode::adaptive:
      return "adaptive";
    case WaitMode::block:
      return "block";
  }
  detail::assertion_failed("a wait mode", __FILE__, __LINE__);
}

const char* when_full_name(WhenFull when_full) {
  switch (when_full) {
    case WhenFull::block:
      return "block";
    case WhenFull::drop_newest:
      return "drop_newest";
    case WhenFull::drop_oldest:
      return "drop_oldest";
  }
  detail::assertion_failed("a policy", __FILE__, __LINE__);
}

const char* io_name(FileIo io) {
  switch (io) {
    case FileIo::automatic:
      return "auto";
    case FileIo::pwrite:
      return "pwrite";
    case FileIo::io_uring:
      return "io_uring";
  }
  detail::assertion_failed("a way of writing", __FILE__, __LINE__);
}

const char* sync_name(SyncMode sync) {
  switch (sync) {
    case SyncMode::none:
      return "none";
    case SyncMode::os:
      return "os";
    case SyncMode::group:
      return "group";
    case SyncMode::each:
      return "each";
  }
  detail::assertion_failed("a sync mode", __FILE__, __LINE__);
}

const char* edge_kind_name(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::call:
      return "call";
    case EdgeKind::ring:
      return "ring";
    case EdgeKind::queue:
      return "queue";
  }
  detail::assertion_failed("a kind of edge", __FILE__, __LINE__);
}

std::string graph_as_text(const Graph& graph) {
  std::vector<Line> lines{{"stage", "plugin", "thread", "reads"}};
  for (const GraphStage& stage : graph.stages) {
    std::string reads;
    for (const std::uint32_t index : stage.inputs) {
      const GraphEdge& edge = graph.edges[index];
      reads += (reads.empty() ? "" : "; ") + producer_text(edge) + " (" + edge_text(edge) + ")";
    }
    lines.push_back({stage.id, stage.plugin->table->name, graph.threads[stage.thread].name, reads});
  }
  const std::string logs = logs_as_text(graph);
  return heading(graph) + "\n\n" + aligned(lines) + (logs.empty() ? "" : "\n") + logs;
}

std::string layout_as_text(const Graph& graph) {
  std::vector<Line> threads;
  for (const GraphThread& thread : graph.threads) {
    std::string stages;
    for (const std::uint32_t stage : thread.stages)
      stages += (stages.empty() ? "" : ", ") + graph.stages[stage].id;
    threads.push_back({"thread " + thread.name + " (" + thread_text(thread) + "):", stages});
  }
  std::vector<Line> edges;
  for (const GraphEdge& edge : graph.edges) edges.push_back({"  " + edge.name, edge_text(edge)});
  return heading(graph) + "\n" + aligned(threads) + logs_as_text(graph) + counted(edges.size(), "edge") +
         ":\n" + aligned(edges);
}

ordered_json graph_as_json(const Graph& graph) {
  ordered_json json = {{"name", graph.config.name},
                       {"threads", ordered_json::array()},
                       {"stages", ordered_json::array()},
                       {"edges", ordered_json::array()}};
  for (const GraphThread& thread : graph.threads) json["threads"].push_back(thread_as_json(graph, thread));
  for (const GraphStage& stage : graph.stages) json["stages"].push_back(stage_as_json(graph, stage));
  for (const GraphEdge& edge : graph.edges) json["edges"].push_back(edge_as_json(graph, edge));
  return json;
}

}  // namespace tickweir
