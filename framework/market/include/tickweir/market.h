// The market vocabulary for C++: payload structs (generated from market.fbs) and their validation.
//
// Threading: plain data and pure functions; any thread.
// Units:     see market.fbs. Prices are integers in the venue's smallest unit, never floating point.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "tickweir/event.h"
#include "tickweir/market_events.h"

namespace tickweir::market {

static_assert(event_size<NewOrder> == 64, "a new order is one cache line");

// The largest price and quantity a valid order may carry. Their product fits a signed 64-bit notional.
constexpr std::int64_t price_max = std::int64_t{1} << 36;
constexpr std::uint32_t quantity_max = (std::uint32_t{1} << 27) - 1;

// Instruments are numbered from 1.
constexpr bool is_valid_instrument(std::uint32_t instrument) { return instrument != 0; }

constexpr RejectReason validate_quantity(std::uint32_t quantity) {
  if (quantity == 0) return RejectReason::InvalidQuantity;
  return quantity > quantity_max ? RejectReason::Overflow : RejectReason::None;
}
constexpr RejectReason validate_price(std::int64_t price) {
  if (price <= 0) return RejectReason::InvalidPrice;
  return price > price_max ? RejectReason::Overflow : RejectReason::None;
}

// The first thing wrong with a request, by field; None when it may enter a book. A market order
// carries price 0.
constexpr RejectReason validate(const NewOrder& order) {
  if (order.order_id == 0) return RejectReason::InvalidOrderId;
  if (!is_valid_instrument(order.instrument)) return RejectReason::InvalidInstrument;
  if (order.side != Side::Buy && order.side != Side::Sell) return RejectReason::InvalidSide;
  if (order.kind > OrderKind::Market || order.time_in_force > TimeInForce::ImmediateOrCancel) {
    return RejectReason::InvalidKind;
  }
  if (order.kind == OrderKind::Market && order.price != 0) return RejectReason::InvalidPrice;
  if (order.kind == OrderKind::Limit) {
    if (const auto reason = validate_price(order.price); reason != RejectReason::None) return reason;
  }
  return validate_quantity(order.quantity);
}
constexpr RejectReason validate(const Cancel& cancel) {
  return cancel.order_id == 0 ? RejectReason::InvalidOrderId : RejectReason::None;
}
constexpr RejectReason validate(const Reduce& reduce) {
  if (reduce.order_id == 0) return RejectReason::InvalidOrderId;
  return validate_quantity(reduce.quantity);
}
constexpr RejectReason validate(const Replace& replace) {
  if (replace.order_id == 0 || replace.new_order_id == 0) return RejectReason::InvalidOrderId;
  if (const auto reason = validate_price(replace.price); reason != RejectReason::None) return reason;
  return validate_quantity(replace.quantity);
}

}  // namespace tickweir::market
