// A sink that takes some events only. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{Option{.type = text, .name = "path", .help = "Where it would write."}};

class Fills final : public Sink {
 public:
  explicit Fills(const Context&) {}
  void write(const BatchView&) {}
};

}  // namespace

TICKWEIR_PLUGIN(
    "sink_fills", Fills,
    {.version = "1.0.0", .summary = "Takes fills, for tests.", .accepts = "Fill|Bundle", .options = options})
