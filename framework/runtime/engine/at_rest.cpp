#include "runtime/engine/at_rest.h"

#include <algorithm>

namespace tickweir {

namespace {

bool is_through(const EdgeCells& cells) {
  return read_cell(cells.pushed_batches) ==
         read_cell(cells.popped_batches) + read_cell(cells.dropped_batches);
}

}  // namespace

bool looks_at_rest(const Runners& runners, const Edges& edges, const Settlements& settlements) {
  for (const auto& runner : runners) {
    // Before the ways that the committer pushes to.
    if (runner->log() != nullptr && !runner->log()->committer().is_through()) return false;
  }
  const auto is_free = [](const auto& edge) { return edge == nullptr || is_through(edge->cells()); };
  return std::ranges::all_of(edges, is_free) && std::ranges::all_of(settlements, [](const auto& settlement) {
           return is_through(settlement->cells);
         });
}

bool is_at_rest(const Runners& runners, const Edges& edges, const Settlements& settlements) {
  return looks_at_rest(runners, edges, settlements) &&
         std::ranges::all_of(runners, [](const auto& runner) { return runner->is_clear(); });
}

}  // namespace tickweir
