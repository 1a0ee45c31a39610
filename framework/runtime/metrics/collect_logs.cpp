// Logs as metrics: what has been numbered, what is durable, and what it took.
#include "runtime/metrics/collect.h"
#include "runtime/metrics/metrics.h"

namespace tickweir {
namespace {

void collect_log(const PipelineView& view, const GraphStage& stage, const LogCells& cells,
                 Families& families) {
  const Labels labels{{"component_id", stage.id}, {"plugin", stage.plugin->table->name}};
  const auto value = [](const Cell& cell) { return static_cast<double>(read_cell(cell)); };
  // The durable one first: read later, the other cannot be the smaller.
  const double durable = value(cells.durable_sequence);
  families.gauge("tickweir_wal_durable_sequence", "Events up to this one are durable.", labels, durable);
  families.gauge("tickweir_wal_last_sequence", "The last sequence given to an event.", labels,
                 value(cells.last_sequence));
  families.counter("tickweir_wal_stored_events_total", "Events stored.", labels, value(cells.stored_events));
  families.counter("tickweir_wal_stored_bytes_total", "Bytes of events stored.", labels,
                   value(cells.stored_bytes));
  families.counter("tickweir_wal_groups_total", "Groups of events stored together.", labels,
                   value(cells.groups));
  families.counter("tickweir_wal_late_events_total",
                   "Events that waited longer than durability.max_delay until their group began.", labels,
                   value(cells.late_events));
  families.counter("tickweir_wal_disk_full_total", "Times an append found the disk full.", labels,
                   value(cells.full_waits));
  families.gauge("tickweir_wal_waits_for_room", "1 while the disk is full and the log waits.", labels,
                 value(cells.waits_for_room));
  families.counter("tickweir_wal_replayed_events_total", "Events passed on again at the start.", labels,
                   value(cells.replayed_events));
  families.counter("tickweir_wal_repairs_total",
                   "Ends of the log that the start of this run has cut, torn by a crash or rotten since.",
                   labels, value(cells.repairs));
  families.counter("tickweir_wal_blocked_seconds_total", "Time the log could not take more.", labels,
                   view.ticks_to_seconds(read_cell(cells.staging.blocked_ticks)));
  families.seconds("tickweir_wal_sync_duration_seconds", "Time of a sync.", labels, cells.sync_ns.data());
  families.counts("tickweir_wal_group_events", "Events in a group.", labels, cells.group_events.data());
  families.seconds("tickweir_wal_durable_latency_seconds",
                   "From the oldest ingress in a batch until it was durable, counted for each event.", labels,
                   cells.durable_ns.data());
}

void collect_snapshots(const SnapshotCells& cells, Families& families) {
  const auto value = [](const Cell& cell) { return static_cast<double>(read_cell(cell)); };
  families.counter("tickweir_snapshots_total", "Snapshots taken.", {{"result", "taken"}}, value(cells.taken));
  families.counter("tickweir_snapshots_total", "Snapshots taken.", {{"result", "failed"}},
                   value(cells.failed));
  families.gauge("tickweir_snapshot_bytes", "Size of the newest snapshot.", {}, value(cells.bytes));
  families.gauge("tickweir_snapshot_timestamp_seconds", "When the newest snapshot of this run was taken.", {},
                 value(cells.taken_at) / 1e9);
  families.seconds("tickweir_snapshot_pause_seconds", "Time that all threads stood still for a snapshot.", {},
                   cells.pause_ns.data());
  families.seconds("tickweir_snapshot_duration_seconds",
                   "Time from the wish for a snapshot until it was there.", {}, cells.save_ns.data());
}

}  // namespace

void collect_logs(const PipelineView& view, Families& families) {
  for (std::size_t i = 0; i < view.telemetry->logs.size(); ++i) {
    const auto& cells = view.telemetry->logs[i];
    if (cells != nullptr) collect_log(view, view.graph->stages[i], *cells, families);
  }
  if (view.telemetry->snapshots != nullptr) collect_snapshots(*view.telemetry->snapshots, families);
}

}  // namespace tickweir
