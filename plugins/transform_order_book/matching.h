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

template <typename Listener>
class Matching : public Reporting<Listener> {
 public:
  using Reporting<Listener>::Reporting;

  void request(const market::NewOrder& order) {
    const RejectReason reason = judge(order);
    if (reason != RejectReason::None) return this->reject(order, reason);
    this->tell_accepted(order);
    const bool is_market = order.kind == market::OrderKind::Market;
    Taker taker{.id = order.order_id,
                .price = order.price,
                .quantity = order.quantity,
                .instrument = order.instrument,
                .account = order.account,
                .side = order.side,
                .any_price = is_market};
    trade(taker);
    if (taker.quantity != 0) {
      if (rests(order)) {
        rest(taker);
      } else {
        end_remainder(
            taker, is_market ? market::CancelReason::NoLiquidity : market::CancelReason::ImmediateRemainder);
      }
    }
    this->tell_top(order.instrument);
  }

  void request(const market::Cancel& cancel) {
    const std::uint32_t index = find_or_reject(cancel);
    if (index == 0) return;
    const std::uint32_t instrument = store_.level_of(store_.order(index)).instrument();
    this->cancel_quantity(index, store_.order(index).quantity, market::CancelReason::Requested);
    this->tell_top(instrument);
  }

  // Keeps the place in the queue. Taking all that is open, or more, ends the order.
  void request(const market::Reduce& reduce) {
    const std::uint32_t index = find_or_reject(reduce);
    if (index == 0) return;
    const Order& order = store_.order(index);
    const std::uint32_t instrument = store_.level_of(order).instrument();
    this->cancel_quantity(index, std::min(reduce.quantity, order.quantity), market::CancelReason::Reduced);
    this->tell_top(instrument);
  }

  // `quantity` is what shall be open. The place in the queue is lost, even when nothing changes. The new id
  // may be the old one.
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
                .side = level.side()};
    this->tell_level(store_.take(index, old.quantity));
    this->tell_replaced(replace, taker.instrument, taker.account);
    trade(taker);
    if (taker.quantity != 0) rest(taker);
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
    bool any_price = false;
  };

  // A market order never rests, whatever its time in force.
  static bool rests(const market::NewOrder& order) {
    return order.kind == market::OrderKind::Limit &&
           order.time_in_force == market::TimeInForce::GoodTillCancel;
  }

  [[nodiscard]] RejectReason judge(const market::NewOrder& order) const {
    if (const RejectReason reason = market::validate(order); reason != RejectReason::None) return reason;
    if (order.time_in_force > market::TimeInForce::ImmediateOrCancel || order.flags != 0) {
      return RejectReason::InvalidKind;
    }
    if (!store_.has_book(order.instrument)) return RejectReason::InstrumentLimit;
    if (store_.find(order.order_id) != 0) return RejectReason::DuplicateOrderId;
    // Refused even if it would trade at once: whether there is room must not depend on the other side.
    if (rests(order) && store_.is_full()) return RejectReason::OrderLimit;
    return RejectReason::None;
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

  [[gnu::always_inline]] void trade(Taker& taker) {
    const Side against = opposite(taker.side);
    const std::uint64_t worst = taker.any_price ? rank_mask : rank_of(against, taker.price);
    const Place& place = store_.levels().place(place_of(taker.instrument, against));
    while (taker.quantity != 0 && place.best != 0 && place.best_rank <= worst) {
      trade_with_level(taker, place.best, price_of(against, place.best_rank));
    }
  }

  [[gnu::noinline]] void trade_with_level(Taker& taker, std::uint32_t level_index, std::int64_t price) {
    const Level after =
        store_.take_front(level_index, taker.quantity, [&](const Order& maker, std::uint32_t quantity) {
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
        });
    this->tell_level(after);
  }

  void rest(const Taker& taker) {
    this->enter(taker.id, taker.account, taker.instrument, taker.side, taker.price, taker.quantity);
  }

  void end_remainder(const Taker& taker, market::CancelReason reason) {
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
