// Edges, threads, build and state as metrics, and the page that puts all together.
#include <chrono>

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include "runtime/metrics/collect.h"
#include "runtime/metrics/metrics.h"
#include "runtime/metrics/process.h"

namespace tickweir {
namespace {

class PipelineMetrics final : public prometheus::Collectable {
 public:
  explicit PipelineMetrics(const PipelineView& view) : view_(view) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    const auto begin = std::chrono::steady_clock::now();
    Families families;
    collect_build(view_, families);
    collect_state(view_, families);
    collect_stages(view_, families);
    collect_logs(view_, families);
    collect_edges(view_, families);
    collect_threads(view_, families);
    collect_plugin_counters(view_, families);
    collect_process(families);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    families.gauge("tickweir_metrics_collection_duration_seconds", "Time to collect this page.", {},
                   taken.count());
    return families.take();
  }

 private:
  const PipelineView& view_;
};

}  // namespace

void collect_build(const PipelineView& view, Families& families) {
  const std::string abi = std::to_string(TICKWEIR_ABI_MAJOR) + "." + std::to_string(TICKWEIR_ABI_MINOR);
  families.gauge("tickweir_build_info", "How this program was built.",
                 {{"version", TICKWEIR_SDK_VERSION},
                  {"compiler", build_compiler()},
                  {"build_type", build_type()},
                  {"plugin_abi", abi}},
                 1);
  std::map<std::string, const Plugin*> plugins;
  for (const GraphStage& stage : view.graph->stages) {
    if (stage.part != StagePart::merge) plugins[stage.plugin->table->name] = stage.plugin;
  }
  for (const auto& [name, plugin] : plugins) {
    const auto abi_fact = plugin->note.facts.find("abi");
    families.gauge("tickweir_plugin_info", "A plugin in use.",
                   {{"plugin", name},
                    {"version", plugin->table->version},
                    {"abi", abi_fact == plugin->note.facts.end() ? "" : abi_fact->second}},
                   1);
  }
}

void collect_state(const PipelineView& view, Families& families) {
  const EngineState now = view.state();
  for (const auto state : {EngineState::created, EngineState::starting, EngineState::replaying,
                           EngineState::running, EngineState::draining, EngineState::stopped}) {
    families.gauge("tickweir_pipeline_state", "1 for the state the pipeline is in.",
                   {{"pipeline", view.graph->config.name}, {"state", state_name(state)}},
                   state == now ? 1 : 0);
  }
  families.gauge("tickweir_stalled_edges",
                 "Edges and logs that hold events and have not moved for the watchdog's time.", {},
                 static_cast<double>(view.stalls().size()));
  const LogLineCounts lines = view.log_lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    families.counter("tickweir_log_messages_total", "Lines logged or suppressed, by level.",
                     {{"level", log_level_name(i)}}, static_cast<double>(lines[i]));
  }
}

void collect_edges(const PipelineView& view, Families& families) {
  const std::uint64_t batch_events = view.graph->config.batch_events_max;
  for (std::size_t i = 0; i < view.graph->edges.size(); ++i) {
    const GraphEdge& edge = view.graph->edges[i];
    if (edge.kind == EdgeKind::call) continue;
    const EdgeCells& cells = *view.telemetry->edges[i];
    const Labels labels{{"edge", edge.name}};
    families.gauge("tickweir_edge_queued_events", "Events that wait in the edge.", labels,
                   static_cast<double>(queued_events(cells)));
    families.gauge("tickweir_edge_capacity_events", "Events that can wait in the edge, in full batches.",
                   labels, static_cast<double>(edge.capacity * batch_events));
    families.counter("tickweir_edge_pushed_events_total",
                     "Events offered to the edge, those it dropped included.", labels,
                     value_of(cells.pushed_events));
    families.counter("tickweir_edge_popped_events_total", "Events taken out of the edge.", labels,
                     value_of(cells.popped_events));
    families.counter("tickweir_edge_blocked_seconds_total", "Time its producer waited for room.", labels,
                     view.ticks_to_seconds(read_cell(cells.blocked_ticks)));
    families.counter("tickweir_edge_rejected_events_total", "Events dropped because the edge was full.",
                     {{"edge", edge.name}, {"policy", "drop_newest"}}, value_of(cells.dropped_newest_events));
    families.counter("tickweir_edge_rejected_events_total", "Events dropped because the edge was full.",
                     {{"edge", edge.name}, {"policy", "drop_oldest"}}, value_of(cells.dropped_oldest_events));
    families.seconds("tickweir_edge_residence_seconds", "Time a batch waited in the edge.", labels,
                     cells.wait_ns.data());
    families.seconds("tickweir_edge_work_seconds", "Work of the consuming stage on a batch from the edge.",
                     labels, cells.work_ns.data());
  }
}

void collect_threads(const PipelineView& view, Families& families) {
  for (std::size_t i = 0; i < view.graph->threads.size(); ++i) {
    const ThreadCells& cells = *view.telemetry->threads[i];
    const Labels labels{{"thread", view.graph->threads[i].name}};
    families.counter("tickweir_thread_idle_seconds_total", "Time the thread waited for input.", labels,
                     view.ticks_to_seconds(read_cell(cells.idle_ticks)));
    families.counter("tickweir_thread_backpressured_seconds_total",
                     "Time the thread could not go on because an edge was full.", labels,
                     view.ticks_to_seconds(read_cell(cells.blocked_ticks)));
    families.counter("tickweir_thread_sleeps_total", "Times the thread went to sleep.", labels,
                     value_of(cells.sleeps));
  }
}

std::string metrics_page(const PipelineView& view) {
  return prometheus::TextSerializer().Serialize(PipelineMetrics(view).Collect());
}

}  // namespace tickweir
