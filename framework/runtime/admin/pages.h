// What the admin server answers: /metrics, /livez, /readyz, /api/v1/{build,graph,stats,plugins}.
//
// Threading: one thread at a time, while the pipeline runs on others.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/admin/admin_server.h"
#include "runtime/metrics/pipeline_view.h"

namespace tickweir {

// The page at `path`; 404 with a list of paths when there is none.
[[nodiscard]] Page admin_page(const PipelineView& view, std::string_view path, std::string_view query);

// The numbers of the telemetry as JSON: stages, edges, threads. Durations in seconds, percentiles in ns.
[[nodiscard]] nlohmann::ordered_json stats_as_json(const PipelineView& view);
// What this program is: version, ABI, compiler.
[[nodiscard]] nlohmann::ordered_json build_as_json();
// What a loaded plugin says about itself, all of it.
[[nodiscard]] nlohmann::ordered_json plugin_as_json(const Plugin& plugin);

// As text with line breaks. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);

}  // namespace tickweir
