// Refuses limit orders priced too far from the last trade of their instrument.
//
// Events: new orders of both forms are judged; Trade and Executed set the reference price; all else passes.
// Order:  unchanged. Time: none used. Memory: one price an instrument, at start.
#include <array>
#include <optional>

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
enum Drop : std::uint32_t { outside_band, too_short };
constexpr std::array reasons{
    Reason{.name = "outside_band", .help = "The price is further from the last trade than the band allows."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

class PriceBand final : public Filter {
 public:
  explicit PriceBand(const Context& context)
      : band_(context.options.integer("band")),
        instruments_(static_cast<std::uint64_t>(context.options.integer("instruments"))),
        changes_(context.counter("reference_changes")) {}

  void start() { last_.emplace(instruments_); }

  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (const auto* order = payload_if<market::NewOrder>(event)) {
        judge(batch, event, *order);
      } else if (const auto* extended = payload_if<market::NewOrderExtended>(event)) {
        judge(batch, event, *extended);
      } else if (is_too_short<market::NewOrder, market::NewOrderExtended, market::Trade, market::Executed>(
                     event)) {
        batch.drop(event, too_short);
      } else {
        follow(event);
      }
    });
  }

  void save(StateWriter& out) const { last_->save(out); }
  void load(StateReader& in) { last_->load(in); }
  void recover(const BatchView& batch) {
    batch.for_each([&](const Event& event) { follow(event); });
  }
  void show(TextWriter& out) const { last_->show(out); }

 private:
  void judge(Batch& batch, Event& event, const auto& order) {
    if (price_band::is_outside(order, last_->of(order.instrument), band_)) batch.drop(event, outside_band);
  }
  void follow(const Event& event) {
    if (const auto* trade = payload_if<market::Trade>(event)) remember(*trade);
    if (const auto* executed = payload_if<market::Executed>(event)) remember(*executed);
  }
  void remember(const auto& trade) {
    if (last_->set(trade.instrument, trade.price)) changes_.add();
  }

  std::int64_t band_;
  std::uint64_t instruments_;
  Counter changes_;
  std::optional<price_band::LastPrices> last_;
};

}  // namespace

TICKWEIR_PLUGIN("filter_price_band", PriceBand,
                {.version = "1.0.0",
                 .summary = "Refuses orders priced too far from the last trade.",
                 .accepts = "NewOrder|NewOrderExtended|Trade|Executed",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
