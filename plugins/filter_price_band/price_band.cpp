// Refuses limit orders priced too far from the last trade of their instrument.
//
// Events: NewOrder is judged; Trade and Executed set the reference price; everything else passes.
// Order:  unchanged. Time: none used. Memory: one price an instrument, at start.
#include <array>
#include <vector>

#include "price_band.h"
#include "tickweir/stage.h"

namespace {
using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "band",
           .default_text = "500",
           .minimum = "1",
           .maximum = "10000",
           .unit = "basis points",
           .help = "How far from the last trade a price may lie, either way."},
    Option{.type = integer,
           .name = "instruments",
           .default_text = "65536",
           .minimum = "1",
           .maximum = "16777216",
           .help = "Instrument numbers below this are watched; orders in others pass."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "reference_changes", .help = "Reference prices set."},
};
enum Drop : std::uint32_t { outside_band };
constexpr std::array reasons{
    Reason{.name = "outside_band", .help = "The price is further from the last trade than the band allows."},
};

class PriceBand final : public Filter {
 public:
  explicit PriceBand(const Context& context)
      : band_(context.options.integer("band")),
        instruments_(context.options.integer("instruments")),
        changes_(context.counter("reference_changes")) {}

  void start() { last_.assign(static_cast<std::size_t>(instruments_), 0); }

  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (event.type == market::NewOrder::event_type) {
        const auto& order = payload<market::NewOrder>(event);
        if (order.instrument >= last_.size()) return;
        if (price_band::is_outside(order, last_[order.instrument], band_)) batch.drop(event, outside_band);
      } else if (event.type == market::Trade::event_type) {
        remember(payload<market::Trade>(event));
      } else if (event.type == market::Executed::event_type) {
        remember(payload<market::Executed>(event));
      }
    });
  }

 private:
  void remember(const auto& trade) {
    if (trade.instrument >= last_.size() || !price_band::is_reference(trade.price)) return;
    last_[trade.instrument] = trade.price;
    changes_.add();
  }

  std::int64_t band_, instruments_;
  Counter changes_;
  std::vector<std::int64_t> last_;  // prices by instrument; 0: no trade yet
};

}  // namespace

TICKWEIR_PLUGIN("filter_price_band", PriceBand,
                {.version = "1.0.0",
                 .summary = "Refuses orders priced too far from the last trade.",
                 .accepts = "NewOrder|Trade|Executed",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
