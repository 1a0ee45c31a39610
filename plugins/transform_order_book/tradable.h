// An order that arrives, and what of it would trade at once: found without trading.
//
// Threading: one thread. Memory: none.
// Cost:      a look at each price up to its limit; also at each order there, if it prevents self-trades or
//            icebergs are about. No more of them than the quantity it wants, those apart that it would
//            cancel.
#pragma once

#include <algorithm>
#include <cstdint>

#include "book_store.h"

namespace tickweir::book {

using market::SelfTrade;

// An order that is arriving.
struct Taker {
  std::uint64_t id = 0;
  std::int64_t price = 0;
  std::uint32_t quantity = 0;  // still wanted
  std::uint32_t instrument = 0;
  std::uint32_t account = 0;
  Side side = Side::None;
  std::uint8_t flags = 0;
};

constexpr std::uint32_t place_of(const Taker& taker) {
  return place_of(taker.instrument, taker.side);
}
constexpr std::uint64_t rank_of(const Taker& taker) {
  return rank_of(taker.side, taker.price);
}
inline const Place& met_by(const BookStore& store, const Taker& taker) {
  return store.levels().place(place_of(taker) ^ 1U);
}
inline bool prevents_self_trade(const Taker& taker) {
  return taker.account != 0 && market::self_trade_of(taker.flags) != SelfTrade::Allow;
}

class Tradable {
 public:
  // At ranks up to `worst`.
  Tradable(const BookStore& store, const Taker& taker, std::uint64_t worst)
      : store_(store),
        taker_(taker),
        worst_(worst),
        choice_(prevents_self_trade(taker) ? market::self_trade_of(taker.flags) : SelfTrade::Allow),
        left_(taker.quantity) {}

  // Whether so much would trade. `needed` is at most what the taker wants. To be asked once.
  [[nodiscard]] bool is_at_least(std::uint32_t needed) {
    const bool looks_at_orders = choice_ != SelfTrade::Allow || store_.iceberg_count() != 0;
    for (std::uint32_t at = met_by(store_, taker_).best; at != 0; at = store_.next_worse(at)) {
      const Level& level = store_.level(at);
      if (traded_ >= needed || left_ == 0 || level.rank() > worst_) break;
      if (looks_at_orders) {
        add_orders(level);
      } else {
        traded_ += level.quantity;
      }
    }
    return traded_ >= needed;
  }

 private:
  [[nodiscard]] bool is_own(const Order& maker) const {
    return choice_ != SelfTrade::Allow && maker.account == taker_.account;
  }

  // What an order gives in its first `turns` at the front of its queue.
  [[nodiscard]] std::uint64_t given(std::uint32_t index, std::uint64_t turns) const {
    if (turns == 0) return 0;
    const std::uint64_t shown = store_.order(index).quantity;
    if (store_.hidden(index) == 0) return shown;
    return std::min<std::uint64_t>(store_.open(index), shown + (turns - 1) * store_.extras(index).display);
  }
  // More than what is left to want need not be added up.
  [[nodiscard]] std::uint64_t given_by_all(const Level& level, std::uint64_t turns) const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = level.first; i != 0 && sum <= left_; i = store_.order(i).next)
      sum += given(i, turns);
    return sum;
  }

  void add_orders(const Level& level) {
    if (choice_ == SelfTrade::Decrement) return add_turns(level);
    const bool stops_at_own = choice_ == SelfTrade::CancelNewest || choice_ == SelfTrade::CancelBoth;
    std::uint64_t shown = 0;  // by others so far
    std::uint64_t open = 0;
    for (std::uint32_t i = level.first; i != 0 && shown < left_; i = store_.order(i).next) {
      if (!is_own(store_.order(i))) {
        shown += store_.order(i).quantity;
        open += store_.open(i);
      } else if (stops_at_own) {  // before anybody shows more
        add(shown);
        left_ = 0;
        return;
      }
    }
    add(open);
  }
  void add(std::uint64_t quantity) {
    const std::uint64_t both = std::min<std::uint64_t>(left_, quantity);
    traded_ += both;
    left_ -= both;
  }

  // Own orders use the taker up, too. So it counts who comes first: all have one turn after the other.
  void add_turns(const Level& level) {
    std::uint64_t turns = 0;  // that all have in full
    for (std::uint64_t step = std::uint64_t{1} << 28; step != 0; step /= 2) {
      if (given_by_all(level, turns + step) <= left_) turns += step;
    }
    for (const std::uint64_t until : {turns, turns + 1}) {
      const std::uint64_t from = until == turns ? 0 : turns;
      for (std::uint32_t i = level.first; i != 0 && left_ != 0; i = store_.order(i).next) {
        const std::uint64_t both = std::min<std::uint64_t>(left_, given(i, until) - given(i, from));
        if (!is_own(store_.order(i))) traded_ += both;
        left_ -= both;
      }
    }
  }

  const BookStore& store_;
  const Taker& taker_;
  std::uint64_t worst_;
  SelfTrade choice_;
  std::uint64_t left_;        // that the taker still wants
  std::uint64_t traded_ = 0;  // more than it wants, where nobody looks at orders
};

}  // namespace tickweir::book
