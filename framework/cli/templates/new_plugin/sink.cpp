// Adds up the quantity of all orders. Put your output in its place.
//
// Events:  NewOrder is added up; everything else is discarded and counted. Order and time: of no matter.
// Memory:  none. Cost: one addition per order.
#include <array>

#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "instrument",
           .default_text = "0",
           .minimum = "0",
           .maximum = "4294967295",
           .help = "Only orders in this instrument; 0: in any."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "quantity", .help = "Quantity of all orders."},
};
enum Drop : std::uint32_t { not_wanted };
constexpr std::array reasons{
    Reason{.name = "not_wanted", .help = "No whole order, or in another instrument."}};

class PluginName final : public Sink {
 public:
  explicit PluginName(const Context& context)
      : instrument_(context.options.integer("instrument")),
        quantity_(context.counter("quantity")),
        not_wanted_(context.drop_counter(not_wanted)) {}

  void write(const BatchView& batch) {
    std::uint64_t quantity = 0;
    std::uint64_t others = 0;
    batch.for_each([&](const Event& event) {
      const auto* order = payload_if<market::NewOrder>(event);
      if (order != nullptr && is_wanted(*order)) {
        quantity += order->quantity;
      } else {
        ++others;
      }
    });
    quantity_.add(quantity);
    not_wanted_.add(others);
  }

 private:
  [[nodiscard]] bool is_wanted(const market::NewOrder& order) const {
    return instrument_ == 0 || order.instrument == instrument_;
  }

  std::int64_t instrument_;
  Counter quantity_;
  Counter not_wanted_;
};

}  // namespace

TICKWEIR_PLUGIN("plugin_name", PluginName,
                {.version = "0.1.0",
                 .summary = "Adds up the quantity of all orders.",
                 .accepts = "NewOrder",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
