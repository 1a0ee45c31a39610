// The logs of a run: made, wired to the stages around them, recovered.
//
// Threading: main thread, before the work begins.
#pragma once

#include <memory>
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

using Runners = std::vector<std::unique_ptr<StageRunner>>;  // by stage
using Workers = std::vector<std::unique_ptr<Worker>>;       // by thread

// After the stages have been created. What it returns must live as long as the runners.
[[nodiscard]] std::vector<std::unique_ptr<Settlement>> make_logs(const Graph& graph, Telemetry& telemetry,
                                                                 const Runners& runners,
                                                                 const Workers& workers);

// After the stages have started: shows the stages before each log what once passed, has the logs replay to
// the stages after them, and starts the committers. A replay shows nothing to the stages before.
Result<void> recover_logs(const Graph& graph, const Runners& runners, const RunMode& mode);

}  // namespace tickweir
