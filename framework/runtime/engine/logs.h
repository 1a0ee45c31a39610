// The logs of a run: made, and wired to the stages around them.
//
// Threading: main thread, before the work begins.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/engine/worker.h"

namespace tickweir {

// The way back from a log to a source that settles.
struct Settlement {
  explicit Settlement(std::string name) { plan.name = std::move(name), plan.kind = EdgeKind::ring; }
  GraphEdge plan;
  EdgeCells cells;
  Edge edge{plan, 0, cells, nullptr};
};

// The stages whose events reach this log without passing another one, in the order of the graph.
[[nodiscard]] std::set<std::uint32_t> stages_before(const Graph& graph, std::uint32_t log);

using Runners = std::vector<std::unique_ptr<StageRunner>>;  // by stage
using Workers = std::vector<std::unique_ptr<Worker>>;       // by thread

// After the stages have been created. What it returns must live as long as the runners.
[[nodiscard]] std::vector<std::unique_ptr<Settlement>> make_logs(const Graph& graph, Telemetry& telemetry,
                                                                 const Runners& runners,
                                                                 const Workers& workers);

}  // namespace tickweir
