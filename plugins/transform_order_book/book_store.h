// Orders and price levels of all instruments, without rules: who rests where, in which order.
//
// An order lies in a slot (order_slots.h) and in its level's queue (intrusive, 32-bit links). The levels are
// in price_levels.h, the way from an order's id to its slot in order_id_map.h. Index 0 means "none"
// everywhere.
//
// Threading: one thread. Memory: all of it reserved in the constructor: 32 bytes an order, and what levels
//            and ids take. There are never more levels than orders, so orders and instruments are the only
//            limits.
// Errors:    calls that break a precondition are bugs of the caller, and asserted.
// Units:     prices and quantities as in market.fbs; prices from 1 to market::price_max.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "account_orders.h"
#include "expiry_heap.h"
#include "instruments.h"
#include "order.h"
#include "order_id_map.h"
#include "order_slots.h"
#include "price_levels.h"
#include "tickweir/market.h"

namespace tickweir::book {

// An order, and where its id lies, or would. Of use until the order leaves.
struct Found {
  std::uint32_t index = 0;  // 0: there is none
  OrderIdMap::Spot spot;
};

class BookStore {
 public:
  explicit BookStore(const Limits& limits)
      : instruments(limits.instruments),
        limits_(limits),
        orders_(limits.orders),
        expiries_(limits.orders),
        levels_(limits.orders, limits.instruments),
        stops_(limits.orders, limits.instruments),
        ids_(limits.orders, limits.by_instrument),
        account_orders_(limits.orders) {}

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] std::uint32_t order_count() const { return ids_.size(); }
  [[nodiscard]] std::uint32_t level_count() const { return levels_.count(); }
  [[nodiscard]] bool is_full() const { return ids_.size() == limits_.orders; }
  [[nodiscard]] bool has_book(std::uint32_t instrument) const { return instrument < limits_.instruments; }

  // The live order with this id, or none. The instrument counts where each has ids of its own.
  [[nodiscard]] [[gnu::always_inline]] Found find(std::uint32_t instrument, std::uint64_t id) const {
    const OrderIdMap::Spot spot = spot_of(instrument, id);
    const std::uint32_t index = ids_.find(spot, [this, id, instrument](std::uint32_t at) {
      return orders_[at].id == id && (!limits_.by_instrument || is_of(at, instrument));
    });
    return {.index = index, .spot = spot};
  }
  // As find() finds an order.
  [[nodiscard]] Found found(std::uint32_t index) const {
    const Order& order = orders_[index];
    return {.index = index, .spot = spot_of(level_of(order).instrument(), order.id)};
  }
  [[nodiscard]] OrderIdMap::Spot spot_of(std::uint32_t instrument, std::uint64_t id) const {
    return ids_.spot_of(ids_.name_of(instrument, id));
  }
  [[nodiscard]] const Order& order(std::uint32_t index) const { return orders_[index]; }
  [[nodiscard]] const Extras& extras(std::uint32_t index) const { return orders_.extras(index); }
  // `see(order)` for each that rests or waits, in an order that means nothing.
  template <typename See>
  void for_each_order(See&& see) const {
    orders_.for_each(see);
  }
  // What an order has open, shown or not; and what of it is hidden.
  [[nodiscard]] std::uint32_t open(std::uint32_t index) const {
    return orders_[index].quantity + hidden(index);
  }
  [[nodiscard]] std::uint32_t hidden(std::uint32_t index) const { return orders_.hidden(index); }
  // What an iceberg shows at most, 0 for others.
  [[nodiscard]] std::uint32_t display(std::uint32_t index) const { return orders_.display(index); }
  // Of all orders of a level.
  [[nodiscard]] std::uint64_t open(const Level& level) const {
    std::uint64_t sum = level.quantity;
    if (icebergs_ == 0) return sum;
    for (std::uint32_t at = level.first; at != 0; at = orders_[at].next) sum += hidden(at);
    return sum;
  }
  [[nodiscard]] std::uint32_t iceberg_count() const { return icebergs_; }
  [[nodiscard]] bool has_due(std::uint64_t time) const { return expiries_.is_due(time); }
  // The orders that expire now, in the order in which they do; good until the next call.
  [[nodiscard]] std::span<const ExpiryHeap::Due> all_due() { return expiries_.all_due(now); }
  [[nodiscard]] const Level& level(std::uint32_t index) const { return levels_[index]; }
  [[nodiscard]] const Level& level_of(const Order& order) const {
    if (order.has(Extra::Stop)) [[unlikely]]
      return stops_[order.level];
    return levels_[order.level];
  }
  [[nodiscard]] const PriceLevels& levels() const { return levels_; }
  [[nodiscard]] const PriceLevels& stops() const { return stops_; }  // of orders that wait
  [[nodiscard]] const OrderIdMap& ids() const { return ids_; }

