// Its start() throws.
#include <stdexcept>

#include "sound.h"

namespace {

class Throws final : public tickweir::museum::Sound {
 public:
  using Sound::Sound;
  void start() { throw std::runtime_error("no room for the table"); }
};

}  // namespace

TICKWEIR_PLUGIN("throws_in_start", Throws,
                {.version = "1.0.0", .summary = "Cannot be started.", .accepts = "*"})
