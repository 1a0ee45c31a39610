// Paths to pages.
#include "runtime/admin/pages.h"

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

Page readyz(const PipelineView& view, std::string_view query) {
  const EngineState state = view.state();
  const std::vector<std::string> stalls = view.stalls();
  const bool is_running = state == EngineState::running;
  const bool is_ready = is_running && stalls.empty();
  std::string body;
  if (query == "verbose" || query.starts_with("verbose&") || query.starts_with("verbose=")) {
    for (const GraphStage& stage : view.graph->stages) {
      body += is_running ? "[+]" + stage.id + " ok\n" : "[-]" + stage.id + " " + state_name(state) + "\n";
    }
    for (const std::string& stall : stalls) body += "[-]" + stall + "\n";
  }
  body +=
      is_ready ? "ready\n" : std::string("not ready: ") + (is_running ? "stalled" : state_name(state)) + "\n";
  return {.status = is_ready ? 200U : 503U, .body = body};
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
