// For tests: what the obvious book holds, as maps and lists. Plain data; a copy is a whole book of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "tickweir/market.h"

namespace tickweir::book {

using market::NewOrderExtended;
using market::Side;

// An order that rests, waits for its stop price, or is just arriving.
struct ObviousOrder {
  NewOrderExtended asked;
  std::uint32_t open = 0;   // what may still trade, shown or not
  std::uint32_t shown = 0;  // what everybody sees of it
  bool waits = false;       // a stop that was not triggered yet

  [[nodiscard]] std::uint64_t id() const { return asked.order_id; }
  // What it shows when it comes to the back of a queue.
  [[nodiscard]] std::uint32_t next_shown() const {
    return asked.display_quantity == 0 ? open : std::min(open, asked.display_quantity);
  }
};

using Ids = std::list<std::uint64_t>;
using Prices = std::map<std::int64_t, Ids>;  // no price is without orders

// One instrument.
struct ObviousInstrument {
  Prices bids, asks;             // orders that rest, by price, then time
  Prices buy_stops, sell_stops;  // orders that wait, by stop price, then time
  market::TradingState state = market::TradingState::Unknown;
  market::InstrumentRules rules{};
  std::int64_t reference_price = 0;  // 0: none was set
  std::int64_t last_price = 0;       // of the latest execution; 0: there was none
  std::uint64_t sequence = 0;        // of the latest OrderChanged
  market::TopOfBook told_top{};
  market::AuctionPrice told_auction{};

  [[nodiscard]] Prices& resting(Side side) { return side == Side::Buy ? bids : asks; }
  [[nodiscard]] Prices& waiting(Side side) { return side == Side::Buy ? buy_stops : sell_stops; }
  [[nodiscard]] const Prices& resting(Side side) const { return side == Side::Buy ? bids : asks; }
  // Matches what arrives.
  [[nodiscard]] bool is_open() const {
    return state == market::TradingState::Open || state == market::TradingState::Unknown;
  }
  // Collects what arrives, for one price later.
  [[nodiscard]] bool is_collecting() const {
    return state == market::TradingState::QuoteOnly || state == market::TradingState::OpeningAuction ||
           state == market::TradingState::ClosingAuction;
  }
};

constexpr Side other_side(Side side) {
  return side == Side::Buy ? Side::Sell : Side::Buy;
}

// 0 when nobody is there.
inline std::int64_t best_price(const ObviousInstrument& book, Side side) {
  const Prices& prices = book.resting(side);
  if (prices.empty()) return 0;
  return side == Side::Buy ? prices.rbegin()->first : prices.begin()->first;
}

// The ids of both lists' orders: resting bids and asks from the best price, then waiting stops from the price
// that is reached first.
inline std::vector<std::uint64_t> ids_in_order(const ObviousInstrument& book) {
  std::vector<std::uint64_t> ids;
  const auto add_up = [&ids](const Prices& prices) {
    for (const auto& [price, queue] : prices) ids.insert(ids.end(), queue.begin(), queue.end());
  };
  const auto add_down = [&ids](const Prices& prices) {
    for (auto at = prices.rbegin(); at != prices.rend(); ++at) {
      ids.insert(ids.end(), at->second.begin(), at->second.end());
    }
  };
  add_down(book.bids), add_up(book.asks), add_up(book.buy_stops), add_down(book.sell_stops);
  return ids;
}

inline void put_at_back(Prices& prices, std::int64_t price, std::uint64_t id) {
  prices[price].push_back(id);
}
inline void take_out(Prices& prices, std::int64_t price, std::uint64_t id) {
  prices.at(price).remove(id);
  if (prices.at(price).empty()) prices.erase(price);
}

// The nearest price below or above that is a multiple of the tick size.
inline std::int64_t tick_below(std::int64_t price, std::int64_t tick_size) {
  const std::int64_t tick = std::max<std::int64_t>(tick_size, 1);
  return (price - 1) / tick * tick;
}
inline std::int64_t tick_above(std::int64_t price, std::int64_t tick_size) {
  const std::int64_t tick = std::max<std::int64_t>(tick_size, 1);
  return (price / tick + 1) * tick;
}

}  // namespace tickweir::book
