// Says that it is a sink, but has the functions of a filter.
#include "sound.h"

TICKWEIR_BUILD_NOTE("role_without_functions");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  static tickweir_plugin plugin = *tickweir::detail::Tables<tickweir::museum::Sound>::make(
      "role_without_functions", {.version = "1.0.0", .summary = "Is no sink.", .accepts = "*"});
  plugin.role = TICKWEIR_ROLE_SINK;
  return &plugin;
}
