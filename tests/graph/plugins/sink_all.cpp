// A sink that takes everything. It is looked at, never run.
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

class All final : public Sink {
 public:
  explicit All(const Context&) {}
  void write(const BatchView&) {}
};

}  // namespace

TICKWEIR_PLUGIN("sink_all", All, {.version = "1.0.0", .summary = "Takes all, for tests.", .accepts = "*"})
