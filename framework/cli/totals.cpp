// Walks the cells once and adds up.
#include "cli/totals.h"

namespace tickweir {

Totals read_totals(const Graph& graph, const Telemetry& telemetry) {
  Totals totals;
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const StageCells& cells = *telemetry.stages[i];
    const std::uint32_t role = graph.stages[i].plugin->table->role;
    for (const Cell& drop : cells.drops) totals.dropped += read_cell(drop);
    if (role == TICKWEIR_ROLE_SOURCE) {
      for (const OutputCells& output : cells.outputs) totals.in += read_cell(output.sent_events);
    } else if (role == TICKWEIR_ROLE_SINK) {
      totals.out += read_cell(cells.handled_events);
      totals.latency.add(read_histogram(cells.latency_ns.data()));
    }
  }
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    if (graph.edges[i].kind == EdgeKind::call) continue;
    const EdgeCells& cells = *telemetry.edges[i];
    totals.dropped += read_cell(cells.dropped_newest_events) + read_cell(cells.dropped_oldest_events);
  }
  return totals;
}

}  // namespace tickweir
