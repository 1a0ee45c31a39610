// A book as text for people: instruments by number, of each what is known, then bids and asks from the best,
// and at each price the orders from the oldest.
//
//   match: 3 orders, next match id 12, time 1767623400000000000
//   instrument 7: Open, last price 101
//     buy 100: 30 in 2 orders
//       order 5: 10, account 7
//       order 6: 20 of 120, shows 20, account 8, Day
//     sell 102: ...
//     stops at 110: 10 in 1 orders
//       order 9: 10, account 7, to buy, then limit 111
//
// Threading: one thread, not while the book works. Memory: allocates; for tools, not for a run.
#pragma once

#include <cstdint>
#include <string>

#include "book_store.h"
#include "tickweir/state.h"

namespace tickweir::book {

namespace detail {

// `, name value` unless the value is 0.
inline std::string shown(const char* name, auto value) {
  return value == 0 ? std::string() : std::string(", ") + name + " " + std::to_string(value);
}

inline std::string shown_flags(std::uint8_t flags) {
  std::string text;
  if (const auto post_only = market::post_only_of(flags); post_only != market::PostOnly::No) {
    text += ", post-only " + std::string(market::name_of(post_only));
  }
  if (const auto own = market::self_trade_of(flags); own != market::SelfTrade::Allow) {
    text += ", own orders " + std::string(market::name_of(own));
  }
  return market::cancels_on_disconnect(flags) ? text + ", until disconnected" : text;
}

inline std::string shown_extras(const Extras& extras) {
  std::string text;
  if (extras.waits()) {
    text += ", to " + std::string(extras.side == Side::Buy ? "buy" : "sell") + ", then ";
    text += extras.limit_price == 0 ? "market" : "limit " + std::to_string(extras.limit_price);
    text += shown("protection", extras.protection);
  }
  if (extras.time_in_force == market::TimeInForce::Day) text += ", Day";
  return text + shown("until", extras.expiry_time);
}

inline std::string shown_order(const BookStore& store, std::uint32_t index) {
  const Order& order = store.order(index);
  std::string text = "    order " + std::to_string(order.id) + ": " + std::to_string(order.quantity);
  if (store.hidden(index) != 0) text += " of " + std::to_string(store.open(index));
  text += shown("shows", store.display(index)) + shown("account", order.account) + shown_flags(order.flags);
  return order.extras == 0 ? text : text + shown_extras(store.extras(index));
}

// The levels of a place from the best, each with its orders; `name` begins the line of a level.
inline void show_levels(TextWriter& out, const BookStore& store, const PriceLevels& levels,
                        std::uint32_t place, const char* name) {
  for (std::uint32_t at = levels.place(place).best; at != 0; at = levels.next_worse(at)) {
    const Level& level = levels[at];
    out.line(std::string("  ") + name + " " + std::to_string(level.price()) + ": " +
             std::to_string(level.quantity) + " in " + std::to_string(level.count) +
             (level.count == 1 ? " order" : " orders"));
    for (std::uint32_t order = level.first; order != 0; order = store.order(order).next) {
      out.line(shown_order(store, order));
    }
  }
}

inline void show_facts(TextWriter& out, std::uint32_t number, const Instrument& instrument) {
  out.line("instrument " + std::to_string(number) + ": " + std::string(market::name_of(instrument.state)) +
           shown("last price", instrument.last_price) + shown("reference price", instrument.reference_price) +
           shown("order changes told", instrument.sequence) + shown("executions", instrument.executions));
  const market::InstrumentRules& rules = instrument.rules;
  const std::string told =
      shown("tick", rules.tick_size) + shown("lot", rules.lot_size) + shown("price band", rules.price_band) +
      shown("notional up to", rules.max_notional) + shown("quantity up to", rules.max_quantity) +
      shown("orders of an account up to", rules.max_orders_per_account);
  if (!told.empty()) out.line("  rules" + told.substr(1));
  if (const market::AuctionPrice& auction = instrument.told_auction; auction.quantity != 0) {
    out.line("  auction would trade " + std::to_string(auction.quantity) + " at " +
             std::to_string(auction.price) + shown("surplus", auction.surplus));
  }
}

}  // namespace detail

inline void show_book(TextWriter& out, const char* mode, const BookStore& store) {
  const std::uint32_t count = store.order_count();
  out.line(std::string(mode) + ": " + std::to_string(count) + (count == 1 ? " order" : " orders") +
           (store.limits().by_instrument ? ", match ids of each instrument from " : ", next match id ") +
           std::to_string(store.next_match_id) + detail::shown("time", store.now));
  for (std::uint32_t number = 0; number < store.limits().instruments; ++number) {
    const auto is_empty = [&](const PriceLevels& levels, Side side) {
      return levels.place(place_of(number, side)).best == 0;
    };
    const Instrument& instrument = store.instruments[number];
    if (instrument == Instrument{} && is_empty(store.levels(), Side::Buy) &&
        is_empty(store.levels(), Side::Sell) && is_empty(store.stops(), Side::Buy) &&
        is_empty(store.stops(), Side::Sell)) {
      continue;
    }
    detail::show_facts(out, number, instrument);
    detail::show_levels(out, store, store.levels(), place_of(number, Side::Buy), "buy");
    detail::show_levels(out, store, store.levels(), place_of(number, Side::Sell), "sell");
    detail::show_levels(out, store, store.stops(), place_of_stops(number, Side::Buy), "stops at");
    detail::show_levels(out, store, store.stops(), place_of_stops(number, Side::Sell), "stops at");
  }
}

}  // namespace tickweir::book
