// Never returns from its first write: for tests of the second signal and of the drain's time limit.
#include <chrono>
#include <thread>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

class Stuck final : public Sink {
 public:
  explicit Stuck(const Context& context) : host_(context.host()) {}

  void write(const BatchView&) {
    host_.log(LogLevel::info, "stuck now");
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  }

 private:
  Context::Host host_;
};

}  // namespace

TICKWEIR_PLUGIN("sink_stuck", Stuck, {.version = "1.0.0", .summary = "Never returns.", .accepts = "*"})
