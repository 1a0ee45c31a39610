// Touches every event and passes it on: what a stage costs when it does nothing else.
#include "bench_event.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

struct BenchPass final : public Filter {
  explicit BenchPass(const Context&) {}
  void apply(Batch& batch) {
    batch.for_each([](Event& event) { ++reinterpret_cast<bench::Sample*>(&event + 1)->touched; });
  }
};

}  // namespace

TICKWEIR_PLUGIN("bench_pass", BenchPass,
                {.version = "1.0.0", .summary = "Touches every event.", .accepts = "*"})
