// Returns bytes that are no descriptor.
#include "sound.h"

TICKWEIR_BUILD_NOTE("garbage_descriptor");
extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {
  alignas(64) static unsigned char garbage[512];
  for (unsigned char& byte : garbage) byte = 0xA5;
  return reinterpret_cast<const tickweir_plugin*>(garbage);
}
