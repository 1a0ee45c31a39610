// A transform with two outputs, which can be sharded. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array outputs{
    Output{.name = "fills", .events = "Fill", .help = "What traded."},
    Output{.name = "rejects", .events = "Reject", .help = "What did not."},
};

class Fills final : public Transform {
 public:
  static constexpr const char* shard_key = "order";
  explicit Fills(const Context&) {}
  void process(const BatchView&, Emitter&) {}
};

}  // namespace

TICKWEIR_PLUGIN(
    "transform_fills", Fills,
    {.version = "1.0.0", .summary = "Fills for tests.", .accepts = "Order|Cancel", .outputs = outputs})
