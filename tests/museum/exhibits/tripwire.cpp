// Sound, but tells when any of its code runs: its static object leaves a trace in the environment.
#include <cstdlib>

#include "sound.h"
#include "tickweir/market.h"

namespace {

struct Trace {
  Trace() { setenv("TICKWEIR_MUSEUM_TRIPWIRE", "its code ran", 1); }
};
const Trace trace;

}  // namespace

TICKWEIR_PLUGIN("tripwire", tickweir::museum::Sound,
                {.version = "1.0.0", .summary = "Does nothing.", .accepts = "*"})
