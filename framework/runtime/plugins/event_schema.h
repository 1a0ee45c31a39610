// The layouts of events as text, as logs keep them: a line for the header, then one for each event that the
// plugins know, in a fixed order, and one for what follows the heads of some (type 0). `wal_events.h` of the
// program reads it.
//
// Threading: a pure function.
#pragma once

#include <span>
#include <string>

#include "runtime/plugins/registry.h"

namespace tickweir {

[[nodiscard]] std::string event_schema(std::span<const Plugin* const> plugins);

}  // namespace tickweir
