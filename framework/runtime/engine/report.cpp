#include "runtime/engine/report.h"

#include <algorithm>

namespace tickweir {

namespace {

std::uint64_t sum_dropped(const StageReport& report) {
  std::uint64_t sum = 0;
  for (const auto& [reason, events] : report.dropped) sum += events;
  return sum;
}

StageReport report_stage(const GraphStage& stage, const StageCells& cells) {
  const tickweir_plugin& table = *stage.plugin->table;
  StageReport report{.id = stage.id, .plugin = table.name, .dropped = {}};
  report.received = read_cell(cells.received_events);
  report.waiting = read_cell(cells.waiting_events);
  report.restored = read_cell(cells.restored_events);
  report.handled = read_cell(cells.handled_events);
  report.failed = read_cell(cells.failed_events);
  report.held = read_cell(cells.held_events);
  for (const OutputCells& output : cells.outputs) report.sent += read_cell(output.sent_events);
  for (std::uint32_t i = 0; i < cells.drops.size(); ++i) {
    const std::uint64_t events = read_cell(cells.drops[i]);
    if (events != 0) report.dropped.emplace_back(table.reasons[i].name, events);
  }
  return report;
}

EdgeReport report_edge(const GraphEdge& edge, const EdgeCells& cells) {
  EdgeReport report{.name = edge.name};
  report.popped = read_cell(cells.popped_events);
  report.dropped = read_cell(cells.dropped_newest_events) + read_cell(cells.dropped_oldest_events);
  report.pushed = read_cell(cells.pushed_events);
  const std::uint64_t gone = report.popped + report.dropped;
  report.in_flight = report.pushed > gone ? report.pushed - gone : 0;
  return report;
}

LogReport report_log(const GraphStage& stage, const LogCells& cells) {
  LogReport report{.id = stage.id};
  report.durable = read_cell(cells.durable_sequence);
  // Behind another log the numbers of what comes again are lower.
  report.numbered = std::max(report.durable, read_cell(cells.last_sequence));
  report.stored_events = read_cell(cells.stored_events);
  report.stored_bytes = read_cell(cells.stored_bytes);
  report.in_flight = report.numbered - report.durable;
  return report;
}

std::string stage_imbalance(const GraphStage& stage, const StageReport& report) {
  const std::uint64_t accounted = report.handled + sum_dropped(report) + report.failed + report.held;
  if (report.received + report.restored != accounted) {
    return "stage " + report.id + ": received " + std::to_string(report.received) + " and began with " +
           std::to_string(report.restored) + ", but handled + dropped + failed + held is " +
           std::to_string(accounted);
  }
  if (stage.plugin->table->role == TICKWEIR_ROLE_FILTER && report.sent != report.handled) {
    return "filter " + report.id + ": passed " + std::to_string(report.handled) + " events, sent " +
           std::to_string(report.sent);
  }
  return {};
}

// What all edges brought to a stage is what it received, and what waits there for a log.
std::string arrival_imbalance(const Graph& graph, const Telemetry& telemetry, std::uint32_t index,
                              const StageReport& report) {
  std::uint64_t arrived = 0;
  for (const std::uint32_t edge : graph.stages[index].inputs) {
    const GraphEdge& plan = graph.edges[edge];
    arrived += plan.kind == EdgeKind::call
                   ? read_cell(telemetry.stages[plan.from]->outputs[plan.output].sent_events)
                   : read_cell(telemetry.edges[edge]->popped_events);
  }
  if (graph.stages[index].inputs.empty() || arrived == report.received + report.waiting) return {};
  return "stage " + graph.stages[index].id + ": its edges brought " + std::to_string(arrived) +
         " events, it received " + std::to_string(report.received) + " and " +
         std::to_string(report.waiting) + " wait for a log";
}

std::string edge_imbalance(const Graph& graph, const Telemetry& telemetry, std::uint32_t index) {
  const GraphEdge& plan = graph.edges[index];
  const std::uint64_t sent = read_cell(telemetry.stages[plan.from]->outputs[plan.output].sent_events);
  const std::uint64_t pushed = read_cell(telemetry.edges[index]->pushed_events);
  if (sent == pushed) return {};
  return "edge " + plan.name + ": " + std::to_string(sent) + " events were sent, " + std::to_string(pushed) +
         " entered it";
}

}  // namespace

RunReport make_report(const Graph& graph, const Telemetry& telemetry) {
  RunReport report;
  const auto note = [&report](std::string imbalance) {
    if (report.imbalance.empty()) report.imbalance = std::move(imbalance);
  };
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    report.stages.push_back(report_stage(graph.stages[i], *telemetry.stages[i]));
    note(stage_imbalance(graph.stages[i], report.stages.back()));
    note(arrival_imbalance(graph, telemetry, i, report.stages.back()));
    if (telemetry.logs[i] != nullptr) report.logs.push_back(report_log(graph.stages[i], *telemetry.logs[i]));
  }
  for (std::uint32_t i = 0; i < graph.edges.size(); ++i) {
    if (telemetry.edges[i] == nullptr) continue;
    report.edges.push_back(report_edge(graph.edges[i], *telemetry.edges[i]));
    note(edge_imbalance(graph, telemetry, i));
  }
  report.balanced = report.imbalance.empty();
  return report;
}

}  // namespace tickweir
