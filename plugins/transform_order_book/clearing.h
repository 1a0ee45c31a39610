// The one price of a call auction, from the price levels alone.
//
// It trades most; of these, leaves the smallest surplus; of these, is nearest to the reference price; of two
// as near, is the higher one. Multiples of the tick size and prices of orders are candidates.
//
// Bids and asks are taken from the best price on until no more would trade. The price is then between the
// last ask and the last bid that were taken, where all prices trade the same; the surplus is least where it
// is, or at most one price further on either side.
//
// Threading: one thread. Memory: none. Cost: a look at each level that would trade, whatever the tick size;
// while icebergs are about, at each order there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "book_store.h"

namespace tickweir::book {

struct Clearing {
  std::int64_t price = 0;
  std::uint64_t demand = 0;  // open at this price or better
  std::uint64_t supply = 0;

  // 0: nothing crosses.
  [[nodiscard]] std::uint64_t quantity() const { return std::min(demand, supply); }
  [[nodiscard]] std::uint64_t surplus() const { return std::max(demand, supply) - quantity(); }
  [[nodiscard]] Side surplus_side() const {
    if (demand == supply) return Side::None;
    return demand > supply ? Side::Buy : Side::Sell;
  }
};

namespace detail {

// A walk from the best level of a side on, with the sum of what was passed.
class Walk {
 public:
  Walk(const BookStore& store, std::uint32_t instrument, Side side)
      : store_(&store), side_(side), level_(store.best(instrument, side)), sum_(open()) {}

  [[nodiscard]] bool is_over() const { return level_ == 0; }
  // Behind the end: worse than all others.
  [[nodiscard]] std::int64_t price() const {
    if (is_over()) return side_ == Side::Buy ? 0 : market::price_max + 1;
    return store_->level(level_).price();
  }
  // Open up to here, this level included.
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  // One level further.
  [[nodiscard]] Walk next() const {
    Walk further = *this;
    further.level_ = is_over() ? 0 : store_->next_worse(level_);
    further.sum_ += further.open();
    return further;
  }

 private:
  [[nodiscard]] std::uint64_t open() const { return is_over() ? 0 : store_->open(store_->level(level_)); }

  const BookStore* store_;
  Side side_;
  std::uint32_t level_;
  std::uint64_t sum_;
};

// The best of the prices that are tried.
class Choice {
 public:
  Choice(std::int64_t reference, std::int64_t tick)
      : reference_(reference), tick_(std::max<std::int64_t>(tick, 1)) {}

  // Prices from `low` to `high`, at each of which so much is open; which of the two are prices of orders?
  void consider(std::int64_t low, std::int64_t high, bool has_low, bool has_high, std::uint64_t demand,
                std::uint64_t supply) {
    if (low > high) return;
    const std::int64_t nearest = std::clamp(reference_, low, high);
    const std::int64_t below = nearest / tick_ * tick_;
    for (const std::int64_t price : {below, below + (below < nearest ? tick_ : 0)}) {
      if (price >= low && price <= high) take({price, demand, supply});
    }
    if (has_low) take({low, demand, supply});
    if (has_high) take({high, demand, supply});
  }
  [[nodiscard]] const Clearing& best() const { return best_; }

 private:
  void take(const Clearing& tried) {
    const auto fault = [this](const Clearing& of) {
      return std::tuple(of.surplus(), std::abs(of.price - reference_), -of.price);
    };
    if (best_.price == 0 || fault(tried) < fault(best_)) best_ = tried;
  }

  std::int64_t reference_;
  std::int64_t tick_;
  Clearing best_;
};

}  // namespace detail

inline Clearing clearing_price(const BookStore& store, std::uint32_t number) {
  detail::Walk bid(store, number, Side::Buy);
  detail::Walk ask(store, number, Side::Sell);
  if (bid.price() < ask.price()) return {};
  detail::Walk next_bid = bid.next();
  detail::Walk next_ask = ask.next();
  for (;;) {
    const bool takes_bid = bid.sum() <= ask.sum();
    const bool takes_ask = ask.sum() <= bid.sum();
    if ((takes_bid ? next_bid : bid).price() < (takes_ask ? next_ask : ask).price()) break;
    if (takes_bid) bid = next_bid, next_bid = bid.next();
    if (takes_ask) ask = next_ask, next_ask = ask.next();
  }
  const Instrument& instrument = store.instruments[number];
  detail::Choice choice(instrument.reference_price != 0 ? instrument.reference_price : instrument.last_price,
                        instrument.rules.tick_size);
  // Where just these trade; one bid lower; one ask higher.
  const std::int64_t low = std::max(ask.price(), next_bid.price() + 1);
  const std::int64_t high = std::min(bid.price(), next_ask.price() - 1);
  choice.consider(low, high, low == ask.price(), high == bid.price(), bid.sum(), ask.sum());
  if (next_bid.price() >= ask.price()) {
    const std::int64_t lower = std::max(ask.price(), next_bid.next().price() + 1);
    choice.consider(lower, next_bid.price(), lower == ask.price(), true, next_bid.sum(), ask.sum());
  }
  if (next_ask.price() <= bid.price()) {
    const std::int64_t higher = std::min(bid.price(), next_ask.next().price() - 1);
    choice.consider(next_ask.price(), higher, true, higher == bid.price(), bid.sum(), next_ask.sum());
  }
  return choice.best();
}

}  // namespace tickweir::book
