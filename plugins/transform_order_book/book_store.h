// Orders and price levels of all instruments, without rules: who rests where, in which order.
//
// An order lies in a level's queue (intrusive, 32-bit links). The levels of one side of one instrument are
// a skip list from the best price outwards: finding the level d steps behind the best costs O(log d), and
// the best is the first link. Everything is in arrays whose index 0 means "none".
//
// Threading: one thread. Memory: all of it in the constructor: 32 bytes an order, 64 a level, 48 an
//            instrument, 32 or more of id map an order. There are never more levels than orders, so
//            orders and instruments are the only limits.
// Errors:    calls that break a precondition are bugs of the caller, and asserted.
// Units:     prices and quantities as in market.fbs; prices within +-2^36.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "order_id_map.h"
#include "tickweir/market.h"

namespace tickweir::book {

using market::Side;

struct Limits {
  std::uint32_t orders = 1'048'576;    // live at once
  std::uint32_t instruments = 65'536;  // numbers below this have a book
};

struct Order {
  std::uint64_t id = 0;
  std::uint32_t quantity = 0;  // open
  std::uint32_t account = 0;
  std::uint32_t previous = 0;  // in the level's queue
  std::uint32_t next = 0;      // in the queue, or in the free list
  std::uint32_t level = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(Order) == 32);

constexpr std::size_t link_count = 6;  // at a growth of 4 per link: 4,096 levels a side at full speed
using Links = std::array<std::uint32_t, link_count>;

struct alignas(64) Level {
  std::int64_t rank = 0;  // lower is better: the price on the sell side, minus it on the buy side
  std::uint64_t quantity = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t count = 0;
  std::uint32_t place = 0;     // instrument * 2, plus 1 on the sell side
  Links next{};                // to worse levels; next[0] also chains the free list
  std::uint32_t previous = 0;  // the next better level; 0: this is the best
  std::uint32_t height = 0;    // links in use

  [[nodiscard]] Side side() const { return (place & 1) != 0 ? Side::Sell : Side::Buy; }
  [[nodiscard]] std::uint32_t instrument() const { return place >> 1; }
  [[nodiscard]] std::int64_t price() const { return (place & 1) != 0 ? rank : -rank; }
};
static_assert(sizeof(Level) == 64);

constexpr Side opposite(Side side) {
  return side == Side::Buy ? Side::Sell : Side::Buy;
}

class BookStore {
 public:
  explicit BookStore(const Limits& limits)
      : limits_(limits),
        orders_(std::size_t{limits.orders} + 1),
        levels_(std::size_t{limits.orders} + 1),
        best_(std::size_t{limits.instruments} * 2),
        ids_(limits.orders) {}

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] std::uint32_t order_count() const { return ids_.size(); }
  [[nodiscard]] std::uint32_t level_count() const { return level_count_; }
  [[nodiscard]] bool is_full() const { return ids_.size() == limits_.orders; }
  [[nodiscard]] bool has_book(std::uint32_t instrument) const { return instrument < limits_.instruments; }

  // Index of the live order with this id, 0 if there is none.
  [[nodiscard]] std::uint32_t find(std::uint64_t id) const { return ids_.find(id); }
  [[nodiscard]] const Order& order(std::uint32_t index) const { return orders_[index]; }
  [[nodiscard]] const Level& level(std::uint32_t index) const { return levels_[index]; }
  [[nodiscard]] const Level& level_of(const Order& order) const { return levels_[order.level]; }

  // Index of the best level of a side, 0 if it is empty. Level::next[0] leads to the next worse one.
  [[nodiscard]] std::uint32_t best(std::uint32_t instrument, Side side) const {
    return best_[place_of(instrument, side)][0];
  }

  // Enters an order at the back of its level. The id is not live, the store not full, the book exists.
  std::uint32_t enter(std::uint64_t id, std::uint32_t account, std::uint32_t instrument, Side side,
                      std::int64_t price, std::uint32_t quantity) {
    const std::uint32_t at = take_free(free_order_, used_orders_, [&](auto i) { return orders_[i].next; });
    ids_.put(id, at);
    const std::uint32_t place = place_of(instrument, side);
    const std::uint32_t level_index = find_or_make_level(place, side == Side::Sell ? price : -price);
    Level& level = levels_[level_index];
    orders_[at] = {.id = id,
                   .quantity = quantity,
                   .account = account,
                   .previous = level.last,
                   .next = 0,
                   .level = level_index};
    (level.last != 0 ? orders_[level.last].next : level.first) = at;
    level.last = at;
    level.quantity += quantity;
    ++level.count;
    return at;
  }

