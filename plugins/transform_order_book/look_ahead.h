// Brings in what the next requests will touch, so that they need not wait for memory one after the other.
//
// A chunk of requests is looked at in passes, each of which follows one link further for all of them: of
// those about an order, id to order, order to level, level to page; of orders that enter, price to page; of
// those that will trade, best level to its first order to its id. What is read may be stale by the time a
// request is executed; that costs time, never a result. With few orders all lies near already, and nothing
// is done.
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
    std::size_t entering = 0;
    for (std::size_t i = 0; i < count; ++i) {  // sorted by a sum: a branch could not be predicted
      const Hint hint = hint_of(i);
      const OrderIdMap::Spot spot = store_.ids().spot_of(hint.id);
      store_.ids().fetch(spot);
      named_[i - entering].spot = spot;
      entering_[entering] = {.rank = hint.rank, .place = hint.place};
      entering += hint.place != 0 ? 1 : 0;
    }
    look_at_entering({entering_.data(), entering});
    look_at_named({named_.data(), count - entering});
  }

 private:
  static constexpr std::uint32_t second_level_cache = 20'000;  // about as many orders fit

  // What a request names: an order, and its level.
  struct Named {
    OrderIdMap::Spot spot;
    const Order* order = nullptr;
    const Level* level = nullptr;
  };
  // An order that enters, and the page where its level is or will be.
  struct Entering {
    std::uint64_t rank = 0;
    std::uint32_t place = 0;
    const Page* page = nullptr;
  };
  // What an order that enters will trade with.
  struct Met {
    const Level* level = nullptr;
    const Order* order = nullptr;
  };

  void look_at_named(std::span<Named> all) {
    for (Named& one : all) {
      one.order = &store_.order(store_.ids().guess(one.spot));
      __builtin_prefetch(one.order);
    }
    for (Named& one : all) {
      one.level = &store_.level(one.order->level);
      __builtin_prefetch(one.level);
      __builtin_prefetch(&store_.order(one.order->previous));
      __builtin_prefetch(&store_.order(one.order->next));
    }
    for (const Named& one : all) __builtin_prefetch(&store_.levels().page(one.level->page));
  }

  void look_at_entering(std::span<Entering> all) {
    const PriceLevels& levels = store_.levels();
    std::size_t met = 0;
    for (Entering& one : all) {
      one.page = &levels.page(page_in(levels.place(one.place).root));
      __builtin_prefetch(one.page);
      const Place& other = levels.place(one.place ^ 1U);
      met_[met].level = &store_.level(other.best);
      __builtin_prefetch(met_[met].level);
      met += other.best_rank <= reach_of(one.rank) ? 1 : 0;
    }
    for (Entering& one : all) {
      one.page = &levels.page(page_in(child_of(one)));
      __builtin_prefetch(one.page);
      __builtin_prefetch(&one.page->children[one.rank & 63U]);  // if it is a lowest page
    }
    look_at_met({met_.data(), met});
  }

  void look_at_met(std::span<Met> all) {
    for (Met& one : all) {
      one.order = &store_.order(one.level->first);
      __builtin_prefetch(one.order);
      __builtin_prefetch(&store_.levels().page(one.level->page));
    }
    for (const Met& one : all) {
      const OrderIdMap& ids = store_.ids();
      ids.fetch(ids.spot_of(ids.name_of(one.level->instrument(), one.order->id)));
    }
  }

  // The page of a child, 0 if it is none. Calculated: no branch could be predicted.
  static std::uint32_t page_in(Child child) { return child & ~page_bit & (0 - (child >> 31)); }
  static Child child_of(const Entering& one) { return one.page->children[one.page->slot(one.rank) & 63U]; }

  const BookStore& store_;
  std::uint32_t orders_nearby_;
  std::array<Named, chunk_max + 1> named_{};
  std::array<Entering, chunk_max + 1> entering_{};
  std::array<Met, chunk_max + 1> met_{};
};

}  // namespace tickweir::book
