// A transform that can be sharded and has no outputs. It is looked at, never run.
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

class Tally final : public Transform {
 public:
  static constexpr const char* shard_key = "order";
  explicit Tally(const Context&) {}
  void process(const BatchView&, Emitter&) {}
};

}  // namespace

TICKWEIR_PLUGIN("transform_tally", Tally,
                {.version = "1.0.0", .summary = "Tallies, for tests.", .accepts = "*"})
