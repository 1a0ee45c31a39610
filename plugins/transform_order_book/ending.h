// How orders end other than by trading: cancelled on request, many at once; expired.
//
// Threading: one thread. Memory: one bit an instrument, reserved in the constructor.
// Cost:      many at once: a look at each order of the instrument; of all instruments if none is given, but
//            those where nothing is meant only as they lie in memory, a few ns each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "instrument_set.h"
#include "reporting.h"

namespace tickweir::book {

using market::CancelReason;

template <typename Listener>
class Ending : public Reporting<Listener> {
 public:
  Ending(BookStore& store, Listener& listener)
      : Reporting<Listener>(store, listener), meant_(store.limits().instruments) {}

  // Event time goes on: called with each event, before its request. Whatever is due expires.
  void advance(std::uint64_t time) {
    if (time <= store_.now) return;
    store_.now = time;
    if (store_.has_due(time)) [[unlikely]]
      expire_due();
  }

  void request(const market::MassCancel& mass) {
    if (!this->has_book_or_reject(mass)) return;
    const bool only_marked = mass.reason == CancelReason::Disconnected;
    cancel_all(mass.instrument, mass.side, mass.account,
               only_marked ? CancelReason::Disconnected : CancelReason::MassCancel, [&](const Order& order) {
                 return order.account == mass.account &&
                        (!only_marked || market::cancels_on_disconnect(order.flags));
               });
  }

  void request(const market::InstrumentCancel& all) {
    if (!this->has_book_or_reject(all)) return;
    cancel_all(all.instrument, Side::None, 0, CancelReason::MassCancel, [](const Order&) { return true; });
  }

 protected:
  using Reporting<Listener>::store_;
  using Reporting<Listener>::listener_;
  using Reporting<Listener>::counts_;

  static constexpr std::uint32_t everything = std::numeric_limits<std::uint32_t>::max();

  // Takes `quantity`, or what is open if that is less, off an order, and tells. At 0 it has left.
  [[gnu::always_inline]] void cancel(const Found& found, std::uint32_t quantity, CancelReason reason) {
    const Order& order = store_.order(found.index);
    if (order.extras != 0) [[unlikely]]
      return cancel_with_extras(found.index, quantity, reason);
    quantity = std::min(quantity, order.quantity);
    this->tell_cancelled(order, order.quantity, quantity, reason);
    this->tell_change(this->take_off(found, quantity).instrument());
  }

  // When the instrument closes.
  void expire_day_orders(std::uint32_t instrument) {
    for_each_order(instrument, Side::None, [this](std::uint32_t index) {
      if (store_.order(index).has(Extra::Day)) expire(index);
    });
  }

 private:
  [[gnu::noinline]] void expire_due() {
    for (const ExpiryHeap::Due& due : store_.all_due()) expire(due.slot);
  }

  void expire(std::uint32_t index) {
    const Order order = store_.order(index);
    ++counts_.expired;
    if (listener_.wants_reports()) {
      listener_.report(market::Expired{.order_id = order.id,
                                       .quantity = store_.open(index),
                                       .instrument = store_.level_of(order).instrument(),
                                       .account = order.account});
    }
    end_part(index, store_.open(index));
  }

  [[gnu::noinline]] void cancel_with_extras(std::uint32_t index, std::uint32_t quantity,
                                            CancelReason reason) {
    const std::uint32_t open = store_.open(index);
    quantity = std::min(quantity, open);
    this->tell_cancelled(store_.order(index), open, quantity, reason);
    end_part(index, quantity);
  }

  // Of an order that rests or waits. What is hidden goes first.
  void end_part(std::uint32_t index, std::uint32_t quantity) {
    if (store_.order(index).has(Extra::Stop)) return store_.take_stop(index, quantity);
    const std::uint32_t instrument = store_.level_of(store_.order(index)).instrument();
    const std::uint32_t of_shown = store_.take_hidden(index, quantity);
    if (of_shown != 0) this->take_off(store_.found(index), of_shown);
    this->tell_change(instrument);
  }

  // `end(order)` for the orders of one instrument, of one side or (None) both: bids from the best, asks from
  // the best, buy stops from the lowest, sell stops from the highest; the oldest of a price first. It may end
  // that order.
  template <typename End>
  void for_each_order(std::uint32_t instrument, Side side, End&& end) {
    for (const Side one : {Side::Buy, Side::Sell}) {
      if (side != opposite(one)) for_each_order(store_.levels(), place_of(instrument, one), end);
    }
    if (!store_.instruments.is(instrument, Special::Stops)) return;
    for (const Side one : {Side::Buy, Side::Sell}) {
      if (side != opposite(one)) for_each_order(store_.stops(), place_of_stops(instrument, one), end);
    }
  }
  template <typename End>
  void for_each_order(const PriceLevels& levels, std::uint32_t place, End&& end) {
    for (std::uint32_t level = levels.place(place).best; level != 0;) {
      const std::uint32_t next_level = levels.next_worse(level);
      for (std::uint32_t order = levels[level].first; order != 0;) {
        const std::uint32_t next = store_.order(order).next;
        end(order);
        order = next;
      }
      level = next_level;
    }
  }

  // Each as if by its own Cancel. `instrument` 0: all of them; `side` None: both.
  template <typename IsMeant>
  [[gnu::noinline]] void cancel_all(std::uint32_t instrument, Side side, std::uint32_t account,
                                    CancelReason reason, IsMeant&& is_meant) {
    market::MassCancelled sum{.instrument = instrument, .account = account, .reason = reason};
    if (instrument != 0) {
      meant_.add(instrument);
    } else {  // a look at all orders as they lie in memory is quick; only then is their order looked for
      store_.for_each_order([&](const Order& order) {
        if (is_meant(order)) meant_.add(store_.level_of(order).instrument());
      });
    }
    meant_.take_all([&](std::uint32_t at) {
      for_each_order(at, side, [&](std::uint32_t index) {
        const Order& order = store_.order(index);
        if (!is_meant(order)) return;
        sum.quantity += store_.open(index);
        ++sum.order_count;
        cancel(store_.found(index), everything, reason);
      });
    });
    if (listener_.wants_reports()) listener_.report(sum);
  }

  InstrumentSet meant_;  // by the mass cancel that is followed now
};

}  // namespace tickweir::book
