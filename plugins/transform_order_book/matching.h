// The rules of a matching venue: price, then time; trades at the maker's price.
//
// Each request gives a fixed sequence of reports; the README has the table.
//
// Threading: one thread. Memory: none of its own in the calls. Errors: a request that cannot be followed is
//            rejected with a reason and changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reporting.h"

namespace tickweir::book {

using market::CancelReason;
using market::SelfTrade;

template <typename Listener>
class Matching : public Reporting<Listener> {
 public:
  using Reporting<Listener>::Reporting;

  void request(const market::NewOrder& order) { enter_book(order, {}); }
  void request(const market::NewOrderExtended& order) {
    if (order.display_quantity != 0 && market::validate(order) == RejectReason::None) {
      return this->reject(order, RejectReason::InvalidKind);
    }
    enter_book(order, {.protection = order.protection, .minimum = order.minimum_quantity});
  }

  void request(const market::Cancel& cancel) {
    const std::uint32_t index = find_or_reject(cancel);
    if (index == 0) return;
    const std::uint32_t instrument = store_.level_of(store_.order(index)).instrument();
    this->cancel_quantity(index, store_.order(index).quantity, CancelReason::Requested);
    this->tell_top(instrument);
  }

  // Keeps the place in the queue. Taking all that is open, or more, ends the order.
  void request(const market::Reduce& reduce) {
    const std::uint32_t index = find_or_reject(reduce);
    if (index == 0) return;
    const Order& order = store_.order(index);
    const std::uint32_t instrument = store_.level_of(order).instrument();
    this->cancel_quantity(index, std::min(reduce.quantity, order.quantity), CancelReason::Reduced);
    this->tell_top(instrument);
  }

  // `quantity` is what shall be open. At the same price, for no more than is open, the place in the queue is
  // kept. The new id may be the old one.
  void request(const market::Replace& replace) {
    const std::uint32_t index = find_or_reject(replace);
    if (index == 0) return;
    if (replace.new_order_id != replace.order_id && store_.find(replace.new_order_id) != 0) {
      return this->reject(replace, RejectReason::DuplicateOrderId);
    }
    const Order& old = store_.order(index);
    const Level& level = store_.level_of(old);
    Taker taker{.id = replace.new_order_id,
                .price = replace.price,
                .quantity = replace.quantity,
                .instrument = level.instrument(),
                .account = old.account,
                .side = level.side(),
                .flags = old.flags};
    if (!keep_off(taker)) return this->reject(replace, RejectReason::PostOnly);
    if (taker.price == level.price() && taker.quantity <= old.quantity) {
      store_.rename(index, taker.id, taker.quantity);
      this->tell_replaced(replace, taker.price, taker.instrument, taker.account);
      this->tell_level(level);
    } else {
      this->tell_level(store_.take(index, old.quantity));
      this->tell_replaced(replace, taker.price, taker.instrument, taker.account);
      trade(taker, rank_of(opposite(taker.side), taker.price));
      if (taker.quantity != 0) rest(taker);
    }
    this->tell_top(taker.instrument);
  }

 private:
  using Reporting<Listener>::store_;
  using Reporting<Listener>::listener_;
  using Reporting<Listener>::counts_;

  struct Taker {
    std::uint64_t id = 0;
    std::int64_t price = 0;
    std::uint32_t quantity = 0;  // still wanted
    std::uint32_t instrument = 0;
    std::uint32_t account = 0;
    Side side = Side::None;
    std::uint8_t flags = 0;
  };
  // What few orders ask for.
  struct Extras {
    std::int64_t protection = 0;
    std::uint32_t minimum = 0;
  };

