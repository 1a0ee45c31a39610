// Paths to pages.
#include "runtime/admin/pages.h"

#include <algorithm>
#include <array>
#include <set>

#include "runtime/graph/show.h"
#include "runtime/metrics/metrics.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* json_type = "application/json";

Page json_page(const Json& json) {
  return {.status = 200, .content_type = json_type, .body = json_text(json)};
}

Page metrics(const PipelineView& view, std::string_view) {
  return {.status = 200, .content_type = metrics_content_type, .body = metrics_page(view)};
}

// Says that the process answers, and nothing about the pipeline: a stalled one must not be restarted blindly.
Page livez(const PipelineView&, std::string_view) {
  return {.body = "ok\n"};
}

// nullptr: the stage is not a log.
const LogCells* log_of(const PipelineView& view, std::size_t stage) {
  return stage < view.telemetry->logs.size() ? view.telemetry->logs[stage].get() : nullptr;
}

bool is_disk_full(const PipelineView& view) {
  return std::ranges::any_of(view.telemetry->logs, [](const auto& log) {
    return log != nullptr && read_cell(log->waits_for_room) != 0;
  });
}

std::string stage_line(const PipelineView& view, std::size_t index, EngineState state) {
  const std::string& id = view.graph->stages[index].id;
  const LogCells* const log = log_of(view, index);
  // The durable one first: read later, the other cannot be the smaller.
  const std::uint64_t durable = log == nullptr ? 0 : read_cell(log->durable_sequence);
  const std::uint64_t last = log == nullptr ? 0 : std::max(durable, read_cell(log->last_sequence));
  const std::string how_far = "durable up to " + std::to_string(durable) + " of " + std::to_string(last);
  if (log != nullptr && read_cell(log->waits_for_room) != 0)
    return "[-]" + id + " waits for room on the disk, " + how_far + "\n";
  if (state != EngineState::running) return "[-]" + id + " " + state_name(state) + "\n";
  return "[+]" + id + " ok" + (log == nullptr ? "" : ", " + how_far) + "\n";
}

Page readyz(const PipelineView& view, std::string_view query) {
  const EngineState state = view.state();
  const std::vector<std::string> stalls = view.stalls();
  std::string body;
  if (query == "verbose" || query.starts_with("verbose&") || query.starts_with("verbose=")) {
    for (std::size_t i = 0; i < view.graph->stages.size(); ++i) body += stage_line(view, i, state);
    for (const std::string& stall : stalls) body += "[-]" + stall + "\n";
  }
  std::string why;
  if (state != EngineState::running) {
    why = state_name(state);
  } else if (is_disk_full(view)) {
    why = "no room on the disk";
  } else if (!stalls.empty()) {
    why = "stalled";
  }
  body += why.empty() ? "ready\n" : "not ready: " + why + "\n";
  return {.status = why.empty() ? 200U : 503U, .body = body};
}

Page build(const PipelineView&, std::string_view) {
  return json_page(build_as_json());
}
Page graph(const PipelineView& view, std::string_view) {
  return json_page(graph_as_json(*view.graph));
}
Page stats(const PipelineView& view, std::string_view) {
  return json_page(stats_as_json(view));
}

Page plugins(const PipelineView& view, std::string_view) {
  Json list = Json::array();
  std::set<const Plugin*> seen;
  for (const GraphStage& stage : view.graph->stages) {
    if (seen.insert(stage.plugin).second) list.push_back(plugin_as_json(*stage.plugin));
  }
  return json_page(list);
}

struct Route {
  std::string_view path;
  Page (*page)(const PipelineView&, std::string_view query);
};
constexpr std::array routes{
    Route{"/metrics", metrics},        Route{"/livez", livez},        Route{"/readyz", readyz},
    Route{"/api/v1/build", build},     Route{"/api/v1/graph", graph}, Route{"/api/v1/stats", stats},
    Route{"/api/v1/plugins", plugins},
};

}  // namespace

Page admin_page(const PipelineView& view, std::string_view path, std::string_view query) {
  std::string known;
  for (const Route& route : routes) {
    if (route.path == path) return route.page(view, query);
    known += "  " + std::string(route.path) + "\n";
  }
  return {.status = 404, .body = "nothing here; there is\n" + known};
}

}  // namespace tickweir
