// Returns nothing from its entry.
#include "sound.h"

TICKWEIR_BUILD_NOTE("no_descriptor");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  return nullptr;
}
