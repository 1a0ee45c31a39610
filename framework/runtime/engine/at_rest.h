// Whether a run has come to rest: nothing is on its way, and everything is durable and settled.
#pragma once

#include "runtime/engine/logs.h"

namespace tickweir {

using Edges = std::vector<std::unique_ptr<Edge>>;  // nullptr for calls
using Settlements = std::vector<std::unique_ptr<Settlement>>;

// As far as it can be seen from outside. Any thread.
[[nodiscard]] bool looks_at_rest(const Runners& runners, const Edges& edges, const Settlements& settlements);
// While all workers stand still (Rest): certain.
[[nodiscard]] bool is_at_rest(const Runners& runners, const Edges& edges, const Settlements& settlements);

}  // namespace tickweir
