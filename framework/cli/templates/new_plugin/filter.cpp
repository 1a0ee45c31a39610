// Refuses orders above a quantity. Put your rule in its place.
//
// Events:  NewOrder is judged, everything else passes. Order: unchanged. Time: none used.
// Memory:  none. Cost: one comparison per order.
#include <array>

#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "quantity_max",
           .default_text = "1000",
           .minimum = "1",
           .maximum = "1000000000",
           .unit = "shares",
           .help = "Larger orders are refused."},
};
enum Drop : std::uint32_t { too_large, too_short };
constexpr std::array reasons{
    Reason{.name = "too_large", .help = "The quantity is above quantity_max."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

class PluginName final : public Filter {
 public:
  explicit PluginName(const Context& context) : quantity_max_(context.options.integer("quantity_max")) {}

  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (is_too_short<market::NewOrder>(event)) return batch.drop(event, too_short);
      const auto* order = payload_if<market::NewOrder>(event);
      if (order != nullptr && order->quantity > quantity_max_) batch.drop(event, too_large);
    });
  }

 private:
  std::int64_t quantity_max_;
};

}  // namespace

TICKWEIR_PLUGIN("plugin_name", PluginName,
                {.version = "0.1.0",
                 .summary = "Refuses orders above a quantity.",
                 .accepts = "NewOrder",
                 .options = options,
                 .reasons = reasons})
