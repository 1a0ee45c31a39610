// A graph, shown: for people as text, for drawing programs as dot and mermaid, for programs as JSON.
//
// Everything is in the order of the graph, so that two runs show the same. Secrets are "***" already.
//
// Threading: pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/graph/graph.h"

namespace tickweir {

// One line a stage: plugin, thread, and what it reads over which kind of edge; then one a log: what is
// durable when, and what a crash or a power cut can lose.
[[nodiscard]] std::string graph_as_text(const Graph& graph);
// One line a thread with its stages, one a log as above, then one an edge: what `validate` says about the
// chosen layout.
[[nodiscard]] std::string layout_as_text(const Graph& graph);
// Graphviz, and Mermaid's flowchart: a box a stage, a frame a thread.
[[nodiscard]] std::string graph_as_dot(const Graph& graph);
[[nodiscard]] std::string graph_as_mermaid(const Graph& graph);
// {name, threads, stages, edges}, also served as /api/v1/graph. Texts may hold any bytes: dump() it with
// error_handler_t::replace.
[[nodiscard]] nlohmann::ordered_json graph_as_json(const Graph& graph);

// As written in a pipeline file.
[[nodiscard]] const char* wait_name(WaitMode wait);
[[nodiscard]] const char* when_full_name(WhenFull when_full);
[[nodiscard]] const char* sync_name(SyncMode sync);
[[nodiscard]] const char* io_name(FileIo io);
[[nodiscard]] const char* edge_kind_name(EdgeKind kind);  // "call", "ring", "queue"

}  // namespace tickweir
