// The rules of a matching venue: price, then time; trades at the maker's price.
//
// Each request gives a fixed sequence of reports; the README has the table.
//
// Threading: one thread. Memory: none of its own in the calls. Errors: a request that cannot be followed is
//            rejected with a reason and changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>

#include "auction.h"
#include "rules.h"

namespace tickweir::book {

template <typename Listener>
class Matching : public Auction<Listener> {
 public:
  using Auction<Listener>::Auction;
  using Ending<Listener>::request;

  [[gnu::always_inline]] void request(const market::NewOrder& order) {
    if (is_plain(order)) [[likely]] {
      const Found there = store_.find(order.instrument, order.order_id);
      if (there.index == 0) [[likely]]
        return enter_plain(order, there.spot);
    }
    const market::NewOrder copy = order;  // so that the order itself may be in registers all the way
    enter_book(copy, {});
  }
  void request(const market::NewOrderExtended& order) {
    enter_book(order, {.protection = order.protection, .minimum = order.minimum_quantity});
  }

  void request(const market::Cancel& cancel) {
    const Found found = find_or_reject(cancel);
    if (found.index == 0) return;
    this->cancel(found, this->everything, CancelReason::Requested);
  }

  // Keeps the place in the queue. Taking all that is open, or more, ends the order.
  void request(const market::Reduce& reduce) {
    const Found found = find_or_reject(reduce);
    if (found.index == 0) return;
    this->cancel(found, reduce.quantity, CancelReason::Reduced);
  }

  // `quantity` is what shall be open. At the same price, for no more than is open, the place in the queue is
  // kept. The new id may be the old one.
  void request(const market::Replace& replace) {
    const Found found = find_or_reject(replace);
    const std::uint32_t index = found.index;
    if (index == 0) return;
    if (store_.order(index).has(Extra::Stop)) return this->reject(replace, RejectReason::InvalidKind);
    if (replace.new_order_id != replace.order_id &&
        store_.find(replace.instrument, replace.new_order_id).index != 0) {
      return this->reject(replace, RejectReason::DuplicateOrderId);
    }
    const Order& old = store_.order(index);
    const bool has_extras = old.extras != 0;
    const Level& level = store_.level_of(old);
    Taker taker{.id = replace.new_order_id,
                .price = replace.price,
                .quantity = replace.quantity,
                .instrument = level.instrument(),
                .account = old.account,
                .side = level.side(),
                .flags = old.flags};
    if (const RejectReason reason = judge_again(taker, store_.display(index)); reason != RejectReason::None) {
      return this->reject(replace, reason);
    }
    if (taker.price == level.price() && taker.quantity <= store_.open(index)) {
      store_.rename(index, taker.id, taker.quantity);
      this->tell_order(OrderChange::Changed, taker.id, old.quantity, level, replace.order_id);
      this->tell_replaced(replace, taker.price, taker.instrument, taker.account);
      this->tell_level(level);
    } else {
      this->take_off(found, store_.take_hidden(index, store_.open(index)));
      this->tell_replaced(replace, taker.price, taker.instrument, taker.account);
      this->trade(taker, worst_of_limit(taker, store_.instruments.is_special(taker.instrument)));
      if (taker.quantity != 0) {
        if (has_extras) [[unlikely]] {
          this->rest(taker, store_.extras(index));  // what the old order had can still be read
        } else {
          this->rest(taker);
        }
      }
    }
    this->finish(taker.instrument);
  }

  void request(const market::TradingStatus& status) {
    if (!this->has_book_or_reject(status) || status.flags != 0) return;
    const TradingState before = store_.instruments.set_state(status.instrument, status.state);
    const bool was_open = before == TradingState::Open || before == TradingState::Unknown;
    const bool opens = !was_open && store_.instruments[status.instrument].is_open();
    const bool closes = before == TradingState::ClosingAuction && status.state == TradingState::Closed;
    if (opens || closes) this->uncross(status.instrument, before);
    this->finish(status.instrument);
    if (status.state == TradingState::Closed) this->expire_day_orders(status.instrument);
  }
  void request(const market::InstrumentRules& rules) {
    if (!this->has_book_or_reject(rules)) return;
    store_.set_rules(rules);
    this->finish(rules.instrument);
  }
  void request(const market::SnapshotRequest& wanted) {
    if (this->has_book_or_reject(wanted)) this->tell_snapshot(wanted.instrument);
  }