  // Takes `quantity` off an order, at most what is open; at 0 the order leaves, and an empty level too.
  // Returns a copy of the level as it is afterwards.
  Level take(std::uint32_t index, std::uint32_t quantity) {
    Order& order = orders_[index];
    TICKWEIR_ASSERT(quantity <= order.quantity);
    const std::uint32_t level_index = order.level;
    Level& level = levels_[level_index];
    order.quantity -= quantity;
    level.quantity -= quantity;
    if (order.quantity == 0) remove(index);
    const Level after = level;
    if (level.count == 0) remove_level(level_index);
    return after;
  }

  std::uint64_t next_match_id = 1;

 private:
  static std::uint32_t place_of(std::uint32_t instrument, Side side) {
    return instrument * 2 + (side == Side::Sell ? 1 : 0);
  }

  // An index from the free list, or the next one never used.
  template <typename Next>
  static std::uint32_t take_free(std::uint32_t& free, std::uint32_t& used, Next next) {
    if (free == 0) return ++used;
    const std::uint32_t index = free;
    free = next(index);
    return index;
  }

  void remove(std::uint32_t index) {
    Order& order = orders_[index];
    Level& level = levels_[order.level];
    (order.previous != 0 ? orders_[order.previous].next : level.first) = order.next;
    (order.next != 0 ? orders_[order.next].previous : level.last) = order.previous;
    --level.count;
    ids_.erase(order.id);
    order.id = 0;
    order.next = free_order_;
    free_order_ = index;
  }

  // The links that lead on from a level; those of the side itself for 0.
  Links& links_after(std::uint32_t place, std::uint32_t level_index) {
    return level_index == 0 ? best_[place] : levels_[level_index].next;
  }

  // For each link height the last level better than `rank`, or 0. Climbs from the best, since most requests
  // are near it.
  Links find_before(std::uint32_t place, std::int64_t rank) {
    Links before{};
    const Links* links = &best_[place];
    const auto leads_to_better = [&](std::size_t height) {
      const std::uint32_t next = (*links)[height];
      return next != 0 && levels_[next].rank < rank;
    };
    std::size_t height = 0;
    while (height + 1 < link_count && leads_to_better(height + 1)) ++height;
    std::uint32_t at = 0;
    for (std::size_t h = height + 1; h-- > 0;) {
      while (leads_to_better(h)) {
        at = (*links)[h];
        links = &levels_[at].next;
      }
      before[h] = at;
    }
    return before;
  }

  std::uint32_t find_or_make_level(std::uint32_t place, std::int64_t rank) {
    const Links before = find_before(place, rank);
    const std::uint32_t found = links_after(place, before[0])[0];
    if (found != 0 && levels_[found].rank == rank) return found;
    const std::uint32_t made =
        take_free(free_level_, used_levels_, [&](auto i) { return levels_[i].next[0]; });
    Level& level = levels_[made];
    level = {.rank = rank, .place = place, .previous = before[0], .height = draw_height()};
    for (std::uint32_t h = 0; h < level.height; ++h) {
      std::uint32_t& link = links_after(place, before[h])[h];
      level.next[h] = link;
      link = made;
    }
    if (found != 0) levels_[found].previous = made;
    ++level_count_;
    return made;
  }

  void remove_level(std::uint32_t index) {
    Level& level = levels_[index];
    Links before{};  // right as it is when the level is the best
    if (level.previous != 0) {
      if (level.height > 1) before = find_before(level.place, level.rank);
      before[0] = level.previous;
    }
    for (std::uint32_t h = 0; h < level.height; ++h) links_after(level.place, before[h])[h] = level.next[h];
    if (level.next[0] != 0) levels_[level.next[0]].previous = level.previous;
    level.next[0] = free_level_;
    free_level_ = index;
    --level_count_;
  }

  // 1 with 3/4, 2 with 3/16 ...: a fixed pseudo-random sequence. It shapes the list, never the results.
  std::uint32_t draw_height() {
    draw_ ^= draw_ << 13;
    draw_ ^= draw_ >> 7;
    draw_ ^= draw_ << 17;
    return std::min<std::uint32_t>(link_count, 1 + static_cast<std::uint32_t>(std::countr_zero(draw_)) / 2);
  }

  Limits limits_;
  std::vector<Order> orders_;
  std::vector<Level> levels_;
  std::vector<Links> best_;  // by place
  OrderIdMap ids_;
  std::uint32_t free_order_ = 0;
  std::uint32_t used_orders_ = 0;
  std::uint32_t free_level_ = 0;
  std::uint32_t used_levels_ = 0;
  std::uint32_t level_count_ = 0;
  std::uint64_t draw_ = 0x2545'F491'4F6C'DD1DULL;
};

}  // namespace tickweir::book
