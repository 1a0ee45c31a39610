// What everybody may see of a book: orders, price levels, best prices, the price an auction would have.
//
// A listener says what it wants, and only that is built. A hand-written loop derives from Silent and
// overrides what it needs; what stays `false` at compile time costs nothing.
//
// Threading: one thread. Memory: none of its own.
// Ownership: the store and the listener are the caller's and outlive it.
#pragma once

#include <cstdint>

#include "book_store.h"
#include "clearing.h"
#include "tickweir/market.h"

namespace tickweir::book {

// The shape of a listener.
struct Silent {
  [[nodiscard]] static constexpr bool wants_reports() { return false; }
  [[nodiscard]] static constexpr bool wants_executions() { return false; }
  [[nodiscard]] static constexpr bool wants_levels() { return false; }
  // So many price units are told as one level: bids at the lowest of them, asks at the highest.
  [[nodiscard]] static constexpr std::int64_t level_width() { return 1; }
  [[nodiscard]] static constexpr bool wants_top() { return false; }
  [[nodiscard]] static constexpr bool wants_auctions() { return false; }
  [[nodiscard]] static constexpr bool wants_orders() { return false; }
  // Accepted, Rejected, Cancelled, Replaced, MassCancelled, Expired, Triggered, Refreshed.
  void report(const auto&) {}
  // `printable`: belongs on the tape.
  void execution(const market::Executed&, bool /*printable*/) {}
  void level_changed(const market::LevelChanged&) {}
  void top_changed(const market::TopOfBook&) {}
  void auction(const market::AuctionPrice&) {}
  void order_changed(const market::OrderChanged&) {}
  // SnapshotBegin, SnapshotOrder, SnapshotEnd.
  void snapshot(const auto&) {}
};

using market::OrderChange;

template <typename Listener>
class MarketData {
 public:
  MarketData(BookStore& store, Listener& listener) : store_(store), listener_(listener) {}

 protected:
  // An order has come to the back of its price.
  void tell_entered(std::uint32_t index) {
    const Order& order = store_.order(index);
    const Level& level = store_.level(order.level);
    tell_order(OrderChange::Entered, order.id, order.quantity, level);
    tell_level(level);
  }
  // Takes `quantity` off an order that rests and tells it: at 0 it has left. Returns the level as it is
  // afterwards, to be looked at before another order enters.
  [[gnu::always_inline]] const Level& take_off(const Found& found, std::uint32_t quantity) {
    const std::uint64_t id = store_.order(found.index).id;
    const std::uint32_t left = store_.order(found.index).quantity - quantity;
    const Level& after = store_.take(found, quantity);
    tell_less(id, left, after);
    tell_level(after);
    return after;
  }
  // An order of this level, whatever else of it, shows as much as is `left`; at 0 it has left its place.
  void tell_less(std::uint64_t id, std::uint32_t left, const Level& level) {
    tell_order(left == 0 ? OrderChange::Left : OrderChange::Changed, id, left, level);
  }
  [[gnu::always_inline]] void tell_order(OrderChange change, std::uint64_t id, std::uint32_t shown,
                                         const Level& level, std::uint64_t previous_id = 0) {
    if (listener_.wants_orders()) order_changed(change, id, shown, level, previous_id);
  }

  // The visible orders of an instrument, in line with their changes.
  [[gnu::noinline]] void tell_snapshot(std::uint32_t number) {
    if (!listener_.wants_orders()) return;
    std::uint32_t count = 0;
    for_each_level(number, [&count](const Level& level) { count += level.count; });
    const Instrument& instrument = store_.instruments[number];
    listener_.snapshot(market::SnapshotBegin{.sequence = instrument.sequence,
                                             .last_price = instrument.last_price,
                                             .reference_price = instrument.reference_price,
                                             .order_count = count,
                                             .instrument = number,
                                             .state = instrument.state});
    for_each_level(number, [this](const Level& level) {
      for (std::uint32_t at = level.first; at != 0; at = store_.order(at).next) {
        listener_.snapshot(market::SnapshotOrder{.order_id = store_.order(at).id,
                                                 .price = level.price(),
                                                 .quantity = store_.order(at).quantity,
                                                 .instrument = level.instrument(),
                                                 .side = level.side()});
      }
    });
    listener_.snapshot(
        market::SnapshotEnd{.sequence = instrument.sequence, .order_count = count, .instrument = number});
  }

  [[gnu::always_inline]] void tell_level(const Level& level) {
    if (listener_.wants_levels()) level_changed(level);
  }