  // Index of the best level of a side, 0 if it is empty; and of the next worse one after a level.
  [[nodiscard]] std::uint32_t best(std::uint32_t instrument, Side side) const {
    return levels_.place(place_of(instrument, side)).best;
  }
  [[nodiscard]] std::uint32_t next_worse(std::uint32_t level) const { return levels_.next_worse(level); }

  // Enters an order at the back of its level. The id, whose spot that is, is not live, the store not full,
  // the book exists.
  [[gnu::always_inline]] std::uint32_t enter(const OrderIdMap::Spot& spot, const Order& order,
                                             std::uint32_t place, std::uint64_t rank) {
    return append(levels_, levels_.find_or_make(place, rank), spot, order);
  }

  // An order that has just been entered has these, too.
  [[gnu::noinline]] void give(std::uint32_t index, const Extras& extras) {
    Order& order = orders_[index];
    order.extras = extras.bits();
    orders_.extras(index) = extras;
    if (order.has(Extra::Date)) expiries_.put(due_of(index));
    if (order.has(Extra::Iceberg)) ++icebergs_;
  }
  // Takes up to `quantity` off what an order hides. Returns how much is still to be taken.
  std::uint32_t take_hidden(std::uint32_t index, std::uint32_t quantity) {
    return orders_.take_hidden(index, quantity);
  }

  // Takes `quantity` off an order, at most what it shows; at 0 the order leaves, and an empty level too. An
  // iceberg that hides more shows its next part at the back instead.
  // Returns the level as it is afterwards, to be looked at before another order enters: also one that has
  // left.
  [[gnu::always_inline]] const Level& take(const Found& found, std::uint32_t quantity) {
    return take(levels_, found, quantity);
  }

  // Gives an order another id, not in use or its own, and what is open, at most what was. It keeps its place,
  // and an iceberg what it shows.
  void rename(std::uint32_t index, std::uint64_t id, std::uint32_t open) {
    Order& order = orders_[index];
    TICKWEIR_ASSERT(open != 0 && open <= this->open(index));
    const std::uint32_t instrument = levels_[order.level].instrument();
    ids_.erase(spot_of(instrument, order.id), index);
    ids_.put(spot_of(instrument, id), index);
    order.id = id;
    const std::uint32_t shown = std::min(order.quantity, open);
    levels_[order.level].quantity -= order.quantity - shown;
    order.quantity = shown;
    if (order.extras != 0) [[unlikely]]
      rename_extras(index, open);
  }

  // Takes up to `quantity` off the front of a level, the oldest order first, and tells of each:
  // `fill(order, taken)`, with the order as it was. Stops at an order that has extras. Returns the level
  // as take() does.
  template <typename Fill>
  [[gnu::always_inline]] const Level& take_front(std::uint32_t level_index, std::uint32_t quantity,
                                                 Fill&& fill) {
    Level& level = levels_[level_index];
    std::uint32_t at = level.first;
    while (quantity != 0 && at != 0) {
      Order& order = orders_[at];
      if (order.extras != 0) [[unlikely]]
        break;
      const std::uint32_t taken = std::min(quantity, order.quantity);
      const Order was = order;
      quantity -= taken;
      level.quantity -= taken;
      order.quantity -= taken;
      if (order.quantity == 0) {
        free_slot(found(at), level.instrument());
        --level.count;
        at = was.next;
      }
      fill(was, taken);
    }
    level.first = at;
    if (at != 0) {
      orders_[at].previous = 0;
    } else {
      level.last = 0;
    }
    if (at == 0) levels_.remove(level_index);
    return level;
  }

  // ---- Orders that wait for a stop price --------------------------------------------------------------

