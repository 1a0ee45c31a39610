// Has one name in its note and another in its descriptor.
#include "sound.h"

TICKWEIR_BUILD_NOTE("two_names");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  return tickweir::detail::Tables<tickweir::museum::Sound>::make(
      "other_name", {.version = "1.0.0", .summary = "Has two names.", .accepts = "*"});
}
