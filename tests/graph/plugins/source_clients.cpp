// A source that acknowledges what its clients sent. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array outputs{
    Output{.name = "orders", .events = "Order|Cancel", .help = "What clients ask for."}};

class Clients final : public Source {
 public:
  explicit Clients(const Context&) {}
  PollResult poll(Emitter&, Idle&) { return PollResult::finished; }
  void settle(const BatchView&) {}
};

}  // namespace

TICKWEIR_PLUGIN("source_clients", Clients,
                {.version = "1.0.0", .summary = "Clients for tests.", .outputs = outputs})
