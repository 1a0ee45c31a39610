// Carries a note, but exports no entry.
#include "sound.h"

TICKWEIR_BUILD_NOTE("missing_symbol");
