// The parts of the /metrics page. Private to this folder.
#pragma once

#include "runtime/metrics/families.h"
#include "runtime/metrics/pipeline_view.h"

namespace tickweir {

inline double value_of(const Cell& cell) {
  return static_cast<double>(read_cell(cell));
}

void collect_stages(const PipelineView& view, Families& families);
void collect_edges(const PipelineView& view, Families& families);
void collect_logs(const PipelineView& view, Families& families);
void collect_threads(const PipelineView& view, Families& families);
// Counters that plugins declare: tickweir_<plugin>_<name>[_total|_seconds]{component_id}.
void collect_plugin_counters(const PipelineView& view, Families& families);
void collect_build(const PipelineView& view, Families& families);
void collect_state(const PipelineView& view, Families& families);

}  // namespace tickweir