  // After each request that may have changed a book of `instrument`.
  void tell_change(std::uint32_t instrument) {
    if (store_.instruments.is_special(instrument)) [[unlikely]]
      tell_auction(instrument);
    tell_top(instrument);
  }

  // With the state the auction has or had.
  void tell_auction(std::uint32_t number, const Clearing& found, TradingState state, bool is_final) {
    market::AuctionPrice now{.price = found.price,
                             .quantity = found.quantity(),
                             .surplus = found.surplus(),
                             .surplus_side = found.surplus_side()};
    market::AuctionPrice& told = store_.instruments[number].told_auction;
    if (now == told && !is_final) return;
    told = now;
    if (!listener_.wants_auctions()) return;
    now.instrument = number;
    now.state = state;
    now.is_final = is_final ? 1 : 0;
    listener_.auction(now);
  }

  [[gnu::always_inline]] void tell_top(std::uint32_t instrument) {
    if (listener_.wants_top()) top_changed(instrument);
  }

  // What the auction would trade now, if orders are collected for one; else nothing.
  [[gnu::noinline]] void tell_auction(std::uint32_t number) {
    if (!listener_.wants_auctions()) return;
    const Instrument& instrument = store_.instruments[number];
    tell_auction(number, instrument.is_collecting() ? clearing_price(store_, number) : Clearing{},
                 instrument.state, false);
  }

  BookStore& store_;
  Listener& listener_;

 private:
  [[gnu::noinline]] void order_changed(OrderChange change, std::uint64_t id, std::uint32_t shown,
                                       const Level& level, std::uint64_t previous_id) {
    const std::uint32_t instrument = level.instrument();
    listener_.order_changed({.sequence = ++store_.instruments[instrument].sequence,
                             .order_id = id,
                             .previous_order_id = previous_id,
                             .price = level.price(),
                             .quantity = shown,
                             .instrument = instrument,
                             .side = level.side(),
                             .change = change});
  }

  [[gnu::noinline]] void level_changed(const Level& level) {
    if (listener_.level_width() != 1) [[unlikely]]
      return tell_wide_level(level, listener_.level_width());
    listener_.level_changed({.price = level.price(),
                             .quantity = level.quantity,
                             .order_count = level.count,
                             .instrument = level.instrument(),
                             .side = level.side()});
  }

  [[gnu::noinline]] void top_changed(std::uint32_t instrument) {
    market::TopOfBook now{.instrument = instrument};
    if (const auto bid = store_.best(instrument, Side::Buy); bid != 0) {
      now.bid_price = store_.level(bid).price();
      now.bid_quantity = store_.level(bid).quantity;
    }
    if (const auto ask = store_.best(instrument, Side::Sell); ask != 0) {
      now.ask_price = store_.level(ask).price();
      now.ask_quantity = store_.level(ask).quantity;
    }
    market::TopOfBook& told = store_.instruments[instrument].told_top;
    told.instrument = instrument;
    if (now == told) return;
    told = now;
    listener_.top_changed(now);
  }

  // The sum of the levels as far around this one as one is told.
  [[gnu::noinline]] void tell_wide_level(const Level& level, std::int64_t width) {
    const std::int64_t lowest = (level.price() - (level.side() == Side::Sell ? 1 : 0)) / width * width;
    const std::int64_t first = level.side() == Side::Sell ? lowest + 1 : lowest;
    const std::int64_t last = first + width - 1;
    market::LevelChanged sum{.price = level.side() == Side::Sell ? last : first,
                             .instrument = level.instrument(),
                             .side = level.side()};
    const std::int64_t best = level.side() == Side::Sell ? first : last;
    const PriceLevels& levels = store_.levels();
    std::uint32_t at = levels.first_from(level.place(), rank_of(level.side(), best));
    for (; at != 0 && levels[at].price() >= first && levels[at].price() <= last; at = levels.next_worse(at)) {
      sum.quantity += levels[at].quantity;
      sum.order_count += levels[at].count;
    }
    listener_.level_changed(sum);
  }

  // Bids from the best, then asks from the best.
  template <typename Take>
  void for_each_level(std::uint32_t instrument, Take&& take) const {
    for (const Side side : {Side::Buy, Side::Sell}) {
      const std::uint32_t best = store_.best(instrument, side);
      for (std::uint32_t at = best; at != 0; at = store_.next_worse(at)) take(store_.level(at));
    }
  }
};

}  // namespace tickweir::book
