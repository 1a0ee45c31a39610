// Refuses orders whose quantity is no multiple of their instrument's lot size.
//
// Events:  NewOrder and Replace are judged; Instrument sets a lot size; everything else passes.
// Order:   unchanged. Time: none used. Memory: one number per instrument, reserved at start.
// Cost:    one division per order.
#include <array>
#include <optional>

#include "round_lots.h"
#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "lot_size",
           .default_text = "100",
           .minimum = "1",
           .maximum = "1000000",
           .unit = "shares",
           .help = "Of instruments that do not say theirs."},
    Option{.type = integer,
           .name = "instruments",
           .default_text = "65536",
           .minimum = "1",
           .maximum = "16777216",
           .help = "Instrument numbers below this may have a lot size of their own."},
};
enum Drop : std::uint32_t { odd_lot, too_short };
constexpr std::array reasons{
    Reason{.name = "odd_lot", .help = "The quantity is no multiple of the lot size."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

class FilterRoundLots final : public Filter {
 public:
  explicit FilterRoundLots(const Context& context)
      : lot_size_(static_cast<std::uint32_t>(context.options.integer("lot_size"))),
        instruments_(static_cast<std::uint32_t>(context.options.integer("instruments"))) {}

  void start() { lots_.emplace(instruments_, lot_size_); }

  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (const auto* order = payload_if<market::NewOrder>(event)) {
        judge(batch, event, *order);
      } else if (const auto* replace = payload_if<market::Replace>(event)) {
        judge(batch, event, *replace);
      } else if (is_too_short<market::NewOrder, market::Replace, market::Instrument>(event)) {
        batch.drop(event, too_short);
      } else {
        follow(event);
      }
    });
  }

  void save(StateWriter& out) const { lots_->save(out); }
  void load(StateReader& in) { lots_->load(in); }
  void recover(const BatchView& batch) {
    batch.for_each([&](const Event& event) { follow(event); });
  }

 private:
  void follow(const Event& event) {
    const auto* about = payload_if<market::Instrument>(event);
    if (about != nullptr) lots_->set(about->instrument, about->lot_size);
  }
  void judge(Batch& batch, Event& event, const auto& order) {
    if (!lots_->is_round(order.instrument, order.quantity)) batch.drop(event, odd_lot);
  }

  std::uint32_t lot_size_;
  std::uint32_t instruments_;
  std::optional<RoundLots> lots_;
};

}  // namespace

TICKWEIR_PLUGIN("filter_round_lots", FilterRoundLots,
                {.version = "1.0.0",
                 .summary = "Refuses orders that are no multiple of the lot size.",
                 .accepts = "NewOrder|Replace|Instrument",
                 .options = options,
                 .reasons = reasons})