  template <typename NewOrder>
  [[gnu::always_inline]] void enter_book(const NewOrder& order, const Extras& extras) {
    RejectReason reason = judge(order);
    Taker taker{.id = order.order_id,
                .price = order.price,
                .quantity = order.quantity,
                .instrument = order.instrument,
                .account = order.account,
                .side = order.side,
                .flags = order.flags};
    if (reason == RejectReason::None && !keep_off(taker)) reason = RejectReason::PostOnly;
    // Refused even if it would trade at once: whether there is room must not depend on the other side.
    if (reason == RejectReason::None && rests(order) && store_.is_full()) reason = RejectReason::OrderLimit;
    if (reason != RejectReason::None) return this->reject(order, reason);
    this->tell_accepted(order, taker.price);
    const bool is_market = order.kind == market::OrderKind::Market;
    const std::uint64_t worst =
        is_market ? worst_of_market(taker, extras.protection) : rank_of(opposite(taker.side), taker.price);
    const bool is_whole = order.time_in_force == market::TimeInForce::FillOrKill;
    const std::uint32_t needed = is_whole ? order.quantity : extras.minimum;
    if (needed != 0 && !can_trade(taker, worst, needed)) {
      end_remainder(taker, is_whole ? CancelReason::FillOrKill : CancelReason::MinimumQuantity);
    } else {
      trade(taker, worst);
      if (taker.quantity != 0) {
        if (rests(order)) {
          rest(taker);
        } else {
          end_remainder(taker, is_market ? reason_of_market(taker) : CancelReason::ImmediateRemainder);
        }
      }
    }
    this->tell_top(order.instrument);
  }

  // A market order never rests, whatever its time in force.
  static bool rests(const auto& order) {
    return order.kind == market::OrderKind::Limit && market::may_rest(order.time_in_force);
  }

  [[nodiscard]] RejectReason judge(const auto& order) const {
    if (const RejectReason reason = market::validate(order); reason != RejectReason::None) return reason;
    if (market::is_stop(order.kind) || order.time_in_force > market::TimeInForce::FillOrKill ||
        market::cancels_on_disconnect(order.flags)) {
      return RejectReason::InvalidKind;
    }
    if (!store_.has_book(order.instrument)) return RejectReason::InstrumentLimit;
    return store_.find(order.order_id) != 0 ? RejectReason::DuplicateOrderId : RejectReason::None;
  }

  // Whether an order may enter as far as post-only goes; one that slides has its new price afterwards.
  bool keep_off(Taker& taker) {
    const market::PostOnly choice = market::post_only_of(taker.flags);
    if (choice == market::PostOnly::No) return true;
    const Place& met = met_by(taker);
    if (met.best == 0 || met.best_rank > rank_of(opposite(taker.side), taker.price)) return true;
    const std::int64_t best = price_of(opposite(taker.side), met.best_rank);
    taker.price = taker.side == Side::Buy ? best - 1 : best + 1;
    return choice == market::PostOnly::Slide && market::validate_price(taker.price) == RejectReason::None;
  }

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

  template <typename Request>
  std::uint32_t find_or_reject(const Request& request) {
    RejectReason reason = market::validate(request);
    std::uint32_t index = 0;
    if (reason == RejectReason::None) {
      index = this->find(request.order_id, request.instrument, request.account);
      reason = RejectReason::UnknownOrder;
    }
    if (index == 0) this->reject(request, reason);
    return index;
  }

  // Trades at ranks up to `worst`.
  [[gnu::always_inline]] void trade(Taker& taker, std::uint64_t worst) {
    const Place& place = met_by(taker);
    while (taker.quantity != 0 && place.best != 0 && place.best_rank <= worst) {
      const std::int64_t price = price_of(opposite(taker.side), place.best_rank);
      if (prevents_self_trade(taker)) [[unlikely]] {
        trade_with_level_but_not_itself(taker, place.best, price);
      } else {
        trade_with_level(taker, place.best, price);
      }
    }
  }

  [[gnu::noinline]] void trade_with_level(Taker& taker, std::uint32_t level_index, std::int64_t price) {
    const Level after = store_.take_front(
        level_index, taker.quantity,
        [&](const Order& maker, std::uint32_t quantity) { execute(taker, maker, quantity, price); });
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

  // As trade_with_level; where the taker meets its own account, its choice is followed.
  [[gnu::noinline]] void trade_with_level_but_not_itself(Taker& taker, std::uint32_t level_index,
                                                         std::int64_t price) {
    Level after = store_.level(level_index);
    bool has_changed = false;
    while (taker.quantity != 0 && after.count != 0) {
      const std::uint32_t index = after.first;
      const Order maker = store_.order(index);
      const std::uint32_t both = std::min(taker.quantity, maker.quantity);
      if (maker.account != taker.account) {
        after = store_.take(index, both);
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
