// For tests: the same book written in the most obvious way, std::map of std::list, for both modes.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recorder.h"

namespace tickweir::book {

class ObviousBook {
 public:
  ObviousBook(const Limits& limits, bool matches) : limits_(limits), matches_(matches) {
    told_.reports = told_.levels = told_.top = true;
  }

  std::vector<std::string> take_lines() { return std::exchange(told_.lines, {}); }

  void request(const market::NewOrder& order) {
    RejectReason reason = market::validate(order);
    const bool rests =
        order.kind == market::OrderKind::Limit && order.time_in_force == market::TimeInForce::GoodTillCancel;
    const auto is_fine = [&] { return reason == RejectReason::None; };
    if (is_fine() && !matches_ && !rests) reason = RejectReason::InvalidKind;
    if (is_fine() && order.instrument >= limits_.instruments) reason = RejectReason::InstrumentLimit;
    if (is_fine() && where_.contains(order.order_id)) reason = RejectReason::DuplicateOrderId;
    if (is_fine() && rests && where_.size() == limits_.orders) reason = RejectReason::OrderLimit;
    if (reason != RejectReason::None) return refuse(order, reason);
    told_.report(market::Accepted{
        .order_id = order.order_id, .price = order.price, .quantity = order.quantity, .side = order.side});
    Entry taker{.id = order.order_id, .account = order.account, .quantity = order.quantity};
    const bool is_market = order.kind == market::OrderKind::Market;
    if (matches_) match(taker, order.instrument, order.side, is_market ? no_limit(order.side) : order.price);
    if (taker.quantity > 0 && rests) enter(taker, order.instrument, order.side, order.price);
    if (taker.quantity > 0 && !rests) {
      told_.report(market::Cancelled{.order_id = taker.id,
                                     .quantity = taker.quantity,
                                     .reason = is_market ? market::CancelReason::NoLiquidity
                                                         : market::CancelReason::ImmediateRemainder});
    }
    tell_top(order.instrument);
  }
  void request(const market::Cancel& cancel) {
    if (!known(cancel)) return;
    take_off(cancel.order_id, quantity_of(cancel.order_id),
             matches_ ? market::CancelReason::Requested : market::CancelReason::Venue);
  }
  void request(const market::Reduce& reduce) {
    if (!known(reduce)) return;
    take_off(reduce.order_id, std::min(reduce.quantity, quantity_of(reduce.order_id)),
             market::CancelReason::Reduced);
  }
  void request(const market::Replace& replace) {
    if (!known(replace)) return;
    if (replace.new_order_id != replace.order_id && where_.contains(replace.new_order_id)) {
      return refuse(replace, RejectReason::DuplicateOrderId);
    }
    const Place place = where_.at(replace.order_id);
    Entry taker{.id = replace.new_order_id, .account = place.entry->account, .quantity = replace.quantity};
    remove(replace.order_id);
    tell_level(place.instrument, place.side, place.price);
    told_.report(market::Replaced{.order_id = replace.order_id,
                                  .new_order_id = replace.new_order_id,
                                  .price = replace.price,
                                  .quantity = replace.quantity});
    if (matches_) match(taker, place.instrument, place.side, replace.price);
    if (taker.quantity > 0) enter(taker, place.instrument, place.side, replace.price);
    tell_top(place.instrument);
  }
  void request(const market::VenueExecution& venue) {
    if (venue.quantity == 0 || !known(venue)) return;
    const Place place = where_.at(venue.order_id);
    const std::uint32_t quantity = std::min(venue.quantity, place.entry->quantity);
    place.entry->quantity -= quantity;
    told_.execution({.match_id = ++matches_told_,
                     .maker_order_id = venue.order_id,
                     .price = venue.price != 0 ? venue.price : place.price,
                     .quantity = quantity,
                     .maker_remaining = place.entry->quantity},
                    venue.printable != 0);
    if (place.entry->quantity == 0) remove(venue.order_id);
    tell_level(place.instrument, place.side, place.price);
    tell_top(place.instrument);
  }

 private:
  struct Entry {
    std::uint64_t id;
    std::uint32_t account;
    std::uint32_t quantity;
  };
  using Queue = std::list<Entry>;
  using Prices = std::map<std::int64_t, Queue>;
  struct Place {
    std::uint32_t instrument;
    Side side;
    std::int64_t price;
    Queue::iterator entry;
  };

  static std::int64_t no_limit(Side side) { return side == Side::Buy ? market::price_max : 0; }
  Prices& prices(std::uint32_t instrument, Side side) { return books_[{instrument, side}]; }
  std::uint32_t quantity_of(std::uint64_t id) { return where_.at(id).entry->quantity; }

