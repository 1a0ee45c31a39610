// Saving and loading a book: its orders, and what it knows of instruments.
//
//   format, mode, orders, instruments, shards, shard, next match id, event time   (all 64 bits)
//   levels: for each the place, the rank, the number of orders; places rise, and within one the ranks
//   orders of the level, the oldest first: id, quantity, account, flags, bits of Extra; behind one that has
//   any of these bits, its extras
//   end of the levels: place 2^64 - 1
//   levels of the orders that wait for a stop price, in the same way
//   instruments of which there is anything to know: number (64 bits), then as in instruments.h; numbers rise
//   end of the instruments: number 2^64 - 1
//
// What else the store holds (indexes, free lists, link heights) never shows in the results, and is made anew.
//
// Threading: one thread. Memory: none; a chunk on the stack, so a forked child can save.
// Errors:    load throws on bytes that make no sense; the book is then not to be used.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "book_store.h"
#include "shard.h"
#include "tickweir/planted_bug.h"
#include "tickweir/state.h"

namespace tickweir::book {

constexpr std::uint64_t state_format = 8;
constexpr std::uint64_t no_more = ~std::uint64_t{0};

struct SavedLevel {
  std::uint64_t place = 0;
  std::uint64_t rank = 0;
  std::uint64_t count = 0;
};
struct SavedOrder {
  std::uint64_t id = 0;
  std::uint32_t quantity = 0;
  std::uint32_t account = 0;
  std::uint32_t flags = 0;
  std::uint32_t extras = 0;
};

namespace detail {

inline void save_orders(StateWriter& out, const BookStore& store, const Level& level) {
  std::array<SavedOrder, 256> chunk;
  std::size_t count = 0;
  for (std::uint32_t at = level.first; at != 0;) {
    const std::uint32_t index = at;
    const Order& order = store.order(index);
    chunk[count++] = {order.id, order.quantity, order.account, order.flags, order.extras};
    at = order.next;
    if (count < chunk.size() && at != 0 && order.extras == 0) continue;
    out.write(chunk.data(), count * sizeof chunk[0]);
    count = 0;
    if (order.extras != 0) out.put(store.extras(index));
  }
}

[[noreturn]] inline void refuse(const std::string& what) {
  throw std::runtime_error("the saved book makes no sense: " + what);
}

// Of a valid price?
inline bool is_rank(const SavedLevel& level) {
  return level.rank <= rank_mask &&
         market::validate_price(price_of(side_of(level.place), level.rank)) == market::RejectReason::None;
}

inline void save_levels(StateWriter& out, const BookStore& store, const PriceLevels& levels) {
  for (std::uint32_t place = 0; place < store.limits().instruments * 2; ++place) {
    for (std::uint32_t at = levels.place(place).best; at != 0; at = levels.next_worse(at)) {
      out.put(SavedLevel{place, levels[at].rank(), levels[at].count});
      save_orders(out, store, levels[at]);
    }
  }
  out.put(SavedLevel{no_more, 0, 0});
}

// Whether an order of such a level may have them.
inline bool make_sense(const Extras& extras, const SavedLevel& level, bool waits) {
  const auto is_price = [](std::int64_t price) {
    return market::validate_price(price) == market::RejectReason::None;
  };
  if (extras.has_date() != (extras.expiry_time != 0) || !market::may_rest(extras.time_in_force) ||
      extras.time_in_force > market::TimeInForce::GoodTillDate) {
    return false;
  }
  if (!waits) return extras == extras.entered();
  if (extras.hidden != 0) return false;
  const Side side = opposite(side_of(level.place));
  return extras.side == side && extras.stop_price == price_of(side_of(level.place), level.rank) &&
         (extras.limit_price == 0 || is_price(extras.limit_price)) &&
         (extras.protection == 0 || (extras.limit_price == 0 && is_price(extras.protection)));
}

inline void load_order(StateReader& in, BookStore& store, const SavedLevel& level, bool waits) {
  const auto order = in.get<SavedOrder>();
  const auto instrument = static_cast<std::uint32_t>(level.place / 2);
  if (store.is_full()) refuse("more orders than the option `orders` allows");
  if (order.id == 0 || order.quantity == 0 || order.flags > 63 ||
      store.find(instrument, order.id).index != 0) {
    refuse("order " + std::to_string(order.id) + " is there twice, is empty, or has unknown flags");
  }
  Extras extras = order.extras != 0 ? in.get<Extras>() : Extras{};
  if (TICKWEIR_BUG("what is hidden not saved")) extras.hidden = 0;
  const bool shows_too_much = extras.hidden != 0 && order.quantity > extras.display;
  const bool is_too_much = std::uint64_t{order.quantity} + extras.hidden > market::quantity_max;
  if (extras.bits() != order.extras || !make_sense(extras, level, waits) || shows_too_much || is_too_much) {
    refuse("what order " + std::to_string(order.id) + " has open or hides, waits for, or when it ends");
  }
  const auto flags = static_cast<std::uint8_t>(order.flags);
  const Order entered{.id = order.id, .quantity = order.quantity, .account = order.account, .flags = flags};
  if (waits) return store.enter_stop(entered, instrument, extras);
  const std::uint32_t index = store.enter(store.spot_of(instrument, order.id), entered,
                                          static_cast<std::uint32_t>(level.place), level.rank);
  if (order.extras != 0) store.give(index, extras);
}

inline void load_levels(StateReader& in, BookStore& store, const Shard& shard, bool waits) {
  SavedLevel before{};
  bool is_first = true;
  for (;;) {
    const auto level = in.get<SavedLevel>();
    if (level.place == no_more) return;
    const bool is_next =
        is_first || level.place > before.place || (level.place == before.place && level.rank > before.rank);
    if (!is_next || level.place < 2 || level.place >= std::uint64_t{store.limits().instruments} * 2 ||
        level.count == 0 || !is_rank(level) || !shard.owns(static_cast<std::uint32_t>(level.place / 2))) {
      refuse("a level at price rank " + std::to_string(level.rank) + " of place " +
             std::to_string(level.place));
    }
    for (std::uint64_t i = 0; i < level.count; ++i) load_order(in, store, level, waits);
    before = level;
    is_first = false;
  }
}

inline void save_instruments(StateWriter& out, const BookStore& store) {
  for (std::uint32_t number = 0; number < store.limits().instruments; ++number) {
    const Instrument& instrument = store.instruments[number];
    if (instrument == Instrument{}) continue;
    out.put<std::uint64_t>(number);
    out.put(instrument);
  }
  out.put(no_more);
}

inline bool makes_sense(std::uint64_t number, const Instrument& instrument, const BookStore& store) {
  for (const std::int64_t price :
       {instrument.last_price, instrument.low, instrument.high, instrument.reference_price}) {
    if (price < 0 || price > market::price_max) return false;
  }
  const market::InstrumentRules& rules = instrument.rules;
  const bool are_rules =
      rules == market::InstrumentRules{} ||
      (rules.instrument == number && market::validate(rules) == market::RejectReason::None);
  const bool is_told = instrument.told_top == market::TopOfBook{} || instrument.told_top.instrument == number;
  const std::uint64_t most = store.limits().by_instrument ? match_numbers - store.next_match_id : 0;
  return are_rules && is_told && instrument.executions <= most &&
         instrument.state <= TradingState::ClosingAuction;
}

inline void load_instruments(StateReader& in, BookStore& store, const Shard& shard, bool matches) {
  std::uint64_t next = 0;
  for (;;) {
    const auto number = in.get<std::uint64_t>();
    if (number == no_more) return;
    auto instrument = in.get<Instrument>();
    if (number < next || number >= store.limits().instruments || !makes_sense(number, instrument, store) ||
        !shard.owns(static_cast<std::uint32_t>(number))) {
      refuse("what it knows of instrument " + std::to_string(number));
    }
    if (TICKWEIR_BUG("best prices told again")) instrument.told_top = {};
    const auto at = static_cast<std::uint32_t>(number);
    if (matches) {
      store.restore(at, instrument);
    } else {
      store.instruments[at] = instrument;  // state and rules are the venue's affair
    }
    next = number + 1;
  }
}

}  // namespace detail

// `mode` tells who keeps the book: it follows other rules. So does a shard, of its instruments.
inline void save_book(StateWriter& out, std::uint64_t mode, const BookStore& store, const Shard& shard = {}) {
  out.put(state_format);
  out.put(mode);
  out.put<std::uint64_t>(store.limits().orders);
  out.put<std::uint64_t>(store.limits().instruments);
  out.put<std::uint64_t>(shard.count());
  out.put<std::uint64_t>(shard.number());
  out.put(store.next_match_id);
  out.put(store.now);
  detail::save_levels(out, store, store.levels());
  detail::save_levels(out, store, store.stops());
  detail::save_instruments(out, store);
}

inline void load_book(StateReader& in, std::uint64_t mode, BookStore& store, const Shard& shard = {}) {
  in.expect("format", state_format);
  in.expect("mode (0: match, 1: rebuild)", mode);
  in.expect("orders", store.limits().orders);
  in.expect("instruments", store.limits().instruments);
  in.expect("shards (0: not sharded)", shard.count());
  in.expect("shard", shard.number());
  store.next_match_id = in.get<std::uint64_t>();
  store.now = in.get<std::uint64_t>();
  if (store.limits().by_instrument && store.next_match_id > first_match_number_max) {
    detail::refuse("its match ids");
  }
  detail::load_levels(in, store, shard, false);
  detail::load_levels(in, store, shard, true);
  detail::load_instruments(in, store, shard, mode == 0);
}

}  // namespace tickweir::book
