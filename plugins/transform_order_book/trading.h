// How an order that arrives trades with those that rest, and what becomes of what it leaves.
//
// Threading: one thread. Memory: none of its own in the calls.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ending.h"

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

template <typename Listener>
class Trading : public Ending<Listener> {
 public:
  using Ending<Listener>::Ending;

 protected:
  using Ending<Listener>::store_;
  using Ending<Listener>::listener_;
  using Ending<Listener>::counts_;

  [[nodiscard]] const Place& met_by(const Taker& taker) const {
    return store_.levels().place(place_of(taker.instrument, opposite(taker.side)));
  }

  [[nodiscard]] std::uint64_t worst_of_market(const Taker& taker, std::int64_t protection) const {
    return protection == 0 ? rank_mask : met_by(taker).best_rank + static_cast<std::uint64_t>(protection);
  }
  [[nodiscard]] CancelReason reason_of_market(const Taker& taker) const {
    return met_by(taker).best != 0 ? CancelReason::Protection : CancelReason::NoLiquidity;
  }

  // Whether at least `needed` would trade at once, at ranks up to `worst`.
  [[nodiscard]] bool can_trade(const Taker& taker, std::uint64_t worst, std::uint32_t needed) const {
    const bool is_guarded = prevents_self_trade(taker);
    std::uint32_t left = taker.quantity;
    std::uint64_t traded = 0;
    for (std::uint32_t at = met_by(taker).best; at != 0 && left != 0; at = store_.next_worse(at)) {
      const Level& level = store_.level(at);
      if (level.rank() > worst || traded >= needed) break;
      if (!is_guarded) {
        traded += level.quantity;
        continue;
      }
      for (std::uint32_t i = level.first; i != 0 && left != 0; i = store_.order(i).next) {
        const Order& maker = store_.order(i);
        const std::uint32_t both = std::min(left, maker.quantity);
        const SelfTrade choice = market::self_trade_of(taker.flags);
        const bool is_own = maker.account == taker.account;
        if (is_own && (choice == SelfTrade::CancelNewest || choice == SelfTrade::CancelBoth)) {
          return traded >= needed;
        }
        if (!is_own) traded += both;
        if (!is_own || choice == SelfTrade::Decrement) left -= both;
      }
    }
    return traded >= needed;
  }

  // Trades at ranks up to `worst`.
  [[gnu::always_inline]] void trade(Taker& taker, std::uint64_t worst) {
    const Place& place = met_by(taker);
    while (taker.quantity != 0 && place.best != 0 && place.best_rank <= worst) {
      const std::int64_t price = price_of(opposite(taker.side), place.best_rank);
      if (prevents_self_trade(taker)) [[unlikely]] {
        trade_one_by_one(taker, place.best, price, false);
      } else {
        trade_with_level(taker, place.best, price);
      }
    }
  }

  [[gnu::noinline]] void trade_with_level(Taker& taker, std::uint32_t level_index, std::int64_t price) {
    store_.instruments.traded(taker.instrument, price);
    const Level after = store_.take_front(
        level_index, taker.quantity,
        [&](const Order& maker, std::uint32_t quantity) { execute(taker, maker, quantity, price); });
    if (taker.quantity != 0 && after.count != 0) [[unlikely]] {
      return trade_one_by_one(taker, level_index, price, true);
    }
    this->tell_level(after);
  }

  // `maker` as it was before.
  [[gnu::always_inline]] void execute(Taker& taker, const Order& maker, std::uint32_t quantity,
                                      std::int64_t price) {
    taker.quantity -= quantity;
    ++counts_.executed;
    const std::uint64_t match_id = store_.next_match_id++;
    if (!listener_.wants_executions()) return;
    listener_.execution({.match_id = match_id,
                         .maker_order_id = maker.id,
                         .taker_order_id = taker.id,
                         .price = price,
                         .quantity = quantity,
                         .instrument = taker.instrument,
                         .maker_remaining = maker.quantity - quantity,
                         .taker_remaining = taker.quantity,
                         .maker_account = maker.account,
                         .taker_account = taker.account,
                         .taker_side = taker.side},
                        true);
  }

  static bool prevents_self_trade(const Taker& taker) {
    return taker.account != 0 && market::self_trade_of(taker.flags) != SelfTrade::Allow;
  }

  // As trade_with_level, for what few do: where the taker meets its own account and prevents it, its choice
  // is followed; and makers may have extras. `has_changed`: the level has something to tell already.
  [[gnu::noinline]] void trade_one_by_one(Taker& taker, std::uint32_t level_index, std::int64_t price,
                                          bool has_changed) {
    const bool is_guarded = prevents_self_trade(taker);
    Level after = store_.level(level_index);
    while (taker.quantity != 0 && after.count != 0) {
      const std::uint32_t index = after.first;
      const Order maker = store_.order(index);
      const std::uint32_t both = std::min(taker.quantity, maker.quantity);
      if (!is_guarded || maker.account != taker.account) {
        after = store_.take(index, both);
        store_.instruments.traded(taker.instrument, price);
        execute(taker, maker, both, price);
      } else {
        const SelfTrade choice = market::self_trade_of(taker.flags);
        const bool is_decrement = choice == SelfTrade::Decrement;
        const std::uint32_t of_maker = is_decrement ? both : maker.quantity;
        const std::uint32_t of_taker = is_decrement ? both : taker.quantity;
        if (choice != SelfTrade::CancelNewest) {
          tell_prevented(maker.id, maker.account, taker.instrument, of_maker, maker.quantity - of_maker);
          after = store_.take(index, of_maker);
        }
        if (choice != SelfTrade::CancelOldest) {
          taker.quantity -= of_taker;
          tell_prevented(taker.id, taker.account, taker.instrument, of_taker, taker.quantity);
        }
        if (choice == SelfTrade::CancelNewest) break;
      }
      has_changed = true;
    }
    if (has_changed) this->tell_level(after);
  }

  void tell_prevented(std::uint64_t id, std::uint32_t account, std::uint32_t instrument,
                      std::uint32_t quantity, std::uint32_t remaining) {
    if (remaining == 0) ++counts_.cancelled;
    if (!listener_.wants_reports()) return;
    listener_.report(market::Cancelled{.order_id = id,
                                       .quantity = quantity,
                                       .remaining = remaining,
                                       .instrument = instrument,
                                       .account = account,
                                       .reason = CancelReason::SelfTrade});
  }

  void rest(const Taker& taker) {
    this->enter(taker.id, taker.account, taker.instrument, taker.side, taker.price, taker.quantity,
                taker.flags);
  }

  [[gnu::noinline]] void rest(const Taker& taker, const Extras& extras) {
    const std::uint32_t index = store_.enter(taker.id, taker.account, taker.instrument, taker.side,
                                             taker.price, taker.quantity, taker.flags);
    if (extras.bits() != 0) store_.give(index, extras);
    this->tell_level(store_.level_of(store_.order(index)));
  }

  void end_remainder(const Taker& taker, CancelReason reason) {
    ++counts_.cancelled;
    if (!listener_.wants_reports()) return;
    listener_.report(market::Cancelled{.order_id = taker.id,
                                       .quantity = taker.quantity,
                                       .remaining = 0,
                                       .instrument = taker.instrument,
                                       .account = taker.account,
                                       .reason = reason});
  }
};

}  // namespace tickweir::book
