// For tests: whether an instrument's rules and state let an order in.
#pragma once

#include "obvious_orders.h"

namespace tickweir::book {

using market::RejectReason;

// Once accepted, it may stay: it rests, or waits for its stop price.
inline bool may_stay(const NewOrderExtended& order) {
  return market::has_limit(order.kind) ? market::may_rest(order.time_in_force) : market::is_stop(order.kind);
}

inline RejectReason judge_state(const ObviousInstrument& book, const NewOrderExtended& order) {
  if (book.is_open()) return RejectReason::None;
  const bool may_be_collected = may_stay(order) && market::post_only_of(order.flags) == market::PostOnly::No;
  return book.is_collecting() && may_be_collected ? RejectReason::None : RejectReason::TradingState;
}

inline RejectReason judge_band(const ObviousInstrument& book, std::int64_t price) {
  if (book.rules.price_band == 0 || book.reference_price == 0) return RejectReason::None;
  const bool is_outside = price < book.reference_price - book.rules.price_band ||
                          price > book.reference_price + book.rules.price_band;
  return is_outside ? RejectReason::PriceBand : RejectReason::None;
}

inline RejectReason judge_rules(const ObviousInstrument& book, const NewOrderExtended& order) {
  const market::InstrumentRules& rules = book.rules;
  const auto is_off = [](auto value, auto unit) { return unit != 0 && value % unit != 0; };
  if (is_off(order.price, rules.tick_size) || is_off(order.stop_price, rules.tick_size)) {
    return RejectReason::TickSize;
  }
  if (is_off(order.quantity, rules.lot_size) || is_off(order.display_quantity, rules.lot_size)) {
    return RejectReason::LotSize;
  }
  const bool has_limit = market::has_limit(order.kind);
  if (has_limit && judge_band(book, order.price) != RejectReason::None) return RejectReason::PriceBand;
  if (rules.max_quantity != 0 && order.quantity > rules.max_quantity) return RejectReason::QuantityLimit;
  const auto notional = static_cast<std::uint64_t>(order.price) * order.quantity;
  if (has_limit && rules.max_notional != 0 && notional > rules.max_notional) {
    return RejectReason::NotionalLimit;
  }
  return RejectReason::None;
}

// Turns down a post-only order that would trade, or moves its price to where it does not.
inline RejectReason judge_post_only(const ObviousInstrument& book, NewOrderExtended& order) {
  const market::PostOnly post_only = market::post_only_of(order.flags);
  const std::int64_t opposite = best_price(book, other_side(order.side));
  if (post_only == market::PostOnly::No || opposite == 0) return RejectReason::None;
  const bool is_buy = order.side == Side::Buy;
  if (is_buy ? order.price < opposite : order.price > opposite) return RejectReason::None;
  if (post_only == market::PostOnly::Reject) return RejectReason::PostOnly;
  order.price =
      is_buy ? tick_below(opposite, book.rules.tick_size) : tick_above(opposite, book.rules.tick_size);
  if (market::validate_price(order.price) != RejectReason::None) return RejectReason::PostOnly;
  return judge_band(book, order.price);
}

}  // namespace tickweir::book
