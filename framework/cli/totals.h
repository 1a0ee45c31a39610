// Sums over a whole pipeline, for the live line and the report.
//
// Threading: any thread; reads cells relaxed.
#pragma once

#include <cstdint>

#include "runtime/graph/graph.h"
#include "runtime/metrics/percentiles.h"
#include "runtime/metrics/telemetry.h"

namespace tickweir {

struct Totals {
  std::uint64_t in = 0;       // events that sources sent
  std::uint64_t out = 0;      // events that sinks have written
  std::uint64_t dropped = 0;  // by stages for a reason, and by full edges
  HistogramReading latency;   // of all sinks together, in ns
};

[[nodiscard]] Totals read_totals(const Graph& graph, const Telemetry& telemetry);

}  // namespace tickweir
