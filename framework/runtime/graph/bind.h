// Option texts of a pipeline file to the values a plugin is given.
//
// Threading: one thread. Errors: all of them to `diagnostics`, each at the option's place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir {

struct Binding {
  BoundOptions options;
  std::vector<Place> places;  // as GraphStage::option_places
};

// Binds `stage.options` by the plugin's table, fills in defaults, and has the plugin's validate() judge the
// outcome. Options that are refused already, or may be, are passed over. With an error in `diagnostics` the
// binding is incomplete and must not be used.
[[nodiscard]] Binding bind_options(const StageConfig& stage, const tickweir_plugin& plugin,
                                   Diagnostics& diagnostics);

// The texts of a list's default: "[a, b]", "[]" or "".
[[nodiscard]] std::vector<std::string> split_list_default(std::string_view text);

}  // namespace tickweir
