// The JSON behind /api/v1 and `--json`.
#include <array>

#include "runtime/admin/pages.h"
#include "runtime/graph/tables.h"
#include "runtime/metrics/percentiles.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

// A text of a plugin, or null.
Json text_or_null(const char* text) {
  return text == nullptr ? Json() : Json(text);
}

Json percentiles_as_json(const Cell* cells) {
  const HistogramReading reading = read_histogram(cells);
  const Percentiles found = percentiles(reading);
  return {{"count", reading.count}, {"p50", found.p50},   {"p90", found.p90},
          {"p99", found.p99},       {"p999", found.p999}, {"max", found.max}};
}

Json stage_as_json(const PipelineView& view, const GraphStage& stage, const StageCells& cells) {
  const tickweir_plugin& table = *stage.plugin->table;
  Json dropped = Json::object();
  for (std::uint32_t i = 0; i < table.reason_count && i < cells.drops.size(); ++i) {
    dropped[table.reasons[i].name] = read_cell(cells.drops[i]);
  }
  Json sent = Json::array();
  for (std::size_t i = 0; i < cells.outputs.size(); ++i) {
    sent.push_back({{"output", i < stage.output_names.size() ? stage.output_names[i] : ""},
                    {"events", read_cell(cells.outputs[i].sent_events)},
                    {"bytes", read_cell(cells.outputs[i].sent_bytes)}});
  }
  Json json{{"id", stage.id},
            {"kind", role_text(table.role)},
            {"plugin", table.name},
            {"waiting_events", read_cell(cells.waiting_events)},
            {"received_events", read_cell(cells.received_events)},
            {"handled_events", read_cell(cells.handled_events)},
            {"failed_events", read_cell(cells.failed_events)},
            {"held_events", read_cell(cells.held_events)},
            {"errors", read_cell(cells.errors)},
            {"dropped", dropped},
            {"sent", sent},
            {"busy_seconds", view.ticks_to_seconds(read_cell(cells.busy_ticks))},
            {"process_ns", percentiles_as_json(cells.process_ns.data())},
            {"batch_events", percentiles_as_json(cells.batch_events.data())}};
  if (table.role == TICKWEIR_ROLE_SINK) json["latency_ns"] = percentiles_as_json(cells.latency_ns.data());
  return json;
}

Json edge_as_json(const PipelineView& view, const GraphEdge& edge, const EdgeCells& cells) {
  return {{"edge", edge.name},
          {"queued_events", queued_events(cells)},
          {"capacity_batches", edge.capacity},
          {"pushed_events", read_cell(cells.pushed_events)},
          {"popped_events", read_cell(cells.popped_events)},
          {"dropped_newest_events", read_cell(cells.dropped_newest_events)},
          {"dropped_oldest_events", read_cell(cells.dropped_oldest_events)},
          {"blocked_seconds", view.ticks_to_seconds(read_cell(cells.blocked_ticks))},
          {"wait_ns", percentiles_as_json(cells.wait_ns.data())}};
}

Json log_as_json(const std::string& id, const LogCells& cells) {
  return {{"log", id},
          {"durable_sequence", read_cell(cells.durable_sequence)},
          {"last_sequence", read_cell(cells.last_sequence)},
          {"stored_events", read_cell(cells.stored_events)},
          {"replayed_events", read_cell(cells.replayed_events)},
          {"waits_for_room", read_cell(cells.waits_for_room) != 0},
          {"groups", read_cell(cells.groups)},
          {"late_events", read_cell(cells.late_events)},
          {"sync_ns", percentiles_as_json(cells.sync_ns.data())},
          {"group_events", percentiles_as_json(cells.group_events.data())},
          {"durable_ns", percentiles_as_json(cells.durable_ns.data())}};
}

const char* option_type_name(std::uint32_t type) {
  static constexpr std::array names{"unknown", "integer", "real",   "boolean",  "duration",
                                    "size",    "text",    "choice", "text_list"};
  return type < names.size() ? names[type] : names[0];
}

const char* counter_kind_name(std::uint32_t kind) {
  switch (kind) {
    case TICKWEIR_COUNTER:
      return "counter";
    case TICKWEIR_GAUGE:
      return "gauge";
    case TICKWEIR_HISTOGRAM:
      return "histogram";
    default:
      return "unknown";
  }
}

