// The tables of a plugin's README as its descriptor demands them.
#pragma once

#include <string>

#include "tickweir/plugin.h"

namespace tickweir::contract {

// "" when there is nothing to list. Lines end with \n.
[[nodiscard]] std::string options_table(const tickweir_plugin& plugin);
[[nodiscard]] std::string counters_table(const tickweir_plugin& plugin);
[[nodiscard]] std::string reasons_table(const tickweir_plugin& plugin);

}  // namespace tickweir::contract
