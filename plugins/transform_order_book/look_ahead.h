// Brings in what the next requests will touch, so that they need not wait for memory one after the other.
//
// A chunk of requests is looked at in passes, each of which follows one link further for all of them: id to
// slot, slot to level, level to page; and for an order that enters, price to page, best price to the order
// it will trade with. What is read may be stale by the time a request is executed; that costs time, never a
// result. With few orders all lies near already, and nothing is done.
//
//   LookAhead ahead(store);
//   ahead.look(count, [&](std::size_t i) { return Hint{...}; });   // at most chunk_max, then execute them
//
// Threading: one thread. Memory: none but its own.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "book_store.h"

namespace tickweir::book {

// What a request will touch.
struct Hint {
  std::uint64_t id = 0;     // of the order it is about; of a new one, its own. As OrderIdMap names it
  std::uint64_t rank = 0;   // of a new order's price
  std::uint32_t place = 0;  // of a new order; 0: no order enters
};

constexpr std::size_t chunk_max = 64;

class LookAhead {
 public:
  // With at most `orders_nearby` orders nothing is done.
  explicit LookAhead(const BookStore& store, std::uint32_t orders_nearby = second_level_cache)
      : store_(store), orders_nearby_(orders_nearby) {}

  [[nodiscard]] const BookStore& store() const { return store_; }

  // `hint_of(i)` is the hint of the i-th request from here.
  template <typename HintOf>
  void look(std::size_t count, HintOf&& hint_of) {
    if (store_.order_count() <= orders_nearby_) return;
    for (std::size_t i = 0; i < count; ++i) {
      hints_[i] = hint_of(i);
      store_.ids().fetch(hints_[i].id);
    }
    const std::span<const Hint> hints(hints_.data(), count);
    find_orders(hints);
    find_levels(hints);
  }

 private:
  static constexpr std::uint32_t second_level_cache = 20'000;  // about as many orders fit

  // From the ids to the orders they mean.
  void find_orders(std::span<const Hint> hints) {
    for (std::size_t i = 0; i < hints.size(); ++i) {
      orders_[i] = &store_.order(store_.ids().guess(hints[i].id));
      __builtin_prefetch(orders_[i]);
    }
  }

  // From the orders to their levels and pages, and from the new prices to theirs.
  void find_levels(std::span<const Hint> hints) {
    const PriceLevels& levels = store_.levels();
    const std::size_t count = hints.size();
    for (std::size_t i = 0; i < count; ++i) {
      met_[i] = &store_.level(levels.met(hints[i].place, hints[i].rank));
      pages_[i] = &levels.page(page_in(levels.place(hints[i].place).root));
      __builtin_prefetch(met_[i]);
      __builtin_prefetch(pages_[i]);
      left_[i] = &store_.level(orders_[i]->level);
      __builtin_prefetch(left_[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Page& page = *pages_[i];
      const Child child = page.children[page.slot(hints[i].rank)];
      pages_[i] = &levels.page(page_in(child));
      fetch_page(*pages_[i], hints[i].rank);
      fetch_page(levels.page(left_[i]->page), left_[i]->key);
      orders_[i] = &store_.order(met_[i]->first);
      __builtin_prefetch(orders_[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      store_.ids().fetch(store_.ids().name_of(met_[i]->instrument(), orders_[i]->id));
      const Child child = pages_[i]->children[pages_[i]->slot(hints[i].rank)];
      __builtin_prefetch(&store_.level((child & page_bit) != 0 ? 0 : child));
    }
  }

  static std::uint32_t page_in(Child child) { return (child & page_bit) != 0 ? child & ~page_bit : 0; }
  // The page and, if it is a lowest one, the child it has for that rank.
  static void fetch_page(const Page& page, std::uint64_t rank) {
    __builtin_prefetch(&page);
    __builtin_prefetch(&page.children[rank & 63U]);
  }

  const BookStore& store_;
  std::uint32_t orders_nearby_;
  std::array<Hint, chunk_max> hints_{};
  std::array<const Order*, chunk_max> orders_{};  // the order that is meant; later, the one to trade with
  std::array<const Level*, chunk_max> left_{};    // its level
  std::array<const Level*, chunk_max> met_{};     // the level to trade with
  std::array<const Page*, chunk_max> pages_{};
};

}  // namespace tickweir::book
