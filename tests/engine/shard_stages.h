// A stage that can be sharded, in the ways a stage can be: its answer is the same however many share the
// work.
#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace tickweir::test {

// Reads Numbers; key: value % 7. On "a" up to two copies of each, some kept back until the next of their key
// comes. On "b" events of two sizes, and now and then one that all shards answer together: how many of their
// keys they have seen. The drain says it once more. From 1,000 on, `parameter` says at which value it fails.
const Plugin& keyed_plugin();
// Keyed, but without a combine.
const Plugin& uncombined_plugin();
// Emits for each event places that fall.
const Plugin& backwards_plugin();

// To bytes_of(): the events as they came, sequences and all.
const Plugin& bytes_sink_plugin();
std::string bytes_of(const std::string& stage);
void clear_bytes();

}  // namespace tickweir::test
