// A source with two outputs and options of every type. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "rate",
           .default_text = "1000",
           .minimum = "1",
           .maximum = "1000000",
           .unit = "events/s",
           .help = "How many events a second."},
    Option{.type = duration,
           .name = "every",
           .default_text = "1ms",
           .minimum = "1us",
           .maximum = "1s",
           .help = "How long from one beat to the next."},
    Option{.type = size, .name = "room", .default_text = "64KiB", .minimum = "1KiB", .help = "Bytes kept."},
    Option{.type = choice,
           .name = "arrival",
           .default_text = "steady",
           .choices = "steady|poisson|burst",
           .help = "When events come."},
    Option{.type = text,
           .name = "token",
           .default_text = "",
           .help = "What it logs in with.",
           .flags = TICKWEIR_OPTION_SECRET},
};
constexpr std::array outputs{
    Output{.name = "orders", .events = "Order|Cancel", .help = "What clients ask for."},
    Output{.name = "beats", .events = "Beat", .help = "That time goes on."},
};

class Orders final : public Source {
 public:
  explicit Orders(const Context&) {}
  PollResult poll(Emitter&, Idle&) { return PollResult::finished; }
};

}  // namespace

TICKWEIR_PLUGIN("source_orders", Orders,
                {.version = "1.0.0", .summary = "Orders for tests.", .options = options, .outputs = outputs})