 private:
  using Auction<Listener>::store_;

  // What few orders ask for.
  struct Terms {
    std::int64_t protection = 0;
    std::uint32_t minimum = 0;
  };

  // A limit order like most, that nothing speaks against: enter_book() would come to the same.
  [[nodiscard]] [[gnu::always_inline]] bool is_plain(const market::NewOrder& order) const {
    static_assert(static_cast<int>(market::OrderKind::Limit) == 0);
    static_assert(static_cast<int>(market::TimeInForce::GoodTillCancel) == 0);
    const unsigned terms =
        static_cast<unsigned>(order.kind) | static_cast<unsigned>(order.time_in_force) | order.flags;
    return terms == 0 && market::validate(order) == RejectReason::None && store_.has_book(order.instrument) &&
           !store_.instruments.is_special(order.instrument) && !store_.is_full();
  }
  [[gnu::always_inline]] void enter_plain(const market::NewOrder& order, const OrderIdMap::Spot& spot) {
    this->tell_accepted(order, order.price);
    const std::uint32_t place = place_of(order.instrument, order.side);
    const std::uint64_t rank = rank_of(order.side, order.price);
    std::uint32_t left = order.quantity;
    if (store_.levels().met(place, rank) != 0) {
      Taker taker{.id = order.order_id,
                  .price = order.price,
                  .quantity = order.quantity,
                  .instrument = order.instrument,
                  .account = order.account,
                  .side = order.side};
      this->trade(taker, reach_of(rank));
      left = taker.quantity;
    }
    if (left != 0) {
      const Order order_left{.id = order.order_id, .quantity = left, .account = order.account};
      this->tell_entered(store_.enter(spot, order_left, place, rank));
    }
    this->tell_top(order.instrument);
  }

  template <typename NewOrder>
  [[gnu::noinline]] void enter_book(const NewOrder& order, const Terms& terms) {
    RejectReason reason = judge(order);
    Taker taker{.id = order.order_id,
                .price = order.price,
                .quantity = order.quantity,
                .instrument = order.instrument,
                .account = order.account,
                .side = order.side,
                .flags = order.flags};
    const bool is_special = reason == RejectReason::None && store_.instruments.is_special(order.instrument);
    if (is_special) [[unlikely]]
      reason = judge_specially(in_full(order));
    if (reason == RejectReason::None) reason = keep_off(taker);
    // Refused even if it would trade at once: whether there is room must not depend on the other side.
    if (reason == RejectReason::None && stays(order)) {
      if (is_special && store_.has_most_orders(order.instrument, order.account)) [[unlikely]] {
        reason = RejectReason::AccountOrderLimit;
      } else if (store_.is_full()) {
        reason = RejectReason::OrderLimit;
      }
    }
    if (reason != RejectReason::None) return this->reject(order, reason);
    this->tell_accepted(order, taker.price);
    if constexpr (requires { order.stop_price; }) {
      if (market::is_stop(order.kind)) return this->wait(order);
    }
    const bool is_market = order.kind == market::OrderKind::Market;
    const std::uint64_t worst =
        is_market ? this->worst_of_market(taker, terms.protection) : worst_of_limit(taker, is_special);
    const bool is_whole = order.time_in_force == market::TimeInForce::FillOrKill;
    const std::uint32_t needed = is_whole ? order.quantity : terms.minimum;
    if (needed != 0 && !this->can_trade(taker, worst, needed)) {
      this->end_remainder(taker, is_whole ? CancelReason::FillOrKill : CancelReason::MinimumQuantity);
    } else {
      this->trade(taker, worst);
      if (taker.quantity != 0) {
        if (stays(order)) {
          rest_of(taker, order);
        } else {
          this->end_remainder(taker,
                              is_market ? this->reason_of_market(taker) : CancelReason::ImmediateRemainder);
        }
      }
    }
    this->finish(order.instrument);
  }

