// The price levels of all books: which prices have orders, and the best of them.
//
// A *place* is one side of one instrument. Its levels hang in a tree of pages: a page has 64 children and a
// word that says which of them are there. Price bits choose the child, six at a time; a page that would have
// one child only is left out (a Patricia tree of 64 ways), so prices near each other share one page, prices
// far apart cost a page each time they part, and no price is more than seven pages deep. The next price
// after an empty stretch of any length is one bit search a page away.
//
// Prices are kept as *ranks*, lower is better: the price itself on the sell side, its complement on the buy
// side. So both sides are one code.
//
// Threading: one thread.
// Memory:    reserved in the constructor, 352 bytes a level at most (32 its own, and fewer pages than levels
//            of 320), 32 bytes an instrument; touched only when used.
// Errors:    calls that break a precondition are bugs of the caller.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "reserved.h"
#include "tickweir/assert.h"
#include "tickweir/market.h"

namespace tickweir::book {

using market::Side;

// What depends on the side is calculated, not branched upon: nobody can predict which comes next.
static_assert(static_cast<int>(Side::Buy) == 1 && static_cast<int>(Side::Sell) == 2);
constexpr Side opposite(Side side) {
  return static_cast<Side>(3 - static_cast<int>(side));
}

constexpr int rank_bits = 37;
constexpr std::uint64_t rank_mask = (std::uint64_t{1} << rank_bits) - 1;
static_assert(market::price_max < std::int64_t{rank_mask});

constexpr std::uint32_t place_of(std::uint32_t instrument, Side side) {
  return instrument * 2 + (static_cast<std::uint32_t>(side) >> 1 & 1U);
}
// Where stops wait: who buys is reached from below as an ask is, who sells from above as a bid is.
constexpr std::uint32_t place_of_stops(std::uint32_t instrument, Side side) {
  return place_of(instrument, opposite(side));
}
// What makes a price of this side a rank, and back.
constexpr std::uint64_t turn_of(Side side) {
  return (static_cast<std::uint64_t>(side) - 2) & rank_mask;
}
constexpr std::uint64_t rank_of(Side side, std::int64_t price) {
  return static_cast<std::uint64_t>(price) ^ turn_of(side);
}
// The worst rank of the other side that an order at this rank trades with.
constexpr std::uint64_t reach_of(std::uint64_t rank) {
  return rank ^ rank_mask;
}
constexpr std::int64_t price_of(Side side, std::uint64_t rank) {
  return static_cast<std::int64_t>(rank ^ turn_of(side));
}
constexpr Side side_of(std::uint64_t place) {
  return place % 2 != 0 ? Side::Sell : Side::Buy;
}

struct Level {
  std::uint64_t key = 0;  // place, then rank in the lower bits
  std::uint64_t quantity = 0;
  std::uint32_t first = 0;  // order
  std::uint32_t last = 0;
  std::uint32_t count = 0;
  std::uint32_t page = 0;  // that it hangs in, 0: it is alone in its place; or the next free level

  [[nodiscard]] std::uint32_t place() const { return static_cast<std::uint32_t>(key >> rank_bits); }
  [[nodiscard]] std::uint64_t rank() const { return key & rank_mask; }
  [[nodiscard]] std::uint32_t instrument() const { return place() >> 1; }
  [[nodiscard]] Side side() const { return side_of(place()); }
  [[nodiscard]] std::int64_t price() const { return price_of(side(), rank()); }
};
static_assert(sizeof(Level) == 32);

// Index of a level or, with the top bit, of a page; 0: none.
using Child = std::uint32_t;
constexpr Child page_bit = std::uint32_t{1} << 31;

struct alignas(64) Page {
  std::uint64_t occupied = 0;  // bit i: children[i] is there; of others it may be anything
  std::uint64_t first = 0;     // the lowest rank that may be in here
  std::uint32_t shift = 0;     // of the six bits that choose here
  std::uint32_t parent = 0;    // page; 0: this is its place's root. Or the next free page
  std::array<Child, 64> children{};

