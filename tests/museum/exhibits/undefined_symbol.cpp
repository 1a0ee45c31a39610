// Calls a function that nobody defines.
#include "sound.h"

extern "C" void tickweir_museum_nobody_defines_this();

namespace {

class Undefined final : public tickweir::museum::Sound {
 public:
  using Sound::Sound;
  void start() { tickweir_museum_nobody_defines_this(); }
};

}  // namespace

TICKWEIR_PLUGIN("undefined_symbol", Undefined,
                {.version = "1.0.0", .summary = "Cannot be linked.", .accepts = "*"})
