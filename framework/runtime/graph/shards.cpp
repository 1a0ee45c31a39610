// See shards.h, and draft.h for what is refused.
#include "runtime/graph/shards.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/config/fields.h"
#include "runtime/graph/draft.h"

namespace tickweir {
namespace {

// nullptr: it can be.
const char* why_not_sharded(const DraftStage& stage) {
  const tickweir_transform* const transform = stage.plugin->table->transform;
  if (transform == nullptr) return "only transforms can be sharded";
  if (transform->shard_key == nullptr) return "this plugin does not divide its work among shards";
  if (stage.plugin->table->output_count == 0) return "it has no outputs to merge";
  return nullptr;
}

bool can_be_sharded(const DraftStage& stage, Diagnostics& diagnostics) {
  const char* const why_not = why_not_sharded(stage);
  if (why_not == nullptr) return true;
  diagnostics.error(stage.config->shards_place, role_sentence(stage) + ": " + why_not, "remove shards");
  return false;
}

void check_settings(const DraftStage& stage, Diagnostics& diagnostics) {
  const StageConfig& config = *stage.config;
  const std::string last = shard_name(config.id, *config.shards - 1);
  if (last.size() > thread_name_max) {
    diagnostics.error(config.place,
                      "the threads of its shards are named after stage " + in_quotes(config.id) + ", up to " +
                          in_quotes(last) + ", and a thread's name has at most " +
                          std::to_string(thread_name_max) + " letters",
                      "give the stage a shorter id");
  }
  if (config.on_error == OnError::dead_letter) {
    diagnostics.error(config.on_error_place,
                      "stage " + in_quotes(config.id) +
                          " is sharded: of a batch at which one shard fails, the others have done their part",
                      "use on_error: stop");
  }
}

// All shards must be given the same batches in the same order.
void check_inputs(const DraftStage& stage, Diagnostics& diagnostics) {
  const StageConfig& config = *stage.config;
  for (const InputConfig& input : config.inputs) {
    if (input.when_full == WhenFull::block) continue;
    diagnostics.error(input.when_full_place,
                      std::string(input.when_full == WhenFull::drop_newest ? "drop_newest" : "drop_oldest") +
                          " before stage " + in_quotes(config.id) +
                          ", which is sharded: its shards would lose different events",
                      "use when_full: block");
  }
  if (config.inputs.size() < 2) return;
  diagnostics.error(config.inputs[1].from.place,
                    "stage " + in_quotes(config.id) + " is sharded and has " +
                        std::to_string(config.inputs.size()) +
                        " inputs: its shards would see their events in different orders",
                    "let one log or filter read them, and this stage that one");
}

// What stands where a merge's plugin would: it has the outputs of what it merges, and nothing else to call.
struct MergePlugin {
  Plugin plugin;
  tickweir_plugin table;
  tickweir_transform transform;
};

std::shared_ptr<const Plugin> merge_plugin(const Plugin& sharded) {
  auto merge = std::make_shared<MergePlugin>();
  merge->transform = {.process = [](void*, const tickweir_batch*, tickweir_emitter*,
                                    tickweir_error*) -> std::int32_t { return TICKWEIR_FAILED; },
                      .combine = sharded.table->transform->combine};
  merge->table = {.role = TICKWEIR_ROLE_TRANSFORM,
                  .name = "merge",
                  .version = TICKWEIR_SDK_VERSION,
                  .summary = "Merges what the shards of a stage emit.",
                  .accepts = "*",
                  .outputs = sharded.table->outputs,
                  .output_count = sharded.table->output_count,
                  .create = [](const tickweir_context*, void** stage, tickweir_error*) -> std::int32_t {
                    static char nothing = 0;
                    *stage = &nothing;
                    return TICKWEIR_OK;
                  },
                  .transform = &merge->transform};
  merge->plugin.file = sharded.file;
  merge->plugin.table = &merge->table;
  return {merge, &merge->plugin};
}

class Expansion {
 public:
  explicit Expansion(Graph& graph) : graph_(graph), old_(std::exchange(graph.stages, {})) {}

  void run() {
    for (GraphStage& stage : old_) add(stage);
    for (GraphStage& stage : graph_.stages) {
      if (stage.log != no_log) stage.log = number_[stage.log];
      if (stage.settling_log != no_log) stage.settling_log = number_[stage.settling_log];
      for (auto& edges : stage.outputs) edges.clear();
      stage.inputs.clear();
    }
    const std::vector<GraphEdge> old_edges = std::exchange(graph_.edges, {});
    for (std::uint32_t i = 0; i < old_.size(); ++i) {
      for (const std::uint32_t edge : old_inputs_[i]) add_edges(old_edges[edge]);
      if (old_[i].shard_count != 0) join_shards(old_[i], old_edges[old_inputs_[i].front()].capacity);
    }
    for (GraphThread& thread : graph_.threads) thread.stages.clear();
    for (std::uint32_t i = 0; i < graph_.stages.size(); ++i) {
      graph_.threads[graph_.stages[i].thread].stages.push_back(i);
    }
  }