  // As enter(), at the back of its stop price.
  [[gnu::noinline]] void enter_stop(const Order& order, std::uint32_t instrument, const Extras& extras) {
    const std::uint32_t place = place_of_stops(instrument, extras.side);
    const std::uint64_t rank = rank_of(opposite(extras.side), extras.stop_price);
    const std::uint32_t level = stops_.find_or_make(place, rank);
    give(append(stops_, level, spot_of(instrument, order.id), order), extras);
    if (instruments.is(instrument, Special::Stops)) return;
    instruments.set(instrument, Special::Stops, true);
    instruments.forget_prices(instrument);
  }
  // As take().
  [[gnu::noinline]] void take_stop(std::uint32_t index, std::uint32_t quantity) {
    const std::uint32_t instrument = level_of(orders_[index]).instrument();
    take(stops_, found(index), quantity);
    mark_stops(instrument);
  }
  // Takes all orders of a level of stops() out of it, and links them by `next` behind `last` (0: there is
  // none). Returns the new last one. Until leave() they are live, and neither wait nor rest.
  std::uint32_t take_all_stops(std::uint32_t level_index, std::uint32_t last) {
    const Level level = stops_[level_index];
    if (last != 0) orders_[last].next = level.first;
    stops_.remove(level_index);
    mark_stops(level.instrument());
    return level.last;
  }
  void leave(std::uint32_t index, std::uint32_t instrument) {
    drop_extras(index);
    free_slot({.index = index, .spot = spot_of(instrument, orders_[index].id)}, instrument);
  }

  // ---- Rules, and what they ask to be counted ---------------------------------------------------------

  // From now on. An instrument that comes to limit the orders of accounts counts those that are there.
  void set_rules(const market::InstrumentRules& rules) {
    const bool did_limit = limits_accounts(rules.instrument);
    instruments.set_rules(rules);
    if (limits_accounts(rules.instrument) != did_limit) count_all(rules.instrument, !did_limit);
  }
  // As it was saved, when its orders have been entered.
  void restore(std::uint32_t number, const Instrument& saved) {
    instruments.restore(number, saved);
    if (limits_accounts(number)) count_all(number, true);
  }
  // Whether the account has as many orders in the instrument as it may.
  [[nodiscard]] bool has_most_orders(std::uint32_t instrument, std::uint32_t account) const {
    return account != 0 && limits_accounts(instrument) &&
           account_orders_.count(instrument, account) >= instruments[instrument].rules.max_orders_per_account;
  }

  // Of one more execution. Of each instrument by itself: its number in the high 24 bits, in the low 40 what
  // counts from `next_match_id` on, which stays.
  [[nodiscard]] std::uint64_t take_match_id(std::uint32_t instrument) {
    if (!limits_.by_instrument) [[likely]]
      return next_match_id++;
    const std::uint64_t number = next_match_id + instruments[instrument].executions++;
    TICKWEIR_ASSERT(number < match_numbers);
    return std::uint64_t{instrument} << match_number_bits | number;
  }

  std::uint64_t next_match_id = 1;
  std::uint64_t now = 0;  // event time
  Instruments instruments;

