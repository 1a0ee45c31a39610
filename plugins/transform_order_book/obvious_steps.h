// For tests: the steps that the requests of the obvious book are made of: matching, resting, leaving, stops,
// the auction, and what is told of each.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "obvious_auction.h"
#include "obvious_rules.h"
#include "recorder.h"

namespace tickweir::book {

using market::CancelReason;
using market::OrderChange;
using market::TradingState;

class ObviousSteps {
 protected:
  ObviousSteps(bool matches, std::uint64_t first_match_id)
      : matches_(matches), matches_told_(first_match_id - 1) {
    told_.reports = told_.levels = told_.top = true;
  }

  // ---- An event begins and ends ---------------------------------------------------------------------

  void begin(std::uint32_t instrument) { low_ = high_ = books_[instrument].last_price; }
  void finish(std::uint32_t instrument) {
    trigger_stops(instrument);
    tell_top(instrument);
    tell_auction(instrument);
  }

  // ---- Arriving and matching ------------------------------------------------------------------------

  // Trades what it can and rests with what is left, or ends. Where nothing is matched it just rests.
  void arrive(ObviousOrder order) {
    if (!matches_ || !books_[order.asked.instrument].is_open()) return rest(order);
    const bool is_fill_or_kill = order.asked.time_in_force == market::TimeInForce::FillOrKill;
    const std::uint32_t needed = is_fill_or_kill ? order.open : order.asked.minimum_quantity;
    if (needed != 0 && tradable(order) < needed) {
      return tell_cancelled(order, std::exchange(order.open, 0),
                            is_fill_or_kill ? CancelReason::FillOrKill : CancelReason::MinimumQuantity);
    }
    const bool is_limit = market::has_limit(order.asked.kind);
    match(order, limit_of(order.asked));
    if (order.open == 0) return;
    if (is_limit && market::may_rest(order.asked.time_in_force)) return rest(order);
    const bool somebody_is_left =
        best_price(books_[order.asked.instrument], other_side(order.asked.side)) != 0;
    tell_cancelled(order, std::exchange(order.open, 0),
                   is_limit           ? CancelReason::ImmediateRemainder
                   : somebody_is_left ? CancelReason::Protection
                                      : CancelReason::NoLiquidity);
  }

  // What would trade at once: tried in a copy.
  [[nodiscard]] std::uint64_t tradable(ObviousOrder order) const {
    ObviousSteps copy(*this);
    copy.traded_ = 0;
    copy.match(order, copy.limit_of(order.asked));
    return copy.traded_;
  }

  // The worst price at which it trades.
  [[nodiscard]] std::int64_t limit_of(const NewOrderExtended& order) {
    if (market::has_limit(order.kind)) return order.price;
    const bool is_buy = order.side == Side::Buy;
    if (order.protection == 0) return is_buy ? market::price_max : 0;
    const std::int64_t best = best_price(books_[order.instrument], other_side(order.side));
    return is_buy ? best + order.protection : best - order.protection;
  }

  void match(ObviousOrder& taker, std::int64_t limit) {
    const bool is_buy = taker.asked.side == Side::Buy;
    const Side against = other_side(taker.asked.side);
    ObviousInstrument& book = books_[taker.asked.instrument];
    while (taker.open != 0) {
      const std::int64_t price = best_price(book, against);
      if (price == 0 || (is_buy ? price > limit : price < limit)) return;
      bool has_changed = false;
      while (taker.open != 0 && book.resting(against).contains(price)) {
        ObviousOrder& maker = orders_.at(book.resting(against).at(price).front());
        if (is_prevented(maker, taker)) {
          has_changed |= prevent(maker, taker);
        } else {
          has_changed = true;
          const std::uint32_t shown_before = maker.shown;
          trade(maker, taker, std::min(taker.open, maker.shown), price, taker.asked.side);
          settle(maker.id(), shown_before);
        }
      }
      if (has_changed) tell_level(taker.asked.instrument, against, price);
    }
  }

  void trade(ObviousOrder& maker, ObviousOrder& taker, std::uint32_t quantity, std::int64_t price,
             Side taker_side) {
    for (ObviousOrder* order : {&maker, &taker}) {
      order->open -= quantity;
      order->shown -= std::min(order->shown, quantity);
    }
    low_ = low_ == 0 ? price : std::min(low_, price);
    high_ = std::max(high_, price);
    books_[taker.asked.instrument].last_price = price;
    traded_ += quantity;
    told_.execution({.match_id = ++matches_told_,
                     .maker_order_id = maker.id(),
                     .taker_order_id = taker.id(),
                     .price = price,
                     .quantity = quantity,
                     .maker_remaining = maker.open,
                     .taker_remaining = taker.open,
                     .taker_side = taker_side},
                    true);
  }

  // ---- Self-trade prevention ------------------------------------------------------------------------

