// What everybody may see of a book: price levels, best prices, the price an auction would have.
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
  [[nodiscard]] static constexpr bool wants_top() { return false; }
  [[nodiscard]] static constexpr bool wants_auctions() { return false; }
  // Accepted, Rejected, Cancelled, Replaced, MassCancelled, Expired, Triggered,
  // Refreshed.
  void report(const auto&) {}
  // `printable`: belongs on the tape.
  void execution(const market::Executed&, bool /*printable*/) {}
  void level_changed(const market::LevelChanged&) {}
  void top_changed(const market::TopOfBook&) {}
  void auction(const market::AuctionPrice&) {}
};

template <typename Listener>
class MarketData {
 public:
  MarketData(BookStore& store, Listener& listener) : store_(store), listener_(listener) {}

 protected:
  void tell_level(const Level& level) {
    if (!listener_.wants_levels()) return;
    listener_.level_changed({.price = level.price(),
                             .quantity = level.quantity,
                             .order_count = level.count,
                             .instrument = level.instrument(),
                             .side = level.side()});
  }

  // After each request that may have changed a book of `instrument`.
  void tell_change(std::uint32_t instrument) {
    tell_top(instrument);
    if (store_.instruments.is_special(instrument)) [[unlikely]]
      tell_auction(instrument);
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

  BookStore& store_;
  Listener& listener_;

 private:
  void tell_top(std::uint32_t instrument) {
    if (!listener_.wants_top()) return;
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

  // What the auction would trade now, if orders are collected for one; else nothing.
  [[gnu::noinline]] void tell_auction(std::uint32_t number) {
    if (!listener_.wants_auctions()) return;
    const Instrument& instrument = store_.instruments[number];
    tell_auction(number, instrument.is_collecting() ? clearing_price(store_, number) : Clearing{},
                 instrument.state, false);
  }
};

}  // namespace tickweir::book