 private:
  [[gnu::always_inline]] std::uint32_t append(PriceLevels& levels, std::uint32_t level_index,
                                              const OrderIdMap::Spot& spot, const Order& order) {
    Level& level = levels[level_index];
    const std::uint32_t at = orders_.take();
    ids_.put(spot, at);
    if (counts_accounts_) [[unlikely]]
      count_if_limited(level.instrument(), order.account, true);
    const std::uint32_t last = level.last;
    orders_[at] = {.id = order.id,
                   .quantity = order.quantity,
                   .account = order.account,
                   .previous = last,
                   .next = 0,
                   .level = level_index,
                   .flags = order.flags};
    (last != 0 ? orders_[last].next : level.first) = at;
    level.last = at;
    level.quantity += order.quantity;
    ++level.count;
    return at;
  }
  [[gnu::always_inline]] const Level& take(PriceLevels& levels, const Found& found, std::uint32_t quantity) {
    const std::uint32_t index = found.index;
    Order& order = orders_[index];
    TICKWEIR_ASSERT(quantity <= order.quantity);
    const std::uint32_t level_index = order.level;
    Level& level = levels[level_index];
    order.quantity -= quantity;
    level.quantity -= quantity;
    if (order.quantity == 0 && (order.extras == 0 || !show_more(level, index))) {
      (order.previous != 0 ? orders_[order.previous].next : level.first) = order.next;
      (order.next != 0 ? orders_[order.next].previous : level.last) = order.previous;
      --level.count;
      if (order.extras != 0) [[unlikely]]
        drop_extras(index);
      free_slot(found, level.instrument());
      if (level.count == 0) levels.remove(level_index);
    }
    return level;
  }
  [[nodiscard]] ExpiryHeap::Due due_of(std::uint32_t index) const {
    const Order& order = orders_[index];
    return {.time = orders_.extras(index).expiry_time,
            .id = order.id,
            .instrument = level_of(order).instrument(),
            .slot = index};
  }
  [[gnu::noinline]] void rename_extras(std::uint32_t index, std::uint32_t open) {
    const Order& order = orders_[index];
    Extras& extras = orders_.extras(index);
    if (order.has(Extra::Date)) {
      expiries_.erase(index);
      expiries_.put(due_of(index));
    }
    extras.hidden = open - order.quantity;
  }
  // Of an order that shows nothing any more: its next part, at the back of its level. Says whether there is
  // one.
  [[gnu::noinline]] bool show_more(Level& level, std::uint32_t index) {
    Order& order = orders_[index];
    if (hidden(index) == 0) return false;
    order.quantity = std::min(orders_.extras(index).hidden, orders_.extras(index).display);
    orders_.extras(index).hidden -= order.quantity;
    level.quantity += order.quantity;
    if (order.next == 0) return true;
    (order.previous != 0 ? orders_[order.previous].next : level.first) = order.next;
    orders_[order.next].previous = order.previous;
    orders_[level.last].next = index;
    order.previous = std::exchange(level.last, index);
    order.next = 0;
    return true;
  }
  // Whether any still wait.
  void mark_stops(std::uint32_t instrument) {
    const bool some = stops_.place(place_of(instrument, Side::Buy)).best != 0 ||
                      stops_.place(place_of(instrument, Side::Sell)).best != 0;
    instruments.set(instrument, Special::Stops, some);
  }

  [[gnu::noinline]] void drop_extras(std::uint32_t index) {
    Order& order = orders_[index];
    if (order.has(Extra::Date)) expiries_.erase(index);
    if (order.has(Extra::Iceberg)) --icebergs_;
    order.extras = 0;
  }
  [[gnu::always_inline]] void free_slot(const Found& leaving, std::uint32_t instrument) {
    if (counts_accounts_) [[unlikely]]
      count_if_limited(instrument, orders_[leaving.index].account, false);
    ids_.erase(leaving.spot, leaving.index);
    orders_.give_back(leaving.index);
  }

  [[nodiscard]] bool limits_accounts(std::uint32_t instrument) const {
    return instruments[instrument].rules.max_orders_per_account != 0;
  }
  [[nodiscard]] [[gnu::noinline]] bool is_of(std::uint32_t index, std::uint32_t instrument) const {
    return level_of(orders_[index]).instrument() == instrument;
  }
  // When an order comes or goes.
  [[gnu::noinline]] void count_if_limited(std::uint32_t instrument, std::uint32_t account, bool comes) {
    if (limits_accounts(instrument)) count_one(instrument, account, comes);
  }
  // Of all orders of the instrument.
  [[gnu::noinline]] void count_all(std::uint32_t instrument, bool is_more) {
    counts_accounts_ = true;
    for (const PriceLevels* levels : {&levels_, &stops_}) {
      for (const Side side : {Side::Buy, Side::Sell}) {
        const std::uint32_t best = levels->place(place_of(instrument, side)).best;
        for (std::uint32_t level = best; level != 0; level = levels->next_worse(level)) {
          for (std::uint32_t at = (*levels)[level].first; at != 0; at = orders_[at].next) {
            count_one(instrument, orders_[at].account, is_more);
          }
        }
      }
    }
  }
  void count_one(std::uint32_t instrument, std::uint32_t account, bool is_more) {
    if (account == 0) return;
    is_more ? account_orders_.add(instrument, account) : account_orders_.remove(instrument, account);
  }

  Limits limits_;
  OrderSlots orders_;
  ExpiryHeap expiries_;
  PriceLevels levels_;
  PriceLevels stops_;
  OrderIdMap ids_;
  AccountOrders account_orders_;
  bool counts_accounts_ = false;  // an instrument has limited them, at some time
  std::uint32_t icebergs_ = 0;    // that rest or wait
};

}  // namespace tickweir::book
