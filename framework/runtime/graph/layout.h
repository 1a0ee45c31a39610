// Which thread runs which stage, and what each edge therefore is. The rule is in graph.h.
//
// Threading: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/graph/draft.h"

namespace tickweir {

struct Layout {
  std::vector<GraphThread> threads;      // their `stages` still empty
  std::vector<std::uint32_t> thread_of;  // by draft
};

// Refuses what the machine cannot give to the named threads; warns of what it gives badly.
void check_threads(const PipelineConfig& config, const Machine& machine, Diagnostics& diagnostics);

// Whether any stage names the thread, or it is a shard's; if not, it is not started.
[[nodiscard]] bool has_stages(const PipelineConfig& config, const std::string& thread);

// Warns of threads without stages.
void warn_of_idle_threads(const PipelineConfig& config, Diagnostics& diagnostics);

[[nodiscard]] Layout lay_out(const Drafts& drafts, const std::vector<std::size_t>& order,
                             const PipelineConfig& config, const Machine& machine);

// Sets the kind of every edge, from the threads of its ends and the other edges into its stage.
void choose_edge_kinds(Graph& graph);

// Warns of settings on edges that stay within a thread, where they mean nothing.
void warn_of_idle_settings(const Graph& graph, Diagnostics& diagnostics);

// "0-3,7"; "none" when empty. `cpus` are sorted.
[[nodiscard]] std::string cpus_text(const std::vector<unsigned>& cpus);

}  // namespace tickweir
