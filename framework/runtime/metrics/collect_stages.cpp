// Stages, and what their plugins count, as metrics.
//
// Each family has one function: a sample is a stage's labels and one cell.
#include "runtime/graph/tables.h"
#include "runtime/metrics/collect.h"
#include "runtime/metrics/metrics.h"

namespace tickweir {
namespace {

Labels stage_labels(const GraphStage& stage) {
  return {{"component_id", stage.id},
          {"component_kind", role_text(stage.plugin->table->role)},
          {"plugin", stage.plugin->table->name}};
}

Labels with(Labels labels, const char* name, const std::string& value) {
  labels.push_back({name, value});
  return labels;
}

void collect_received(const GraphStage& stage, const StageCells& cells, Families& families) {
  if (stage.plugin->table->role == TICKWEIR_ROLE_SOURCE) return;
  const Labels labels = stage_labels(stage);
  families.counter("tickweir_component_received_events_total",
                   "Events that came in, refused ones not counted.", labels, value_of(cells.received_events));
  families.counter("tickweir_component_received_bytes_total", "Bytes of batches that came in.", labels,
                   value_of(cells.received_bytes));
  families.counter("tickweir_component_handled_events_total", "Events whose work is done.", labels,
                   value_of(cells.handled_events));
  families.counter("tickweir_component_failed_events_total",
                   "Events in batches at which the component failed.", labels, value_of(cells.failed_events));
  families.gauge("tickweir_component_held_events", "Events taken in whose result is not out yet.", labels,
                 value_of(cells.held_events));
  families.gauge("tickweir_component_waiting_events",
                 "Events out of the edge that are not durable yet, before a stage with release: durable.",
                 labels, value_of(cells.waiting_events));
  families.counts("tickweir_component_batch_events", "Events in a call.", labels, cells.batch_events.data());
}

void collect_sent(const GraphStage& stage, const StageCells& cells, Families& families) {
  for (std::size_t i = 0; i < cells.outputs.size(); ++i) {
    Labels labels = stage_labels(stage);
    // An empty label and an absent one are the same to Prometheus.
    if (i < stage.output_names.size() && !stage.output_names[i].empty()) {
      labels.push_back({"output", stage.output_names[i]});
    }
    families.counter("tickweir_component_sent_events_total",
                     "Events that went out, refused ones not counted.", labels,
                     value_of(cells.outputs[i].sent_events));
    families.counter("tickweir_component_sent_bytes_total", "Bytes of batches that went out.", labels,
                     value_of(cells.outputs[i].sent_bytes));
  }
}

void collect_drops(const GraphStage& stage, const StageCells& cells, Families& families) {
  const auto* table = stage.plugin->table;
  for (std::uint32_t i = 0; i < table->reason_count && i < cells.drops.size(); ++i) {
    families.counter("tickweir_component_discarded_events_total", "Events refused or discarded, by reason.",
                     with(with(stage_labels(stage), "reason", table->reasons[i].name), "intentional", "true"),
                     value_of(cells.drops[i]));
  }
}

void collect_times(const PipelineView& view, const GraphStage& stage, const StageCells& cells,
                   Families& families) {
  families.counter("tickweir_component_errors_total", "Calls that failed.", stage_labels(stage),
                   value_of(cells.errors));
  families.counter("tickweir_component_busy_seconds_total", "Time in the component's own work.",
                   with(stage_labels(stage), "thread", view.graph->threads[stage.thread].name),
                   view.ticks_to_seconds(read_cell(cells.busy_ticks)));
  families.seconds("tickweir_component_process_duration_seconds",
                   "Work for a call, the waiting not included.", stage_labels(stage),
                   cells.process_ns.data());
  if (stage.plugin->table->role == TICKWEIR_ROLE_SINK) {
    families.seconds("tickweir_pipeline_latency_seconds",
                     "From the oldest ingress in a batch until the sink had written it.", stage_labels(stage),
                     cells.latency_ns.data());
  }
}

void collect_series(const GraphStage& stage, const PluginSeries& series, Families& families) {
  const auto& counter = stage.plugin->table->counters[series.counter];
  const std::string name = "tickweir_" + std::string(stage.plugin->table->name) + "_" + counter.name;
  const std::string help = counter.help == nullptr ? "" : counter.help;
  Labels labels{{"component_id", stage.id}};
  if (counter.label != nullptr) labels.push_back({counter.label, series.label_value});
  switch (counter.kind) {
    case TICKWEIR_COUNTER:
      families.counter(name + "_total", help, labels, value_of(series.cells[0]));
      break;
    case TICKWEIR_GAUGE:
      families.gauge(name, help, labels, value_of(series.cells[0]));
      break;
    case TICKWEIR_HISTOGRAM:
      families.seconds(name + "_seconds", help, labels, series.cells.get());
      break;
    default:
      break;
  }
}

}  // namespace

void collect_stages(const PipelineView& view, Families& families) {
  for (std::size_t i = 0; i < view.graph->stages.size(); ++i) {
    const GraphStage& stage = view.graph->stages[i];
    const StageCells& cells = *view.telemetry->stages[i];
    collect_received(stage, cells, families);
    collect_sent(stage, cells, families);
    collect_drops(stage, cells, families);
    collect_times(view, stage, cells, families);
  }
}

void collect_plugin_counters(const PipelineView& view, Families& families) {
  for (std::size_t i = 0; i < view.graph->stages.size(); ++i) {
    const GraphStage& stage = view.graph->stages[i];
    StageCells& cells = *view.telemetry->stages[i];
    std::vector<std::uint32_t> shown(stage.plugin->table->counter_count);
    const std::lock_guard lock(cells.series_mutex);
    for (const PluginSeries& series : cells.series) {
      if (series.counter >= shown.size() || ++shown[series.counter] > series_shown_max) continue;
      collect_series(stage, series, families);
    }
  }
}

}  // namespace tickweir
