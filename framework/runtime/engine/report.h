// Reads the books of a run and checks that they balance.
//
// Threading: any; exact once the threads have ended.
#pragma once

#include "runtime/engine/engine.h"

namespace tickweir {

[[nodiscard]] RunReport make_report(const Graph& graph, const Telemetry& telemetry);

}  // namespace tickweir