 private:
  // The file's stage or its merge has the number of the last part.
  void add(GraphStage& stage) {
    old_inputs_.push_back(stage.inputs);
    for (std::uint32_t shard = 0; shard < stage.shard_count; ++shard) {
      GraphStage part = stage;
      part.id = shard_name(stage.id, shard);
      part.part = StagePart::shard;
      part.shard = shard;
      part.thread = thread_of(part.id);
      graph_.stages.push_back(std::move(part));
    }
    number_.push_back(static_cast<std::uint32_t>(graph_.stages.size()));
    GraphStage last = stage;
    if (stage.shard_count != 0) {
      last.part = StagePart::merge;
      graph_.merges.push_back(merge_plugin(*stage.plugin));
      last.plugin = graph_.merges.back().get();
      last.options = {};
      last.option_places.clear();
      last.release_durable = false;
    }
    graph_.stages.push_back(std::move(last));
  }

  std::uint32_t thread_of(const std::string& name) {
    const auto found = std::ranges::find(graph_.threads, name, &GraphThread::name);
    const auto index = static_cast<std::uint32_t>(found - graph_.threads.begin());
    if (found == graph_.threads.end()) graph_.threads.push_back({.name = name, .cpus = {}, .stages = {}});
    return index;
  }

  void add_edges(GraphEdge edge) {
    const GraphStage& reader = old_[edge.to];
    const std::string from = edge.name.substr(0, edge.name.find("->"));
    edge.from = number_[edge.from];
    const std::uint32_t last = number_[edge.to];
    if (reader.shard_count == 0) {
      edge.to = last;
      connect(edge);
    }
    for (std::uint32_t shard = 0; shard < reader.shard_count; ++shard) {
      edge.to = last - reader.shard_count + shard;
      edge.name = from + "->" + graph_.stages[edge.to].id;
      connect(edge);
    }
  }

  // The merge hears of every output that is read, and of one in any case: so it ends with the shards.
  void join_shards(const GraphStage& stage, std::uint32_t capacity) {
    const std::uint32_t merge = number_[static_cast<std::size_t>(&stage - old_.data())];
    const bool is_read =
        std::ranges::any_of(stage.outputs, [](const auto& readers) { return !readers.empty(); });
    for (std::uint32_t shard = merge - stage.shard_count; shard < merge; ++shard) {
      for (std::uint32_t output = 0; output < stage.outputs.size(); ++output) {
        if (stage.outputs[output].empty() && (is_read || output != 0)) continue;
        std::string from = graph_.stages[shard].id;
        if (stage.outputs.size() > 1) from += "." + stage.output_names[output];
        connect({.name = from + "->" + stage.id,
                 .from = shard,
                 .output = output,
                 .to = merge,
                 .capacity = capacity});
      }
    }
  }

  void connect(const GraphEdge& edge) {
    const auto index = static_cast<std::uint32_t>(graph_.edges.size());
    graph_.stages[edge.from].outputs[edge.output].push_back(index);
    graph_.stages[edge.to].inputs.push_back(index);
    graph_.edges.push_back(edge);
  }

  Graph& graph_;
  std::vector<GraphStage> old_;
  std::vector<std::vector<std::uint32_t>> old_inputs_;  // edges
  std::vector<std::uint32_t> number_;                   // in the new graph, by that in the old one
};

}  // namespace

std::string shard_name(const std::string& stage, std::uint32_t shard) {
  return stage + "-" + std::to_string(shard + 1);
}

std::string_view without_shard(std::string_view id) {
  return id.substr(0, id.find('-'));
}

void check_shards(const Drafts& drafts, Diagnostics& diagnostics) {
  for (const DraftStage& draft : drafts) {
    if (!draft.config->shards || draft.plugin == nullptr || !can_be_sharded(draft, diagnostics)) continue;
    check_settings(draft, diagnostics);
    check_inputs(draft, diagnostics);
  }
}

void expand_shards(Graph& graph) {
  const bool any =
      std::ranges::any_of(graph.stages, [](const GraphStage& stage) { return stage.shard_count != 0; });
  if (any) Expansion(graph).run();
}

}  // namespace tickweir