Json options_as_json(const tickweir_plugin& table) {
  Json options = Json::array();
  for (std::uint32_t i = 0; i < table.option_count; ++i) {
    const tickweir_option& option = table.options[i];
    options.push_back({{"name", option.name},
                       {"type", option_type_name(option.type)},
                       {"required", option.default_text == nullptr},
                       {"default", text_or_null(option.default_text)},
                       {"minimum", text_or_null(option.minimum)},
                       {"maximum", text_or_null(option.maximum)},
                       {"choices", text_or_null(option.choices)},
                       {"unit", text_or_null(option.unit)},
                       {"secret", (option.flags & TICKWEIR_OPTION_SECRET) != 0},
                       {"help", text_or_null(option.help)}});
  }
  return options;
}

}  // namespace

Json stats_as_json(const PipelineView& view) {
  Json stages = Json::array();
  for (std::size_t i = 0; i < view.graph->stages.size(); ++i) {
    stages.push_back(stage_as_json(view, view.graph->stages[i], *view.telemetry->stages[i]));
  }
  Json edges = Json::array();
  for (std::size_t i = 0; i < view.graph->edges.size(); ++i) {
    if (view.graph->edges[i].kind == EdgeKind::call) continue;
    edges.push_back(edge_as_json(view, view.graph->edges[i], *view.telemetry->edges[i]));
  }
  Json logs = Json::array();
  for (std::size_t i = 0; i < view.telemetry->logs.size(); ++i) {
    if (view.telemetry->logs[i] == nullptr) continue;
    logs.push_back(log_as_json(view.graph->stages[i].id, *view.telemetry->logs[i]));
  }
  Json threads = Json::array();
  for (std::size_t i = 0; i < view.graph->threads.size(); ++i) {
    const ThreadCells& cells = *view.telemetry->threads[i];
    threads.push_back({{"thread", view.graph->threads[i].name},
                       {"idle_seconds", view.ticks_to_seconds(read_cell(cells.idle_ticks))},
                       {"blocked_seconds", view.ticks_to_seconds(read_cell(cells.blocked_ticks))},
                       {"sleeps", read_cell(cells.sleeps)}});
  }
  return {{"pipeline", view.graph->config.name},
          {"state", state_name(view.state())},
          {"stalls", view.stalls()},
          {"stages", stages},
          {"edges", edges},
          {"logs", logs},
          {"threads", threads}};
}

Json build_as_json() {
  return {{"version", TICKWEIR_SDK_VERSION},
          {"plugin_abi", std::to_string(TICKWEIR_ABI_MAJOR) + "." + std::to_string(TICKWEIR_ABI_MINOR)},
          {"compiler", build_compiler()},
          {"build_type", build_type()}};
}

Json plugin_as_json(const Plugin& plugin) {
  const tickweir_plugin& table = *plugin.table;
  Json outputs = Json::array();
  for (std::uint32_t i = 0; i < table.output_count; ++i) {
    const tickweir_output& output = table.outputs[i];
    outputs.push_back({{"name", output.name},
                       {"events", text_or_null(output.events)},
                       {"help", text_or_null(output.help)}});
  }
  Json counters = Json::array();
  for (std::uint32_t i = 0; i < table.counter_count; ++i) {
    const tickweir_counter& counter = table.counters[i];
    counters.push_back({{"name", counter.name},
                        {"kind", counter_kind_name(counter.kind)},
                        {"label", text_or_null(counter.label)},
                        {"help", text_or_null(counter.help)}});
  }
  Json reasons = Json::array();
  for (std::uint32_t i = 0; i < table.reason_count; ++i) {
    reasons.push_back({{"name", table.reasons[i].name}, {"help", text_or_null(table.reasons[i].help)}});
  }
  Json layouts = Json::array();
  for (const EventLayout& layout : plugin.note.layouts) {
    layouts.push_back({{"name", layout.name},
                       {"size", layout.size_bytes},
                       {"type", layout.type},
                       {"fields", layout.fields}});
  }
  return {{"name", table.name},
          {"role", role_text(table.role)},
          {"version", text_or_null(table.version)},
          {"summary", text_or_null(table.summary)},
          {"file", plugin.file.string()},
          {"accepts", text_or_null(table.accepts)},
          {"shard_key", text_or_null(table.transform == nullptr ? nullptr : table.transform->shard_key)},
          {"options", options_as_json(table)},
          {"outputs", outputs},
          {"counters", counters},
          {"reasons", reasons},
          {"note", plugin.note.facts},
          {"layouts", layouts}};
}

std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tickweir
