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
enum Drop : std::uint32_t { too_large };
constexpr std::array reasons{Reason{.name = "too_large", .help = "The quantity is above quantity_max."}};

class PluginName final : public Filter {
 public:
  explicit PluginName(const Context& context) : quantity_max_(context.options.integer("quantity_max")) {}

  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (event.type != market::NewOrder::event_type) return;
      if (payload<market::NewOrder>(event).quantity > quantity_max_) batch.drop(event, too_large);
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
