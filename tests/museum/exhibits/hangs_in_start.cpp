// Its start() never returns.
#include <unistd.h>

#include "sound.h"

namespace {

class Hangs final : public tickweir::museum::Sound {
 public:
  using Sound::Sound;
  [[noreturn]] void start() {
    for (;;) ::pause();
  }
};

}  // namespace

TICKWEIR_PLUGIN("hangs_in_start", Hangs, {.version = "1.0.0", .summary = "Never starts.", .accepts = "*"})
