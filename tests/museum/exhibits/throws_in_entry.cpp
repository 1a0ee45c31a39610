// Throws before it has said what it is.
#include <stdexcept>

#include "sound.h"

TICKWEIR_BUILD_NOTE("throws_in_entry");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  throw std::runtime_error("no licence found");
}