  void rest_of(const Taker& taker, const market::NewOrder& order) {
    if (order.time_in_force != market::TimeInForce::Day) [[likely]]
      return this->rest(taker);
    this->rest(taker, {.time_in_force = order.time_in_force});
  }
  void rest_of(const Taker& taker, const market::NewOrderExtended& order) {
    const Extras extras{.expiry_time = order.expiry_time,
                        .display = order.display_quantity,
                        .time_in_force = order.time_in_force};
    if (extras.bits() == 0) return this->rest(taker);
    this->rest(taker, extras);
  }

  [[nodiscard]] RejectReason judge(const auto& order) const {
    if (const RejectReason reason = market::validate(order); reason != RejectReason::None) return reason;
    if constexpr (requires { order.expiry_time; }) {
      const bool expires = order.time_in_force == market::TimeInForce::GoodTillDate;
      if (expires && order.expiry_time <= store_.now) return RejectReason::InvalidExpiry;
    }
    if (!store_.has_book(order.instrument)) return RejectReason::InstrumentLimit;
    return store_.find(order.instrument, order.order_id).index != 0 ? RejectReason::DuplicateOrderId
                                                                    : RejectReason::None;
  }

  static NewOrderExtended in_full(const market::NewOrder& order) { return market::extended(order); }
  static const NewOrderExtended& in_full(const NewOrderExtended& order) { return order; }

  [[gnu::noinline]] RejectReason judge_specially(const NewOrderExtended& asked) const {
    const Instrument& instrument = store_.instruments[asked.instrument];
    const RejectReason reason = judge_state(instrument, asked);
    return reason != RejectReason::None ? reason : judge_rules(instrument, asked);
  }
  // A replaced order, as what it is from now on.
  RejectReason judge_again(Taker& taker, std::uint32_t display) const {
    if (market::has_too_many_parts(display, taker.quantity)) return RejectReason::InvalidDisplayQuantity;
    if (store_.instruments.is_special(taker.instrument)) [[unlikely]] {
      const RejectReason reason = judge_specially(NewOrderExtended{.order_id = taker.id,
                                                                   .price = taker.price,
                                                                   .quantity = taker.quantity,
                                                                   .instrument = taker.instrument,
                                                                   .account = taker.account,
                                                                   .side = taker.side,
                                                                   .kind = market::OrderKind::Limit,
                                                                   .flags = taker.flags,
                                                                   .display_quantity = display});
      if (reason != RejectReason::None) return reason;
    }
    return keep_off(taker);
  }

  // Turns down a post-only order that would trade; one that slides has its new price afterwards.
  RejectReason keep_off(Taker& taker) const {
    const market::PostOnly choice = market::post_only_of(taker.flags);
    if (choice == market::PostOnly::No) return RejectReason::None;
    const Place& met = this->met_by(taker);
    if (met.best == 0 || met.best_rank > reach_of(rank_of(taker))) return RejectReason::None;
    if (choice == market::PostOnly::Reject) return RejectReason::PostOnly;
    const std::int64_t best = price_of(opposite(taker.side), met.best_rank);
    const Instrument& instrument = store_.instruments[taker.instrument];
    taker.price =
        taker.side == Side::Buy ? next_tick_below(instrument, best) : next_tick_above(instrument, best);
    if (market::validate_price(taker.price) != RejectReason::None) return RejectReason::PostOnly;
    return judge_band(instrument, taker.price);
  }

  // 0 where nothing is matched.
  [[nodiscard]] std::uint64_t worst_of_limit(const Taker& taker, bool is_special) const {
    if (is_special && store_.instruments.is(taker.instrument, Special::NotOpen)) [[unlikely]]
      return 0;
    return reach_of(rank_of(taker));
  }

  template <typename Request>
  [[gnu::always_inline]] Found find_or_reject(const Request& request) {
    RejectReason reason = this->judge_named(request);
    Found found;
    if (reason == RejectReason::None) {
      found = this->find(request.order_id, request.instrument, request.account);
      reason = RejectReason::UnknownOrder;
    }
    if (found.index == 0) this->reject(request, reason);
    return found;
  }
};

}  // namespace tickweir::book