  static bool is_prevented(const ObviousOrder& maker, const ObviousOrder& taker) {
    return taker.asked.account != 0 && taker.asked.account == maker.asked.account &&
           market::self_trade_of(taker.asked.flags) != market::SelfTrade::Allow;
  }
  // Whether the level has changed.
  bool prevent(ObviousOrder& maker, ObviousOrder& taker) {
    const market::SelfTrade choice = market::self_trade_of(taker.asked.flags);
    const std::uint32_t shown_before = maker.shown;
    const bool is_decrement = choice == market::SelfTrade::Decrement;
    const std::uint32_t both = std::min(taker.open, maker.shown);
    if (choice != market::SelfTrade::CancelNewest) take_away(maker, is_decrement ? both : maker.open);
    if (choice != market::SelfTrade::CancelOldest) take_away(taker, is_decrement ? both : taker.open);
    if (choice != market::SelfTrade::CancelNewest) settle(maker.id(), shown_before);
    return choice != market::SelfTrade::CancelNewest;
  }
  void take_away(ObviousOrder& order, std::uint32_t quantity) {
    order.open -= quantity;
    order.shown = std::min(order.open, order.shown - std::min(order.shown, quantity));
    tell_cancelled(order, quantity, CancelReason::SelfTrade);
  }

  // ---- Resting, waiting, leaving --------------------------------------------------------------------

  void rest(ObviousOrder order) {
    order.shown = order.next_shown();
    orders_[order.id()] = order;
    put_at_back(queues_of(order), order.asked.price, order.id());
    tell_order(order, OrderChange::Entered);
    tell_level(order.asked.instrument, order.asked.side, order.asked.price);
  }
  void wait(ObviousOrder order) {
    order.waits = true;
    orders_[order.id()] = order;
    put_at_back(queues_of(order), price_of(order), order.id());
  }
  // After what an order has open or shows became less: it leaves, or shows its next part at the back.
  void settle(std::uint64_t id, std::uint32_t shown_before) {
    ObviousOrder& order = orders_.at(id);
    if (order.open == 0) return leave(id);
    if (order.waits || order.shown == shown_before) return;
    if (order.shown != 0) return tell_order(order, OrderChange::Changed);
    tell_order(order, OrderChange::Left);
    take_out(queues_of(order), order.asked.price, id);
    order.shown = order.next_shown();
    put_at_back(queues_of(order), order.asked.price, id);
    told_.report(market::Refreshed{.order_id = id, .displayed = order.shown, .remaining = order.open});
    tell_order(order, OrderChange::Entered);
  }
  void leave(std::uint64_t id) {
    ObviousOrder& order = orders_.at(id);
    order.shown = 0;
    if (!order.waits) tell_order(order, OrderChange::Left);
    take_out(queues_of(order), price_of(order), id);
    orders_.erase(id);
  }
  // Stands where `old` stood, with another id and perhaps less.
  void rename(const ObviousOrder& old, const NewOrderExtended& wanted) {
    ObviousOrder order{.asked = wanted, .open = wanted.quantity};
    order.shown = std::min(old.shown, order.open);
    std::ranges::replace(queues_of(old).at(old.asked.price), old.id(), order.id());
    orders_.erase(old.id());
    orders_[order.id()] = order;
    tell_order(order, OrderChange::Changed, old.id());
  }

  Prices& queues_of(const ObviousOrder& order) {
    ObviousInstrument& book = books_[order.asked.instrument];
    return order.waits ? book.waiting(order.asked.side) : book.resting(order.asked.side);
  }
  static std::int64_t price_of(const ObviousOrder& order) {
    return order.waits ? order.asked.stop_price : order.asked.price;
  }

  // ---- Stops ----------------------------------------------------------------------------------------

  // Those that a price of this event has reached enter one after the other; what they trade may reach more.
  void trigger_stops(std::uint32_t instrument) {
    const ObviousInstrument& book = books_[instrument];
    const bool nobody_waits = book.buy_stops.empty() && book.sell_stops.empty();
    if (!book.is_open() || book.last_price == 0 || nobody_waits) return;
    std::list<ObviousOrder> reached;
    const auto take_next = [&] {
      for (const std::uint64_t id : ids_in_order(book)) {
        const ObviousOrder order = orders_.at(id);
        const std::int64_t stop = order.asked.stop_price;
        if (!order.waits || (order.asked.side == Side::Buy ? stop > high_ : stop < low_)) continue;
        leave(id);
        reached.push_back(order);
      }
    };
    for (take_next(); !reached.empty(); take_next()) {
      trigger(reached.front());
      reached.pop_front();
    }
  }
  void trigger(ObviousOrder order) {
    order.waits = false;
    order.asked.kind =
        order.asked.kind == market::OrderKind::Stop ? market::OrderKind::Market : market::OrderKind::Limit;
    told_.report(market::Triggered{.order_id = order.id(),
                                   .stop_price = order.asked.stop_price,
                                   .price = order.asked.price,
                                   .quantity = order.open,
                                   .side = order.asked.side,
                                   .kind = order.asked.kind});
    order.asked.stop_price = 0;
    arrive(order);
  }

