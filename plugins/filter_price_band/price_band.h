// The rule of the price band, apart from the stage so that tests and loops can use it alone.
//
// Threading: a pure function; any thread. Units: prices as in market.fbs, the band in basis points.
#pragma once

#include <cstdint>

#include "tickweir/market.h"

namespace tickweir::price_band {

// Only a valid price may become a reference: arithmetic on it then stays in range.
constexpr bool is_reference(std::int64_t price) {
  return market::validate_price(price) == market::RejectReason::None;
}

// Whether a limit order lies more than `band` away from `reference`, a valid price or 0: no trade yet.
constexpr bool is_outside(const market::NewOrder& order, std::int64_t reference, std::int64_t band) {
  if (order.kind != market::OrderKind::Limit || reference == 0) return false;
  const std::int64_t reach = reference * band / 10'000;
  return order.price < reference - reach || order.price > reference + reach;
}

}  // namespace tickweir::price_band
