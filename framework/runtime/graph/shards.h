// Stages that run as several: what `shards: N` makes of a graph. The rule is in graph.h.
//
// Threading: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/graph/graph.h"

namespace tickweir {

// "book-1" of shard 0: its id, and the name of its thread.
[[nodiscard]] std::string shard_name(const std::string& stage, std::uint32_t shard);
// "book" of "book-1", and of "book".
[[nodiscard]] std::string_view without_shard(std::string_view id);

// Puts shards and a merge in the place of each stage with a shard_count. The edges have no kinds yet; each
// such stage has one input.
void expand_shards(Graph& graph);

}  // namespace tickweir
