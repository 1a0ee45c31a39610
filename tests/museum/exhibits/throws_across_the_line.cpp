// Made without the SDK's guards: a C++ exception leaves create().
#include <stdexcept>

#include "sound.h"

TICKWEIR_BUILD_NOTE("throws_across_the_line");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  static tickweir_plugin plugin = *tickweir::detail::Tables<tickweir::museum::Sound>::make(
      "throws_across_the_line", {.version = "1.0.0", .summary = "Cannot be made.", .accepts = "*"});
  plugin.create = [](const tickweir_context*, void**, tickweir_error*) -> std::int32_t {
    throw std::runtime_error("thrown across the line");
  };
  return &plugin;
}
