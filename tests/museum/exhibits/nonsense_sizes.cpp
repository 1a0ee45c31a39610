// A source that emits an event and then writes a nonsense size into it.
#include <array>

#include "tickweir/stage.h"

namespace {

constexpr std::array outputs{tickweir::Output{.name = "nonsense", .events = "*", .help = "Damaged events."}};

class Nonsense final : public tickweir::Source {
 public:
  explicit Nonsense(const tickweir::Context&) {}
  tickweir::PollResult poll(tickweir::Emitter& out, tickweir::Idle&) {
    if (auto* event = out.append(0, tickweir::event_type_tick, 0, 1, 1)) event->size = 12;
    return tickweir::PollResult::finished;
  }
};

}  // namespace

TICKWEIR_PLUGIN("nonsense_sizes", Nonsense,
                {.version = "1.0.0", .summary = "Emits damaged events.", .outputs = outputs})
