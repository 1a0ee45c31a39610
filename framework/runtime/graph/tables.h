// The tables in a plugin's descriptor as spans, and its role as a word.
//
// The Registry copies descriptors into structs of this runtime's size, whatever the plugin was built with,
// so plain spans will do.
//
// Threading: pure functions. Ownership: as the descriptor.
#pragma once

#include <cstdint>
#include <span>

#include "tickweir/plugin.h"

namespace tickweir {

[[nodiscard]] inline std::span<const tickweir_option> options_of(const tickweir_plugin& plugin) {
  return {plugin.options, plugin.option_count};
}
[[nodiscard]] inline std::span<const tickweir_output> outputs_of(const tickweir_plugin& plugin) {
  return {plugin.outputs, plugin.output_count};
}
[[nodiscard]] inline std::span<const tickweir_reason> reasons_of(const tickweir_plugin& plugin) {
  return {plugin.reasons, plugin.reason_count};
}

// "source", "filter", "transform", "sink", "wal"; "unknown" for what this version does not know.
[[nodiscard]] inline const char* role_text(std::uint32_t role) {
  switch (role) {
    case TICKWEIR_ROLE_SOURCE:
      return "source";
    case TICKWEIR_ROLE_FILTER:
      return "filter";
    case TICKWEIR_ROLE_TRANSFORM:
      return "transform";
    case TICKWEIR_ROLE_SINK:
      return "sink";
    case TICKWEIR_ROLE_WAL:
      return "wal";
    default:
      return "unknown";
  }
}

}  // namespace tickweir