  // Of the child that has this rank; 64 or above: it is not in this page.
  [[nodiscard]] std::uint64_t slot(std::uint64_t rank) const { return (rank ^ first) >> shift; }
  [[nodiscard]] bool holds(std::uint64_t rank) const { return slot(rank) < 64; }
  [[nodiscard]] bool has(std::uint64_t slot) const { return (occupied >> slot & 1U) != 0; }
};
static_assert(sizeof(Page) == 320);

struct Place {
  std::uint64_t best_rank = 0;
  std::uint32_t best = 0;  // level; 0: the side is empty
  Child root = 0;
};

class PriceLevels {
 public:
  PriceLevels(std::uint32_t levels, std::uint32_t instruments)
      : levels_(std::size_t{levels} + 1),
        pages_(std::size_t{levels} + 1),
        places_(std::size_t{instruments} * 2) {}

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] const Place& place(std::uint32_t place) const { return places_[place]; }
  [[nodiscard]] const Level& operator[](std::uint32_t index) const { return levels_[index]; }
  [[nodiscard]] Level& operator[](std::uint32_t index) { return levels_[index]; }
  [[nodiscard]] const Page& page(std::uint32_t index) const { return pages_[index]; }

  // The best level of the other side if an order at this rank would trade with it; else 0.
  [[nodiscard]] std::uint32_t met(std::uint32_t place, std::uint64_t rank) const {
    const Place& other = places_[place ^ 1U];
    return other.best_rank <= reach_of(rank) ? other.best : 0;
  }

  // The level at a rank of a place, made when it is not there.
  [[gnu::always_inline]] std::uint32_t find_or_make(std::uint32_t place, std::uint64_t rank) {
    Child* link = &places_[place].root;
    std::uint32_t parent = 0;
    Child child = *link;
    while ((child & page_bit) != 0) {
      Page& page = pages_[child & ~page_bit];
      const std::uint64_t slot = page.slot(rank);
      if (slot >= 64) [[unlikely]]
        return make_apart(link, parent, page.first, place, rank);
      parent = child & ~page_bit;
      link = &page.children[slot];
      if (!page.has(slot)) return make(link, parent, place, rank);
      child = *link;
    }
    if (child == 0) [[unlikely]]
      return make(link, parent, place, rank);
    const std::uint64_t other = levels_[child].rank();
    if (other != rank) [[unlikely]]
      return make_apart(link, parent, other, place, rank);
    return child;
  }

  // An empty level leaves.
  void remove(std::uint32_t index) {
    Level& level = levels_[index];
    Place& place = places_[level.place()];
    if (level.page == 0) {
      place.root = 0;
      place.best = 0;
    } else {
      Page& page = pages_[level.page];
      page.occupied &= ~(std::uint64_t{1} << page.slot(level.rank()));
      if (place.best == index) find_best(place, page);
      if ((page.occupied & (page.occupied - 1)) == 0) dissolve(place, level.page);
    }
    level.page = free_level_;
    free_level_ = index;
    --count_;
  }

  // The next level after this one in its place, away from the best; 0: it is the last.
  [[nodiscard]] std::uint32_t next_worse(std::uint32_t index) const {
    const std::uint64_t rank = levels_[index].rank();
    for (std::uint32_t at = levels_[index].page; at != 0; at = pages_[at].parent) {
      const Page& page = pages_[at];
      const std::uint64_t after = page.occupied & ~std::uint64_t{1} << page.slot(rank);
      if (after != 0) return first_in(page.children[std::countr_zero(after)]);
    }
    return 0;
  }

  // The first level of a place at this rank or a worse one; 0: there is none.
  [[nodiscard]] std::uint32_t first_from(std::uint32_t place, std::uint64_t rank) const {
    Child child = places_[place].root;
    Child behind = 0;  // all of it is worse than the rank, and next to it
    while ((child & page_bit) != 0) {
      const Page& page = pages_[child & ~page_bit];
      if (!page.holds(rank)) return first_in(page.first > rank ? child : behind);
      const std::uint64_t slot = page.slot(rank);
      const std::uint64_t worse = page.occupied & ~std::uint64_t{1} << slot;
      if (worse != 0) behind = page.children[std::countr_zero(worse)];
      child = page.has(slot) ? page.children[slot] : 0;
    }
    return child != 0 && levels_[child].rank() >= rank ? child : first_in(behind);
  }