  template <typename Request>
  void refuse(const Request& request, RejectReason reason) {
    if (matches_) told_.report(market::Rejected{.order_id = request.order_id, .reason = reason});
  }
  template <typename Request>
  bool known(const Request& request) {
    if constexpr (requires { market::validate(request); }) {
      if (const auto reason = market::validate(request); reason != RejectReason::None) {
        refuse(request, reason);
        return false;
      }
    }
    const auto found = where_.find(request.order_id);
    bool is_known =
        found != where_.end() && (request.instrument == 0 || request.instrument == found->second.instrument);
    if constexpr (requires { request.account; }) {
      is_known = is_known && (request.account == 0 || request.account == found->second.entry->account);
    }
    if (!is_known) refuse(request, RejectReason::UnknownOrder);
    return is_known;
  }
  void match(Entry& taker, std::uint32_t instrument, Side side, std::int64_t limit) {
    Prices& against = prices(instrument, opposite(side));
    while (taker.quantity > 0 && !against.empty()) {
      const std::int64_t price = side == Side::Buy ? against.begin()->first : against.rbegin()->first;
      if (side == Side::Buy ? price > limit : price < limit) return;
      while (taker.quantity > 0 && against.contains(price)) {
        Entry& maker = against.at(price).front();
        const std::uint32_t quantity = std::min(taker.quantity, maker.quantity);
        maker.quantity -= quantity;
        taker.quantity -= quantity;
        told_.execution({.match_id = ++matches_told_,
                         .maker_order_id = maker.id,
                         .taker_order_id = taker.id,
                         .price = price,
                         .quantity = quantity,
                         .maker_remaining = maker.quantity,
                         .taker_remaining = taker.quantity},
                        true);
        if (maker.quantity == 0) remove(maker.id);
      }
      tell_level(instrument, opposite(side), price);
    }
  }
  void enter(const Entry& entry, std::uint32_t instrument, Side side, std::int64_t price) {
    Queue& queue = prices(instrument, side)[price];
    queue.push_back(entry);
    where_[entry.id] = {instrument, side, price, std::prev(queue.end())};
    tell_level(instrument, side, price);
  }
  void remove(std::uint64_t id) {
    const Place place = where_.at(id);
    Prices& side = prices(place.instrument, place.side);
    side.at(place.price).erase(place.entry);
    if (side.at(place.price).empty()) side.erase(place.price);
    where_.erase(id);
  }
  void take_off(std::uint64_t id, std::uint32_t quantity, market::CancelReason reason) {
    const Place place = where_.at(id);
    place.entry->quantity -= quantity;
    told_.report(market::Cancelled{
        .order_id = id, .quantity = quantity, .remaining = place.entry->quantity, .reason = reason});
    if (place.entry->quantity == 0) remove(id);
    tell_level(place.instrument, place.side, place.price);
    tell_top(place.instrument);
  }
  static std::uint64_t total(const Queue& queue) {
    std::uint64_t sum = 0;
    for (const Entry& entry : queue) sum += entry.quantity;
    return sum;
  }
  void tell_level(std::uint32_t instrument, Side side, std::int64_t price) {
    const Prices& levels = prices(instrument, side);
    const auto found = levels.find(price);
    const bool there = found != levels.end();
    told_.level_changed({.price = price,
                         .quantity = there ? total(found->second) : 0,
                         .order_count = there ? static_cast<std::uint32_t>(found->second.size()) : 0,
                         .side = side});
  }
  void tell_top(std::uint32_t instrument) {
    market::TopOfBook now{};
    if (const Prices& bids = prices(instrument, Side::Buy); !bids.empty()) {
      now.bid_price = bids.rbegin()->first, now.bid_quantity = total(bids.rbegin()->second);
    }
    if (const Prices& asks = prices(instrument, Side::Sell); !asks.empty()) {
      now.ask_price = asks.begin()->first, now.ask_quantity = total(asks.begin()->second);
    }
    if (now == tops_[instrument]) return;
    tops_[instrument] = now;
    told_.top_changed(now);
  }

  Limits limits_;
  bool matches_;
  std::map<std::pair<std::uint32_t, Side>, Prices> books_;
  std::map<std::uint64_t, Place> where_;
  std::map<std::uint32_t, market::TopOfBook> tops_;
  std::uint64_t matches_told_ = 0;
  Recorder told_;
};

}  // namespace tickweir::book
