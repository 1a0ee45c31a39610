// See layout.h.
#include "runtime/graph/layout.h"

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/graph/shards.h"

namespace tickweir {
namespace {

bool is_defined(const PipelineConfig& config, const std::string& thread) {
  return std::any_of(config.threads.begin(), config.threads.end(),
                     [&](const ThreadConfig& defined) { return defined.name == thread; });
}

// Cores that are left for threads of our own making, at least one.
std::size_t room_for_default_threads(const PipelineConfig& config, const Machine& machine) {
  std::set<unsigned> taken;
  std::size_t floating = 0;
  for (const ThreadConfig& thread : config.threads) {
    taken.insert(thread.cpus.begin(), thread.cpus.end());
    if (thread.cpus.empty()) ++floating;
  }
  for (const StageConfig& stage : config.stages) {
    for (std::uint32_t shard = 0; shard < stage.shards.value_or(0); ++shard) {
      if (!is_defined(config, shard_name(stage.id, shard))) ++floating;
    }
  }
  const std::size_t spoken_for = taken.size() + floating;
  const std::size_t usable = machine.cpus_allowed.size();
  return usable > spoken_for ? usable - spoken_for : 1;
}

class Placing {
 public:
  Placing(const Drafts& drafts, const PipelineConfig& config, const Machine& machine)
      : drafts_(drafts), config_(config), room_(room_for_default_threads(config, machine)) {
    layout_.thread_of.resize(drafts.size());
    for (const ThreadConfig& thread : config.threads) {
      if (!has_stages(config, thread.name)) continue;
      layout_.threads.push_back({.name = thread.name,
                                 .cpus = thread.cpus,
                                 .wait = thread.wait,
                                 .priority = thread.priority,
                                 .named_by_user = true,
                                 .stages = {}});
    }
    named_count_ = layout_.threads.size();
  }

  void place(std::size_t index) {
    const DraftStage& stage = drafts_[index];
    layout_.thread_of[index] = stage.config->thread ? named(stage.config->thread->value) : unnamed(stage);
  }

  Layout take() { return std::move(layout_); }

 private:
  [[nodiscard]] std::uint32_t named(const std::string& name) const {
    for (std::uint32_t i = 0; i < named_count_; ++i) {
      if (layout_.threads[i].name == name) return i;
    }
    detail::assertion_failed("load_pipeline() refuses threads that are not there", __FILE__, __LINE__);
  }

  std::uint32_t unnamed(const DraftStage& stage) {
    if (!stage.inputs.empty()) {
      const std::uint32_t upstream = layout_.thread_of[stage.inputs.front().from];
      if (upstream >= named_count_) return upstream;
    }
    if (layout_.threads.size() - named_count_ < room_) {
      layout_.threads.push_back({.name = free_name(), .cpus = {}, .stages = {}});
      return static_cast<std::uint32_t>(layout_.threads.size() - 1);
    }
    return static_cast<std::uint32_t>(named_count_);
  }

  // "default-1", "default-2", past any name that the user or a shard has taken.
  std::string free_name() {
    while (true) {
      std::string name = "default-" + std::to_string(++last_number_);
      if (!is_defined(config_, name) && !has_stages(config_, name)) return name;
    }
  }

  const Drafts& drafts_;
  const PipelineConfig& config_;
  std::size_t room_;
  std::size_t named_count_ = 0;
  unsigned last_number_ = 0;
  Layout layout_;
};

}  // namespace

bool has_stages(const PipelineConfig& config, const std::string& thread) {
  return std::any_of(config.stages.begin(), config.stages.end(), [&](const StageConfig& stage) {
    if (stage.thread && stage.thread->value == thread) return true;
    for (std::uint32_t shard = 0; shard < stage.shards.value_or(0); ++shard) {
      if (shard_name(stage.id, shard) == thread) return true;
    }
    return false;
  });
}

void warn_of_idle_threads(const PipelineConfig& config, Diagnostics& diagnostics) {
  for (const ThreadConfig& thread : config.threads) {
    if (has_stages(config, thread.name)) continue;
    diagnostics.warning(thread.place,
                        "thread " + in_quotes(thread.name) + " has no stages and is not started",
                        "put stages on it with thread: " + thread.name + ", or remove it");
  }
}

Layout lay_out(const Drafts& drafts, const std::vector<std::size_t>& order, const PipelineConfig& config,
               const Machine& machine) {
  Placing placing(drafts, config, machine);
  for (const std::size_t index : order) placing.place(index);
  return placing.take();
}

void choose_edge_kinds(Graph& graph) {
  const auto crosses = [&](const GraphEdge& edge) {
    return graph.stages[edge.from].thread != graph.stages[edge.to].thread;
  };
  for (const GraphStage& stage : graph.stages) {
    const auto crossing = std::count_if(stage.inputs.begin(), stage.inputs.end(),
                                        [&](std::uint32_t edge) { return crosses(graph.edges[edge]); });
    for (const std::uint32_t index : stage.inputs) {
      GraphEdge& edge = graph.edges[index];
      if (!crosses(edge)) {
        edge.kind = EdgeKind::call;
      } else {
        edge.kind =
            crossing > 1 || edge.when_full == WhenFull::drop_oldest ? EdgeKind::queue : EdgeKind::ring;
      }
    }
  }
}

void warn_of_idle_settings(const Graph& graph, Diagnostics& diagnostics) {
  const InputConfig defaults;
  for (const StageConfig& config : graph.config.stages) {
    if (config.shards) continue;  // its shards have threads of their own
    const auto stage = std::find_if(graph.stages.begin(), graph.stages.end(),
                                    [&](const GraphStage& candidate) { return candidate.id == config.id; });
    for (std::size_t i = 0; i < config.inputs.size(); ++i) {
      const InputConfig& input = config.inputs[i];
      if (graph.edges[stage->inputs[i]].kind != EdgeKind::call) continue;
      std::vector<std::string> idle;
      if (input.capacity != defaults.capacity) idle.emplace_back("capacity");
      if (input.when_full != defaults.when_full) idle.emplace_back("when_full");
      if (idle.empty()) continue;
      diagnostics.warning(input.from.place,
                          join(idle, " and ") + (idle.size() == 1 ? " has" : " have") +
                              " no effect here: " + in_quotes(input.from.value) + " and " +
                              in_quotes(config.id) + " run on one thread (" +
                              graph.threads[stage->thread].name + "), so nothing waits between them",
                          "remove it, or put the two on different threads");
    }
  }
}

std::string cpus_text(const std::vector<unsigned>& cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text.empty() ? "none" : text;
}

}  // namespace tickweir
