// Follows a venue's feed: the venue has matched, the book only records what it says.
//
// A feed is never argued with: what cannot be applied is counted by reason and changes nothing, and a book
// that the feed has crossed stays crossed, counted.
//
// Threading: one thread. Memory: none of its own in the calls.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reporting.h"

namespace tickweir::book {

template <typename Listener>
class Rebuilding : public Reporting<Listener> {
 public:
  using Reporting<Listener>::Reporting;

  // Only orders that rest are on a feed: limit, good till cancel. Each request is followed (None), or not
  // for the reason returned.
  RejectReason follow(const market::NewOrder& order) {
    RejectReason reason = market::validate(order);
    if (reason == RejectReason::None) {
      if (order.kind != market::OrderKind::Limit ||
          order.time_in_force != market::TimeInForce::GoodTillCancel) {
        reason = RejectReason::InvalidKind;
      } else if (!store_.has_book(order.instrument)) {
        reason = RejectReason::InstrumentLimit;
      }
    }
    if (reason != RejectReason::None) return count(reason);
    const Found there = store_.find(order.instrument, order.order_id);
    if (there.index != 0) return count(RejectReason::DuplicateOrderId);
    if (store_.is_full()) return count(RejectReason::OrderLimit);
    this->tell_accepted(order, order.price);
    enter(there.spot, {.id = order.order_id, .quantity = order.quantity, .account = order.account},
          order.instrument, order.side, order.price);
    return finish_entry(order.instrument);
  }

  RejectReason follow(const market::Cancel& cancel) {
    const RejectReason wrong = this->judge_named(cancel);
    if (wrong != RejectReason::None) return count(wrong);
    const Found found = this->find(cancel.order_id, cancel.instrument, cancel.account);
    if (found.index == 0) return count(RejectReason::UnknownOrder);
    return end_part(found, store_.order(found.index).quantity, market::CancelReason::Venue);
  }

  RejectReason follow(const market::Reduce& reduce) {
    const RejectReason wrong = this->judge_named(reduce);
    if (wrong != RejectReason::None) return count(wrong);
    const Found found = this->find(reduce.order_id, reduce.instrument, reduce.account);
    if (found.index == 0) return count(RejectReason::UnknownOrder);
    return end_part(found, bounded(reduce.quantity, found.index), market::CancelReason::Reduced);
  }

  RejectReason follow(const market::Replace& replace) {
    const RejectReason wrong = this->judge_named(replace);
    if (wrong != RejectReason::None) return count(wrong);
    const Found found = this->find(replace.order_id, replace.instrument, replace.account);
    if (found.index == 0) return count(RejectReason::UnknownOrder);
    if (replace.new_order_id != replace.order_id &&
        store_.find(replace.instrument, replace.new_order_id).index != 0) {
      return count(RejectReason::DuplicateOrderId);
    }
    const Order old = store_.order(found.index);
    const Level left = this->take_off(found, old.quantity);
    this->tell_replaced(replace, replace.price, left.instrument(), old.account);
    enter(store_.spot_of(left.instrument(), replace.new_order_id),
          {.id = replace.new_order_id, .quantity = replace.quantity, .account = old.account},
          left.instrument(), left.side(), replace.price);
    return finish_entry(left.instrument());
  }

  // The state is only kept, for snapshots: what it means is the venue's affair.
  RejectReason follow(const market::TradingStatus& status) {
    const RejectReason reason = judge_instrument(status);
    if (reason != RejectReason::None) return count(reason);
    if (status.flags == 0) store_.instruments[status.instrument].state = status.state;
    return reason;
  }
  RejectReason follow(const market::SnapshotRequest& wanted) {
    const RejectReason reason = judge_instrument(wanted);
    if (reason != RejectReason::None) return count(reason);
    this->tell_snapshot(wanted.instrument);
    return reason;
  }

  RejectReason follow(const market::VenueExecution& venue) {
    if (const RejectReason reason = judge(venue); reason != RejectReason::None) return count(reason);
    const Found found = this->find(venue.order_id, venue.instrument, 0);
    if (found.index == 0) return count(RejectReason::UnknownOrder);
    const Order maker = store_.order(found.index);
    const std::uint32_t quantity = bounded(venue.quantity, found.index);
    const Level& after = store_.take(found, quantity);
    ++counts_.executed;
    const std::uint64_t match_id = store_.take_match_id(after.instrument());
    const std::int64_t price = venue.price != 0 ? venue.price : after.price();
    store_.instruments.traded(after.instrument(), price);
    if (listener_.wants_executions()) {
      listener_.execution({.match_id = match_id,
                           .maker_order_id = maker.id,
                           .taker_order_id = 0,
                           .price = price,
                           .quantity = quantity,
                           .instrument = after.instrument(),
                           .maker_remaining = maker.quantity - quantity,
                           .maker_account = maker.account,
                           .taker_side = opposite(after.side())},
                          venue.printable != 0);
    }
    this->tell_less(maker.id, maker.quantity - quantity, after);
    this->tell_level(after);
    this->tell_change(after.instrument());
    return RejectReason::None;
  }

 private:
  using Reporting<Listener>::store_;
  using Reporting<Listener>::listener_;
  using Reporting<Listener>::counts_;

  [[nodiscard]] RejectReason judge(const market::VenueExecution& venue) const {
    if (venue.order_id == 0) return RejectReason::InvalidOrderId;
    if (this->lacks_instrument(venue)) return RejectReason::InvalidInstrument;
    const RejectReason price = venue.price == 0 ? RejectReason::None : market::validate_price(venue.price);
    return price != RejectReason::None ? price : market::validate_quantity(venue.quantity);
  }

  // Of an event about an instrument alone.
  RejectReason judge_instrument(const auto& event) const {
    const RejectReason wrong = market::validate(event);
    if (wrong != RejectReason::None) return wrong;
    return store_.has_book(event.instrument) ? RejectReason::None : RejectReason::InstrumentLimit;
  }

  RejectReason count(RejectReason reason) {
    ++this->rejected(reason);
    return reason;
  }

  // What the feed takes off an order, at most what we hold of it.
  std::uint32_t bounded(std::uint32_t quantity, std::uint32_t index) {
    const std::uint32_t open = store_.order(index).quantity;
    if (quantity > open) ++counts_.excess;
    return std::min(quantity, open);
  }

  void enter(const OrderIdMap::Spot& spot, const Order& order, std::uint32_t instrument, Side side,
             std::int64_t price) {
    this->tell_entered(store_.enter(spot, order, place_of(instrument, side), rank_of(side, price)));
  }

  RejectReason end_part(const Found& found, std::uint32_t quantity, market::CancelReason reason) {
    const Order& order = store_.order(found.index);
    this->tell_cancelled(order, order.quantity, quantity, reason);
    this->tell_change(this->take_off(found, quantity).instrument());
    return RejectReason::None;
  }

  RejectReason finish_entry(std::uint32_t instrument) {
    const std::uint32_t bids = place_of(instrument, Side::Buy);
    const Place& bid = store_.levels().place(bids);
    if (bid.best != 0 && store_.levels().met(bids, bid.best_rank) != 0) ++counts_.crossed;
    this->tell_change(instrument);
    return RejectReason::None;
  }
};

}  // namespace tickweir::book
