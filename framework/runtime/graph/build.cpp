// The steps from a pipeline file's data to a graph, in order. See graph.h and build.h.
#include "runtime/graph/build.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/draft.h"
#include "runtime/graph/layout.h"
#include "runtime/graph/shards.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

std::vector<std::string> output_names(const DraftStage& draft) {
  if (passes_on(draft)) return {""};
  std::vector<std::string> names;
  for (const tickweir_output& output : outputs_of(*draft.plugin->table)) names.emplace_back(output.name);
  return names;
}

std::vector<std::uint32_t> numbers(const std::vector<std::size_t>& order) {
  std::vector<std::uint32_t> number_of(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) number_of[order[i]] = i;
  return number_of;
}

void add_stages(Graph& graph, Drafts& drafts, const std::vector<std::size_t>& order, const Layout& layout) {
  const std::vector<std::uint32_t> number_of = numbers(order);
  const auto log_number = [&](std::optional<std::size_t> log) { return log ? number_of[*log] : no_log; };
  std::uint32_t verdict_base = 1;
  std::uint32_t source_number = 0;
  for (const std::size_t index : order) {
    DraftStage& draft = drafts[index];
    const tickweir_plugin& plugin = *draft.plugin->table;
    GraphStage stage{.id = draft.config->id,
                     .place = draft.config->place,
                     .plugin = draft.plugin,
                     .options = std::move(draft.binding.options),
                     .option_places = std::move(draft.binding.places),
                     .thread = layout.thread_of[index],
                     .inputs = {},
                     .outputs = {},
                     .output_names = output_names(draft),
                     .verdict_base = verdict_base,
                     .source_number = plugin.role == TICKWEIR_ROLE_SOURCE ? ++source_number : 0,
                     .on_error = draft.config->on_error,
                     .durability = draft.config->durability,
                     .release_durable = draft.config->release_durable,
                     .log = log_number(draft.log),
                     .settling_log = log_number(draft.settling_log),
                     .shard_count = draft.config->shards.value_or(0)};
    stage.outputs.resize(stage.output_names.size());
    verdict_base += plugin.reason_count;
    graph.threads[stage.thread].stages.push_back(number_of[index]);
    graph.stages.push_back(std::move(stage));
  }
}

void add_edges(Graph& graph, const Drafts& drafts, const std::vector<std::size_t>& order) {
  const std::vector<std::uint32_t> number_of = numbers(order);
  for (const std::size_t index : order) {
    const std::uint32_t to = number_of[index];
    for (const DraftInput& input : drafts[index].inputs) {
      const auto edge = static_cast<std::uint32_t>(graph.edges.size());
      const std::uint32_t from = number_of[input.from];
      graph.edges.push_back(
          {.name = output_label(drafts[input.from], *input.output) + "->" + graph.stages[to].id,
           .from = from,
           .output = *input.output,
           .to = to,
           .capacity = input.config->capacity,
           .when_full = input.config->when_full});
      graph.stages[to].inputs.push_back(edge);
      graph.stages[from].outputs[*input.output].push_back(edge);
    }
  }
}

bool all_found(const Drafts& drafts) {
  return std::all_of(drafts.begin(), drafts.end(), [](const DraftStage& draft) {
    return draft.plugin != nullptr && draft.inputs.size() == draft.config->inputs.size();
  });
}

}  // namespace

std::unique_ptr<Graph> build_graph(PipelineConfig config, const PluginSource& plugins, const Machine& machine,
                                   Diagnostics& diagnostics) {
  const bool all_read = diagnostics.error_count() == 0;
  auto graph = std::make_unique<Graph>();
  graph->config = std::move(config);

  Drafts drafts(graph->config.stages.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) drafts[i].config = &graph->config.stages[i];
  find_plugins(drafts, plugins, diagnostics);
  for (DraftStage& draft : drafts) {
    if (draft.plugin != nullptr)
      draft.binding = bind_options(*draft.config, *draft.plugin->table, diagnostics);
  }
  check_roles(drafts, diagnostics);
  resolve_inputs(drafts, diagnostics);
  check_reason_count(drafts, diagnostics);
  check_shards(drafts, diagnostics);
  const std::vector<std::size_t> order = upstream_first(drafts, diagnostics);
  match_events(drafts, order, diagnostics);
  find_logs(drafts, order, diagnostics);
  refuse_unrepeatable(drafts, diagnostics);
  find_settling_logs(drafts, order, graph->config.stages_known, diagnostics);
  check_snapshots(drafts, graph->config, diagnostics);
  if (all_read) warn_of_idle_threads(graph->config, diagnostics);
  check_threads(graph->config, machine, diagnostics);
  if (diagnostics.error_count() > 0) return nullptr;
  TICKWEIR_ASSERT(all_found(drafts));

  warn_of_unread(drafts, diagnostics);
  Layout layout = lay_out(drafts, order, graph->config, machine);
  graph->threads = std::move(layout.threads);
  add_stages(*graph, drafts, order, layout);
  add_edges(*graph, drafts, order);
  expand_shards(*graph);
  choose_edge_kinds(*graph);
  warn_of_idle_settings(*graph, diagnostics);
  return graph;
}

}  // namespace tickweir
