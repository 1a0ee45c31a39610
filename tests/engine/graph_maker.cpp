#include "graph_maker.h"

#include "runtime/graph/shards.h"

namespace tickweir::test {

GraphMaker::GraphMaker(std::uint32_t threads, WaitMode wait) {
  for (std::uint32_t i = 0; i < threads; ++i) {
    GraphThread thread;
    thread.name = "t" + std::to_string(i);
    thread.wait = wait;
    graph_.threads.push_back(thread);
  }
  graph_.config.watchdog_after_ns = 0;
}

std::uint32_t GraphMaker::add(const std::string& id, const Plugin& plugin, std::uint32_t thread,
                              const std::vector<From>& inputs, std::int64_t parameter) {
  const auto index = static_cast<std::uint32_t>(graph_.stages.size());
  GraphStage stage;
  stage.id = id;
  stage.plugin = &plugin;
  stage.thread = thread;
  stage.options.values.resize(plugin.table->option_count);
  for (tickweir_value& value : stage.options.values) value.integer = parameter;
  const bool passes_on =
      plugin.table->role == TICKWEIR_ROLE_FILTER || plugin.table->role == TICKWEIR_ROLE_WAL;
  stage.outputs.resize(passes_on ? 1 : plugin.table->output_count);
  stage.output_names.resize(stage.outputs.size());
  stage.verdict_base = 1 + index;
  if (plugin.table->role == TICKWEIR_ROLE_SOURCE) stage.source_number = index + 1;
  for (const From& input : inputs) {
    const auto edge_index = static_cast<std::uint32_t>(graph_.edges.size());
    GraphEdge edge;
    edge.name = graph_.stages[input.stage].id + "->" + id;
    edge.from = input.stage;
    edge.output = input.output;
    edge.to = index;
    edge.capacity = input.capacity;
    edge.when_full = input.when_full;
    graph_.edges.push_back(edge);
    graph_.stages[input.stage].outputs[input.output].push_back(edge_index);
    stage.inputs.push_back(edge_index);
  }
  graph_.threads[thread].stages.push_back(index);
  graph_.stages.push_back(std::move(stage));
  return index;
}

Graph& GraphMaker::finish() {
  expand_shards(graph_);
  for (const GraphStage& stage : graph_.stages) {
    std::vector<std::uint32_t> crossing;
    bool any_oldest = false;
    for (const std::uint32_t edge : stage.inputs) {
      if (graph_.stages[graph_.edges[edge].from].thread == stage.thread) continue;
      crossing.push_back(edge);
      any_oldest = any_oldest || graph_.edges[edge].when_full == WhenFull::drop_oldest;
    }
    for (const std::uint32_t edge : crossing) {
      graph_.edges[edge].kind = crossing.size() > 1 || any_oldest ? EdgeKind::queue : EdgeKind::ring;
    }
  }
  return graph_;
}

}  // namespace tickweir::test
