// A filter without options that takes any event. It is looked at, never run.
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

class Pass final : public Filter {
 public:
  explicit Pass(const Context&) {}
  void apply(Batch&) {}
};

}  // namespace

TICKWEIR_PLUGIN("filter_pass", Pass, {.version = "1.0.0", .summary = "A filter for tests.", .accepts = "*"})
