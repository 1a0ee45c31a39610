// Its constructor throws: the SDK turns that into an error.
#include <stdexcept>

#include "sound.h"

namespace {

class Throws final : public tickweir::museum::Sound {
 public:
  explicit Throws(const tickweir::Context& context) : Sound(context) {
    throw std::runtime_error("no room for the table");
  }
};

}  // namespace

TICKWEIR_PLUGIN("throws_in_create", Throws,
                {.version = "1.0.0", .summary = "Cannot be made.", .accepts = "*"})