  // ---- The auction ----------------------------------------------------------------------------------

  [[nodiscard]] ClearingPrice clearing(const ObviousInstrument& book) const {
    return clearing_price(book, [this](const Ids& queue) {
      std::uint64_t sum = 0;
      for (const std::uint64_t id : queue) sum += orders_.at(id).open;
      return sum;
    });
  }
  // Trades a crossed book at one price, best bid with best ask, until no more trades at it. `before`: the
  // state that has ended.
  void uncross(std::uint32_t instrument, TradingState before) {
    ObviousInstrument& book = books_[instrument];
    const ClearingPrice found = clearing(book);
    const bool was_auction = ObviousInstrument{.state = before}.is_collecting();
    if (was_auction || found.quantity() != 0) tell_auction(instrument, found, before, true);
    book.told_auction = {};
    if (found.quantity() == 0) return;
    book.reference_price = found.price;
    std::map<std::int64_t, bool, std::greater<>> bids;  // that were touched
    std::map<std::int64_t, bool> asks;
    for (std::uint64_t left = found.quantity(); left != 0;) {
      ObviousOrder& buy = orders_.at(book.bids.rbegin()->second.front());
      ObviousOrder& sell = orders_.at(book.asks.begin()->second.front());
      bids[buy.asked.price] = asks[sell.asked.price] = true;
      const std::uint32_t buy_before = buy.shown, sell_before = sell.shown;
      const auto quantity =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(left, std::min(buy_before, sell_before)));
      trade(buy, sell, quantity, found.price, Side::None);
      settle(buy.id(), buy_before);
      settle(sell.id(), sell_before);
      left -= quantity;
    }
    for (const auto& [price, touched] : bids) tell_level(instrument, Side::Buy, price);
    for (const auto& [price, touched] : asks) tell_level(instrument, Side::Sell, price);
  }

  // ---- What is told ---------------------------------------------------------------------------------

  void tell_cancelled(const ObviousOrder& order, std::uint32_t quantity, CancelReason reason) {
    told_.report(market::Cancelled{
        .order_id = order.id(), .quantity = quantity, .remaining = order.open, .reason = reason});
  }
  void tell_order(const ObviousOrder& order, OrderChange change, std::uint64_t previous_id = 0) {
    const std::uint64_t sequence = ++books_[order.asked.instrument].sequence;
    if (!told_.wants_orders()) return;
    told_.order_changed({.sequence = sequence,
                         .order_id = order.id(),
                         .previous_order_id = previous_id,
                         .price = order.asked.price,
                         .quantity = order.shown,
                         .side = order.asked.side,
                         .change = change});
  }
  [[nodiscard]] std::uint64_t shown_in(const Ids& queue) const {
    std::uint64_t sum = 0;
    for (const std::uint64_t id : queue) sum += orders_.at(id).shown;
    return sum;
  }
  void tell_level(std::uint32_t instrument, Side side, std::int64_t price) {
    const Prices& levels = books_[instrument].resting(side);
    const auto found = levels.find(price);
    const bool there = found != levels.end();
    told_.level_changed({.price = price,
                         .quantity = there ? shown_in(found->second) : 0,
                         .order_count = there ? static_cast<std::uint32_t>(found->second.size()) : 0,
                         .side = side});
  }
  void tell_top(std::uint32_t instrument) {
    ObviousInstrument& book = books_[instrument];
    market::TopOfBook now{};
    if (!book.bids.empty()) {
      now.bid_price = best_price(book, Side::Buy), now.bid_quantity = shown_in(book.bids.rbegin()->second);
    }
    if (!book.asks.empty()) {
      now.ask_price = best_price(book, Side::Sell), now.ask_quantity = shown_in(book.asks.begin()->second);
    }
    if (now == book.told_top) return;
    book.told_top = now;
    told_.top_changed(now);
  }
  void tell_auction(std::uint32_t instrument) {
    const ObviousInstrument& book = books_[instrument];
    tell_auction(instrument, book.is_collecting() ? clearing(book) : ClearingPrice{}, book.state, false);
  }
  void tell_auction(std::uint32_t instrument, const ClearingPrice& found, TradingState state, bool is_final) {
    market::AuctionPrice now{.price = found.price,
                             .quantity = found.quantity(),
                             .surplus = found.surplus(),
                             .surplus_side = found.surplus_side()};
    market::AuctionPrice& told = books_[instrument].told_auction;
    if (now == told && !is_final) return;
    told = now;
    now.state = state, now.is_final = is_final ? 1 : 0;
    told_.auction(now);
  }

  bool matches_;
  std::map<std::uint32_t, ObviousInstrument> books_;
  std::map<std::uint64_t, ObviousOrder> orders_;
  std::int64_t low_ = 0, high_ = 0;  // of the prices of this event, with the last price before it
  std::uint64_t traded_ = 0;         // quantity, ever
  std::uint64_t matches_told_;       // the latest match id
  Recorder told_;
};

}  // namespace tickweir::book
