// One instrument's orders, as the sample generator needs them to make only messages that can be true:
// price-time priority, any live order at random, and matching for the flow of plain orders.
//
// Threading: one thread. Memory: grows with the live orders. Errors: none; wrong use is asserted.
// Units:     prices in ticks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "tickweir/assert.h"

namespace tickweir::itch {

enum class SampleSide : std::uint8_t { buy, sell };

class SampleBook {
 public:
  struct Order {
    std::uint64_t reference = 0;
    std::int32_t price = 0;
    std::uint32_t shares = 0;
    SampleSide side{};
    std::size_t live_index = 0;
  };
  using Place = std::list<Order>::iterator;

  [[nodiscard]] std::size_t size() const { return live_.size(); }
  [[nodiscard]] Order& live(std::size_t index) { return *live_[index]; }
  [[nodiscard]] bool has(SampleSide side) const { return !levels(side).empty(); }
  // The oldest order at the best price. There must be one.
  [[nodiscard]] Order& best(SampleSide side) {
    auto& all = levels(side);
    TICKWEIR_ASSERT(!all.empty());
    return side == SampleSide::buy ? all.rbegin()->second.front() : all.begin()->second.front();
  }
  [[nodiscard]] std::int32_t best_price(SampleSide side) const {
    const auto& all = levels(side);
    return side == SampleSide::buy ? all.rbegin()->first : all.begin()->first;
  }
  // Would an order of that side and price trade?
  [[nodiscard]] bool crosses(SampleSide side, std::int32_t price) const {
    if (side == SampleSide::buy) return has(SampleSide::sell) && price >= best_price(SampleSide::sell);
    return has(SampleSide::buy) && price <= best_price(SampleSide::buy);
  }

  // Enters an order that must not cross, at the back of its price.
  void add(Order order) {
    TICKWEIR_ASSERT(!crosses(order.side, order.price));
    order.live_index = live_.size();
    auto& queue = levels(order.side)[order.price];
    if (spare_.empty()) {
      queue.push_back(order);
    } else {
      queue.splice(queue.end(), spare_, spare_.begin());
      queue.back() = order;
    }
    live_.push_back(std::prev(queue.end()));
  }
  // Takes shares off an order; it leaves when none are left.
  void reduce(Order& order, std::uint32_t shares) {
    TICKWEIR_ASSERT(shares <= order.shares);
    order.shares -= shares;
    if (order.shares == 0) remove(order);
  }
  void remove(Order& order) {
    const std::size_t index = order.live_index;
    const Place place = live_[index];
    live_[index] = live_.back();
    live_[index]->live_index = index;
    live_.pop_back();
    auto& all = levels(place->side);
    const auto level = all.find(place->price);
    spare_.splice(spare_.begin(), level->second, place);
    if (level->second.empty()) all.erase(level);
  }
  // Matches an order against the other side, then enters what is left. True: it traded.
  bool submit(Order order) {
    const SampleSide other = order.side == SampleSide::buy ? SampleSide::sell : SampleSide::buy;
    bool traded = false;
    while (order.shares != 0 && crosses(order.side, order.price)) {
      Order& maker = best(other);
      const std::uint32_t shares = std::min(order.shares, maker.shares);
      order.shares -= shares;
      reduce(maker, shares);
      traded = true;
    }
    if (order.shares != 0) add(order);
    return traded;
  }

 private:
  using Levels = std::map<std::int32_t, std::list<Order>>;
  [[nodiscard]] Levels& levels(SampleSide side) { return side == SampleSide::buy ? bids_ : asks_; }
  [[nodiscard]] const Levels& levels(SampleSide side) const {
    return side == SampleSide::buy ? bids_ : asks_;
  }

  Levels bids_;
  Levels asks_;
  std::vector<Place> live_;  // in no order: for choosing one at random
  std::list<Order> spare_;
};

}  // namespace tickweir::itch
