// The end of a call auction: a crossed book trades at one price.
//
// Threading: one thread. Memory: 8 bytes an order, reserved in the constructor, touched when an auction
// trades.
#pragma once

#include <algorithm>
#include <cstdint>

#include "clearing.h"
#include "stops.h"

namespace tickweir::book {

template <typename Listener>
class Auction : public Stops<Listener> {
 public:
  Auction(BookStore& store, Listener& listener)
      : Stops<Listener>(store, listener), asks_(store.limits().orders) {}

 protected:
  using Stops<Listener>::store_;

  // At the end of the state `before`.
  [[gnu::noinline]] void uncross(std::uint32_t number, TradingState before) {
    Instrument& instrument = store_.instruments[number];
    const Clearing found = clearing_price(store_, number);
    const bool was_auction = Instrument{.state = before}.is_collecting();
    if (was_auction || found.quantity() != 0) this->tell_auction(number, found, before, true);
    instrument.told_auction = {};
    if (found.quantity() == 0) return;
    instrument.reference_price = found.price;
    store_.instruments.traded(number, found.price);
    trade_at(number, found.price, found.quantity());
  }

 private:
  // Best bid with best ask, by price, then time. Levels are told afterwards, bids first.
  void trade_at(std::uint32_t instrument, std::int64_t price, std::uint64_t quantity) {
    std::uint32_t asks = 0;
    Level bid, ask;
    while (quantity != 0) {
      const std::uint32_t buy = first_of(instrument, Side::Buy);
      const std::uint32_t sell = first_of(instrument, Side::Sell);
      const Order maker = store_.order(buy);
      const Order order = store_.order(sell);
      Taker taker{
          .id = order.id, .quantity = store_.open(sell), .instrument = instrument, .account = order.account};
      const std::uint32_t both = std::min(maker.quantity, order.quantity);
      const auto traded = static_cast<std::uint32_t>(std::min<std::uint64_t>(quantity, both));
      this->execute(taker, maker, traded, price, store_.hidden(buy));
      bid = take(buy, traded);
      ask = take(sell, traded);
      if (bid.count == 0) this->tell_level(bid);
      if (ask.count == 0) asks_[asks++] = ask.key;
      quantity -= traded;
    }
    if (bid.count != 0) this->tell_level(bid);
    for (std::uint32_t i = 0; i < asks; ++i) this->tell_level({.key = asks_[i]});
    if (ask.count != 0) this->tell_level(ask);
  }

  Level take(std::uint32_t index, std::uint32_t quantity) {
    const Order order = store_.order(index);
    const bool shows_more = quantity == order.quantity && store_.hidden(index) != 0;
    const Level after = store_.take(store_.found(index), quantity);
    this->tell_less(order.id, order.quantity - quantity, after);
    if (shows_more) this->tell_refreshed(after, index);
    return after;
  }
  [[nodiscard]] std::uint32_t first_of(std::uint32_t instrument, Side side) const {
    return store_.level(store_.best(instrument, side)).first;
  }

  Reserved<std::uint64_t> asks_;  // keys of the levels that the auction has emptied
};

}  // namespace tickweir::book