 private:
  std::uint32_t make(Child* link, std::uint32_t page, std::uint32_t place, std::uint64_t rank) {
    std::uint32_t made = free_level_;
    if (made != 0) {
      free_level_ = levels_[made].page;
    } else {
      made = ++used_levels_;
    }
    levels_[made] = {.key = std::uint64_t{place} << rank_bits | rank, .page = page};
    if (page != 0) pages_[page].occupied |= std::uint64_t{1} << pages_[page].slot(rank);
    Place& side = places_[place];
    if (side.best == 0 || rank < side.best_rank) {
      side.best = made;
      side.best_rank = rank;
    }
    ++count_;
    return *link = made;
  }
  // Below a new page, where `other`, a rank below what `link` holds, and `rank` part.
  [[gnu::noinline]] std::uint32_t make_apart(Child* link, std::uint32_t parent, std::uint64_t other,
                                             std::uint32_t place, std::uint64_t rank) {
    const std::uint32_t page = part(link, parent, other, rank);
    return make(&pages_[page].children[pages_[page].slot(rank)], page, place, rank);
  }

  // Puts a new page above what `link` holds. Returns the page.
  std::uint32_t part(Child* link, std::uint32_t parent, std::uint64_t other, std::uint64_t rank) {
    std::uint32_t made = free_page_;
    if (made != 0) {
      free_page_ = pages_[made].parent;
    } else {
      made = ++used_pages_;
    }
    Page& page = pages_[made];
    page.shift = static_cast<std::uint32_t>(std::bit_width(other ^ rank) - 1) / 6 * 6;
    page.first = rank >> page.shift >> 6 << 6 << page.shift;
    page.parent = parent;
    page.occupied = std::uint64_t{1} << page.slot(other);
    page.children[page.slot(other)] = *link;
    set_parent(*link, made);
    *link = page_bit | made;
    return made;
  }

  void set_parent(Child child, std::uint32_t page) {
    ((child & page_bit) != 0 ? pages_[child & ~page_bit].parent : levels_[child].page) = page;
  }

  // A page with one child left gives way to it.
  [[gnu::noinline]] void dissolve(Place& place, std::uint32_t index) {
    Page& page = pages_[index];
    const Child last = page.children[std::countr_zero(page.occupied)];
    const std::uint32_t parent = page.parent;
    (parent == 0 ? place.root : pages_[parent].children[pages_[parent].slot(page.first)]) = last;
    set_parent(last, parent);
    page.parent = free_page_;
    free_page_ = index;
  }

  [[nodiscard]] std::uint32_t first_in(Child child) const {
    while ((child & page_bit) != 0) {
      const Page& page = pages_[child & ~page_bit];
      child = page.children[std::countr_zero(page.occupied)];
    }
    return child;
  }

  // The best level is the first in this page.
  void find_best(Place& place, const Page& lowest) {
    for (const Page* page = &lowest;;) {
      const auto slot = static_cast<unsigned>(std::countr_zero(page->occupied));
      const Child child = page->children[slot];
      if ((child & page_bit) == 0) {
        place.best = child;
        // At the lowest page the rank is known without a look at the level.
        place.best_rank = page->shift == 0 ? page->first | slot : levels_[child].rank();
        return;
      }
      page = &pages_[child & ~page_bit];
    }
  }

  Reserved<Level> levels_;
  Reserved<Page> pages_;
  Reserved<Place> places_;
  std::uint32_t free_level_ = 0;
  std::uint32_t used_levels_ = 0;
  std::uint32_t free_page_ = 0;
  std::uint32_t used_pages_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace tickweir::book
