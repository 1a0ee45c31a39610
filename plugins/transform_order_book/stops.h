// Orders that wait for a stop price, which prices of executions reach.
//
// They lie in levels of their own (BookStore::stops()), where the one that is reached first is the best.
//
// Threading: one thread. Memory: none of its own in the calls.
#pragma once

#include <cstdint>

#include "trading.h"

namespace tickweir::book {

template <typename Listener>
class Stops : public Trading<Listener> {
 public:
  using Trading<Listener>::Trading;

 protected:
  using Trading<Listener>::store_;
  using Trading<Listener>::listener_;
  using Trading<Listener>::counts_;

  // A stop comes: accepted, and told so.
  [[gnu::noinline]] void wait(const market::NewOrderExtended& order) {
    store_.enter_stop(
        {.id = order.order_id, .quantity = order.quantity, .account = order.account, .flags = order.flags},
        order.instrument,
        {.expiry_time = order.expiry_time,
         .stop_price = order.stop_price,
         .limit_price = order.price,
         .protection = order.protection,
         .display = order.display_quantity,
         .time_in_force = order.time_in_force,
         .side = order.side});
    finish(order.instrument);
  }

  // The end of each event that may have traded.
  void finish(std::uint32_t instrument) {
    if (store_.instruments.is_special(instrument)) [[unlikely]]
      finish_specially(instrument);
    this->tell_top(instrument);
  }

 private:
  [[gnu::noinline]] void finish_specially(std::uint32_t instrument) {
    if (store_.instruments.is(instrument, Special::Stops)) trigger_stops(instrument);
    this->tell_auction(instrument);
  }

  // Those that a price of this event has reached enter one after the other; what they trade may reach more.
  void trigger_stops(std::uint32_t instrument) {
    if (store_.instruments[instrument].is_open() && store_.instruments[instrument].last_price != 0) {
      Reached reached;
      for (collect(instrument, reached); reached.next != 0; collect(instrument, reached)) {
        const std::uint32_t index = reached.next;
        reached.next = index != reached.last ? store_.order(index).next : 0;
        if (reached.next == 0) reached.last = 0;
        trigger(instrument, index);
      }
    }
    store_.instruments.forget_prices(instrument);
  }

  // A queue of orders, linked by Order::next; 0: it is empty.
  struct Reached {
    std::uint32_t next = 0;
    std::uint32_t last = 0;
  };
  void collect(std::uint32_t instrument, Reached& reached) {
    const Instrument& known = store_.instruments[instrument];
    for (const Side side : {Side::Buy, Side::Sell}) {
      const Place& place = store_.stops().place(place_of_stops(instrument, side));
      while (place.best != 0) {
        const std::int64_t price = price_of(opposite(side), place.best_rank);
        if (side == Side::Buy ? price > known.high : price < known.low) break;
        if (reached.next == 0) reached.next = store_.stops()[place.best].first;
        reached.last = store_.take_all_stops(place.best, reached.last);
      }
    }
  }

  void trigger(std::uint32_t instrument, std::uint32_t index) {
    const Order order = store_.order(index);
    const Extras extras = store_.extras(index);
    store_.leave(index, instrument);
    const bool is_market = extras.limit_price == 0;
    ++counts_.triggered;
    if (listener_.wants_reports()) {
      listener_.report(
          market::Triggered{.order_id = order.id,
                            .stop_price = extras.stop_price,
                            .price = extras.limit_price,
                            .quantity = order.quantity,
                            .instrument = instrument,
                            .account = order.account,
                            .side = extras.side,
                            .kind = is_market ? market::OrderKind::Market : market::OrderKind::Limit});
    }
    Taker taker{.id = order.id,
                .price = extras.limit_price,
                .quantity = order.quantity,
                .instrument = instrument,
                .account = order.account,
                .side = extras.side,
                .flags = order.flags};
    this->trade(taker, is_market ? this->worst_of_market(taker, extras.protection)
                                 : rank_of(opposite(taker.side), taker.price));
    if (taker.quantity == 0) return;
    if (is_market) {
      this->end_remainder(taker, this->reason_of_market(taker));
    } else {
      this->rest(taker, extras.entered());
    }
  }
};

}  // namespace tickweir::book
