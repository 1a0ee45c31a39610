// What everything that shows a running pipeline looks at: the graph, the cells, and a few questions to
// the engine. A value of pointers and functions, so that tests can describe a pipeline by hand.
//
// Threading: the functions are called from the admin thread and the main thread, while stages run.
// Ownership: all lent; graph, telemetry and whatever the functions use outlive the view.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/graph/graph.h"
#include "runtime/metrics/telemetry.h"

namespace tickweir {

// Log lines by level: debug, info, warning, error. Suppressed lines count too.
using LogLineCounts = std::array<std::uint64_t, 4>;

struct PipelineView {
  const Graph* graph = nullptr;
  const Telemetry* telemetry = nullptr;
  std::function<EngineState()> state;
  std::function<std::vector<std::string>()> stalls;       // as Engine::stalls()
  std::function<double(std::uint64_t)> ticks_to_seconds;  // of the engine's clock
  std::function<LogLineCounts()> log_lines;
};

[[nodiscard]] const char* state_name(EngineState state);
// "debug", "info", "warning", "error", by index into LogLineCounts.
[[nodiscard]] const char* log_level_name(std::size_t index);

// Events that wait in an edge. Never negative, though both sides move while it is read.
[[nodiscard]] std::uint64_t queued_events(const EdgeCells& cells);

// "gcc 12.2.0", "Release": how the runtime itself was built.
[[nodiscard]] std::string build_compiler();
[[nodiscard]] std::string build_type();

}  // namespace tickweir
