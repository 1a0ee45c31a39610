// How an order that arrives trades with those that rest, and what becomes of what it leaves.
//
// Threading: one thread. Memory: none of its own in the calls.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ending.h"
#include "tradable.h"

namespace tickweir::book {

template <typename Listener>
class Trading : public Ending<Listener> {
 public:
  using Ending<Listener>::Ending;

 protected:
  using Ending<Listener>::store_;
  using Ending<Listener>::listener_;
  using Ending<Listener>::counts_;

  [[nodiscard]] const Place& met_by(const Taker& taker) const { return book::met_by(store_, taker); }
  [[nodiscard]] bool can_trade(const Taker& taker, std::uint64_t worst, std::uint32_t needed) const {
    return Tradable(store_, taker, worst).is_at_least(needed);
  }

  [[nodiscard]] std::uint64_t worst_of_market(const Taker& taker, std::int64_t protection) const {
    return protection == 0 ? rank_mask : met_by(taker).best_rank + static_cast<std::uint64_t>(protection);
  }
  [[nodiscard]] CancelReason reason_of_market(const Taker& taker) const {
    return met_by(taker).best != 0 ? CancelReason::Protection : CancelReason::NoLiquidity;
  }

  // Trades at ranks up to `worst`.
  [[gnu::noinline]] void trade(Taker& taker, std::uint64_t worst) {
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

  [[gnu::always_inline]] void trade_with_level(Taker& taker, std::uint32_t level_index, std::int64_t price) {
    store_.instruments.traded(taker.instrument, price);
    const Level& after =
        store_.take_front(level_index, taker.quantity, [&](const Order& maker, std::uint32_t quantity) {
          execute(taker, maker, quantity, price);
          this->tell_less(maker.id, maker.quantity - quantity, store_.level(level_index));
        });
    if (taker.quantity != 0 && after.count != 0) [[unlikely]] {
      return trade_one_by_one(taker, level_index, price, true);
    }
    this->tell_level(after);
  }

  // `maker` as it was before.
  [[gnu::always_inline]] void execute(Taker& taker, const Order& maker, std::uint32_t quantity,
                                      std::int64_t price, std::uint32_t maker_hidden = 0) {
    taker.quantity -= quantity;
    ++counts_.executed;
    const std::uint64_t match_id = store_.take_match_id(taker.instrument);
    if (!listener_.wants_executions()) return;
    listener_.execution({.match_id = match_id,
                         .maker_order_id = maker.id,
                         .taker_order_id = taker.id,
                         .price = price,
                         .quantity = quantity,
                         .instrument = taker.instrument,
                         .maker_remaining = maker.quantity - quantity + maker_hidden,
                         .taker_remaining = taker.quantity,
                         .maker_account = maker.account,
                         .taker_account = taker.account,
                         .taker_side = taker.side},
                        true);
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
      const std::uint32_t hidden = store_.hidden(index);
      const std::uint32_t both = std::min(taker.quantity, maker.quantity);
      if (!is_guarded || maker.account != taker.account) {
        after = store_.take(store_.found(index), both);
        store_.instruments.traded(taker.instrument, price);
        execute(taker, maker, both, price, hidden);
        this->tell_less(maker.id, maker.quantity - both, after);
      } else {
        if (market::self_trade_of(taker.flags) == SelfTrade::CancelNewest) {
          take_off_taker(taker, taker.quantity);
          break;
        }
        after = prevent(taker, index, both);
      }
      has_changed = true;
      const bool is_refreshed = hidden != 0 && both == maker.quantity && store_.order(index).id == maker.id;
      if (is_refreshed) tell_refreshed(after, index);
    }
    if (has_changed) this->tell_level(after);
  }

  // `both`: what the two would have traded. Returns a copy of the level as it is afterwards.
  Level prevent(Taker& taker, std::uint32_t index, std::uint32_t both) {
    const Order maker = store_.order(index);
    const SelfTrade choice = market::self_trade_of(taker.flags);
    const bool is_decrement = choice == SelfTrade::Decrement;
    const std::uint32_t open = store_.open(index);
    const std::uint32_t quantity = is_decrement ? both : open;
    tell_prevented(maker.id, maker.account, taker.instrument, quantity, open - quantity);
    if (choice != SelfTrade::CancelOldest) take_off_taker(taker, is_decrement ? both : taker.quantity);
    const std::uint32_t of_shown = is_decrement ? both : store_.take_hidden(index, open);
    const Level& after = store_.take(store_.found(index), of_shown);
    this->tell_less(maker.id, maker.quantity - of_shown, after);
    return after;
  }
  void take_off_taker(Taker& taker, std::uint32_t quantity) {
    taker.quantity -= quantity;
    tell_prevented(taker.id, taker.account, taker.instrument, quantity, taker.quantity);
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

  [[gnu::noinline]] void rest(const Taker& taker) { this->tell_entered(enter(taker, taker.quantity)); }

  [[gnu::noinline]] void rest(const Taker& taker, Extras extras) {
    const std::uint32_t shown =
        extras.display != 0 ? std::min(taker.quantity, extras.display) : taker.quantity;
    extras.hidden = taker.quantity - shown;
    const std::uint32_t index = enter(taker, shown);
    if (extras.bits() != 0) store_.give(index, extras);
    this->tell_entered(index);
  }
  std::uint32_t enter(const Taker& taker, std::uint32_t shown) {
    return store_.enter(store_.spot_of(taker.instrument, taker.id),
                        {.id = taker.id, .quantity = shown, .account = taker.account, .flags = taker.flags},
                        place_of(taker), rank_of(taker));
  }
  // An iceberg has come to the back of its level with its next part.
  void tell_refreshed(const Level& level, std::uint32_t index) {
    const Order& order = store_.order(index);
    this->tell_order(OrderChange::Entered, order.id, order.quantity, level);
    if (!listener_.wants_reports()) return;
    listener_.report(market::Refreshed{.order_id = order.id,
                                       .displayed = order.quantity,
                                       .remaining = store_.open(index),
                                       .instrument = level.instrument(),
                                       .account = order.account});
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
