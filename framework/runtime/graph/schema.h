// The JSON Schema (draft-07) of the pipeline file, for editors: made from the plugins' descriptors, so it
// names their options, defaults and ranges, and changes with them.
//
// It accepts what load_pipeline() and build_graph() accept, and more: ranges of durations and sizes, names of
// stages and threads, and everything between stages are not for a schema to judge. Any scalar may hold
// ${...}.
//
// Threading: pure function.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "runtime/plugins/registry.h"

namespace tickweir {

[[nodiscard]] nlohmann::ordered_json pipeline_schema(std::span<const Plugin* const> plugins);

// The schema of one option's value, with its description and default.
[[nodiscard]] nlohmann::ordered_json option_schema(const tickweir_option& option);

}  // namespace tickweir
