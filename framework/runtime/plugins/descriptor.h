// A plugin's descriptor, copied into this runtime's own structs and checked.
//
// A plugin may have been built with shorter structs (fields are appended over time) or longer ones; after
// the copy everything has the size this runtime knows, and what the plugin lacks is zero. So the rest of
// the runtime reads plain arrays.
//
// Ownership: owns the arrays; texts and functions stay the plugin's, which is never unloaded.
// Errors:    the first thing that is wrong, with the name of the option, output, counter or reason.
#pragma once

#include <memory>
#include <vector>

#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

struct Descriptor {
  tickweir_plugin plugin;
  std::vector<tickweir_option> options;
  std::vector<tickweir_output> outputs;
  std::vector<tickweir_counter> counters;
  std::vector<tickweir_reason> reasons;
  tickweir_source source;
  tickweir_filter filter;
  tickweir_transform transform;
  tickweir_sink sink;
  tickweir_wal wal;
  tickweir_state state;
};

// `name`: what the plugin's note says. The result's inner pointers point into itself: it is not moved.
[[nodiscard]] Result<std::unique_ptr<Descriptor>> read_descriptor(const tickweir_plugin* found,
                                                                  const std::string& name);

// "filter_dedup": small letters, digits and _, a letter first.
[[nodiscard]] bool is_snake_case(const char* text);

}  // namespace tickweir
