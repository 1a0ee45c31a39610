// Prints a trade for every execution. Put your rule in its place.
//
// Events:  Executed in, Trade out. Order: as executed. Time: that of the execution.
// Memory:  none. Cost: one event out for one in.
#include <array>

#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "quantity_min",
           .default_text = "1",
           .minimum = "1",
           .maximum = "1000000000",
           .unit = "shares",
           .help = "Smaller executions are left out."},
};
enum OutputIndex : std::uint32_t { trades };
constexpr std::array outputs{Output{.name = "trades", .events = "Trade", .help = "One for each execution."}};
enum Drop : std::uint32_t { too_small, too_short };
constexpr std::array reasons{
    Reason{.name = "too_small", .help = "The quantity is below quantity_min."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

class PluginName final : public Transform {
 public:
  explicit PluginName(const Context& context)
      : quantity_min_(context.options.integer("quantity_min")),
        too_small_(context.drop_counter(too_small)),
        too_short_(context.drop_counter(too_short)) {}

  void process(const BatchView& batch, Emitter& out) {
    std::uint64_t small = 0;
    batch.for_each([&](const Event& event) {
      if (is_too_short<market::Executed>(event)) return too_short_.add();
      const auto* executed = payload_if<market::Executed>(event);
      if (executed == nullptr) return;
      if (executed->quantity < quantity_min_) {
        ++small;
        return;
      }
      out.emit(trades, event.time, event.origin,
               market::Trade{.match_id = executed->match_id,
                             .price = executed->price,
                             .quantity = executed->quantity,
                             .instrument = executed->instrument,
                             .side = executed->taker_side});
    });
    too_small_.add(small);
  }

 private:
  std::int64_t quantity_min_;
  Counter too_small_, too_short_;
};

}  // namespace

TICKWEIR_PLUGIN("plugin_name", PluginName,
                {.version = "0.1.0",
                 .summary = "Prints a trade for every execution.",
                 .accepts = "Executed",
                 .options = options,
                 .outputs = outputs,
                 .reasons = reasons})
