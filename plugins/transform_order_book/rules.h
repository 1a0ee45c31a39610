// Whether an instrument's state and rules let an order in. Asked of special instruments only.
//
// Threading: one thread. Memory: none.
#pragma once

#include <cstdint>

#include "instruments.h"
#include "tickweir/market.h"

namespace tickweir::book {

using market::NewOrderExtended;
using market::RejectReason;

// Once accepted, it rests, or waits for its stop price.
constexpr bool stays(const auto& order) {
  return market::has_limit(order.kind) ? market::may_rest(order.time_in_force) : market::is_stop(order.kind);
}

inline RejectReason judge_state(const Instrument& instrument, const NewOrderExtended& order) {
  if (instrument.is_open()) return RejectReason::None;
  const bool may_be_collected = stays(order) && market::post_only_of(order.flags) == market::PostOnly::No;
  return instrument.is_collecting() && may_be_collected ? RejectReason::None : RejectReason::TradingState;
}

inline RejectReason judge_band(const Instrument& instrument, std::int64_t price) {
  const std::int64_t band = instrument.rules.price_band;
  const std::int64_t reference = instrument.reference_price;
  if (band == 0 || reference == 0) return RejectReason::None;
  const bool is_inside = price >= reference - band && price <= reference + band;
  return is_inside ? RejectReason::None : RejectReason::PriceBand;
}

inline RejectReason judge_rules(const Instrument& instrument, const NewOrderExtended& order) {
  const market::InstrumentRules& rules = instrument.rules;
  const auto is_off = [](auto value, auto unit) { return unit != 0 && value % unit != 0; };
  if (is_off(order.price, rules.tick_size) || is_off(order.stop_price, rules.tick_size)) {
    return RejectReason::TickSize;
  }
  if (is_off(order.quantity, rules.lot_size) || is_off(order.display_quantity, rules.lot_size)) {
    return RejectReason::LotSize;
  }
  const bool has_limit = market::has_limit(order.kind);
  if (has_limit && judge_band(instrument, order.price) != RejectReason::None) return RejectReason::PriceBand;
  if (rules.max_quantity != 0 && order.quantity > rules.max_quantity) return RejectReason::QuantityLimit;
  const std::uint64_t notional = static_cast<std::uint64_t>(order.price) * order.quantity;
  const bool is_too_much = has_limit && rules.max_notional != 0 && notional > rules.max_notional;
  return is_too_much ? RejectReason::NotionalLimit : RejectReason::None;
}

// The nearest multiple of the tick size behind a price.
constexpr std::int64_t next_tick_below(const Instrument& instrument, std::int64_t price) {
  const std::int64_t tick = std::max<std::int64_t>(instrument.rules.tick_size, 1);
  return (price - 1) / tick * tick;
}
constexpr std::int64_t next_tick_above(const Instrument& instrument, std::int64_t price) {
  const std::int64_t tick = std::max<std::int64_t>(instrument.rules.tick_size, 1);
  return (price / tick + 1) * tick;
}

}  // namespace tickweir::book
