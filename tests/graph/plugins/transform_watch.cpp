// A transform without outputs. It is looked at, never run.
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

class Watch final : public Transform {
 public:
  explicit Watch(const Context&) {}
  void process(const BatchView&, Emitter&) {}
};

}  // namespace

TICKWEIR_PLUGIN("transform_watch", Watch,
                {.version = "1.0.0", .summary = "Watches, for tests.", .accepts = "*"})
