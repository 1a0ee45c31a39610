// For tests: the one price of a call auction, found by trying every price that could be it.
//
// It trades most; of these, leaves the smallest surplus; of these, is nearest to the reference price; of two
// as near, is the higher one. Only multiples of the tick size and prices of orders are tried.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>

#include "obvious_orders.h"

namespace tickweir::book {

struct ClearingPrice {
  std::int64_t price = 0;
  std::uint64_t demand = 0;  // open at this price or better
  std::uint64_t supply = 0;

  [[nodiscard]] std::uint64_t quantity() const { return std::min(demand, supply); }
  [[nodiscard]] std::uint64_t surplus() const { return std::max(demand, supply) - quantity(); }
  [[nodiscard]] Side surplus_side() const {
    if (demand == supply) return Side::None;
    return demand > supply ? Side::Buy : Side::Sell;
  }
};

// Every price at which the balance may differ from that of its neighbours, and the reference itself.
inline std::set<std::int64_t> prices_to_try(const ObviousInstrument& book, std::int64_t reference) {
  std::set<std::int64_t> prices;
  const std::int64_t tick = book.rules.tick_size;
  const auto add_near = [&](std::int64_t price) {
    prices.insert({tick_below(price, tick), tick_above(price, tick)});
  };
  for (const auto* side : {&book.bids, &book.asks}) {
    for (const auto& [price, queue] : *side) prices.insert(price), add_near(price);
  }
  add_near(reference);
  if (tick <= 1 || reference % tick == 0) prices.insert(reference);
  return prices;
}

// `open_at(queue)`: what the orders of a queue have open, shown or not. Quantity 0: nothing crosses.
template <typename OpenAt>
ClearingPrice clearing_price(const ObviousInstrument& book, OpenAt&& open_at) {
  const std::int64_t reference = book.reference_price != 0 ? book.reference_price : book.last_price;
  ClearingPrice best;
  for (const std::int64_t price : prices_to_try(book, reference)) {
    ClearingPrice tried{.price = price};
    for (const auto& [bid, queue] : book.bids) tried.demand += bid >= price ? open_at(queue) : 0;
    for (const auto& [ask, queue] : book.asks) tried.supply += ask <= price ? open_at(queue) : 0;
    const auto merit = [reference](const ClearingPrice& of) {
      const std::int64_t distance = of.price > reference ? of.price - reference : reference - of.price;
      return std::tuple(of.quantity(), -static_cast<std::int64_t>(of.surplus()), -distance, of.price);
    };
    if (tried.quantity() != 0 && merit(tried) > merit(best)) best = tried;
  }
  return best;
}

}  // namespace tickweir::book
