// Makes the messages whole by the orderbook file, so that a book which follows the events is that of the
// file.
//
// A LOBSTER message file begins with a book that its messages never entered, and tells only what happened
// within the levels that were asked for: orders rest, come and go below the last of them unseen. What rests
// at a price without an order that the messages name is kept here as one *unknown order* of that price, with
// an id from `reserved_ids` on. A message that names an order which was never entered is taken off it.
//
// After each message the book must be what its row says. A level that differs is corrected: more in the row
// makes the unknown order larger; less makes it smaller or, where that is not enough, ends every order of the
// level, since nobody knows which have left, and begins an unknown one. The same where a message takes more
// off unknown orders than there are of them: a level always loses what the message says. A level that was in
// view before the message and differs is a contradiction of the two files; one that was not has *surfaced*.
//
// Threading: one thread. Ownership: appends to a list of events that it borrows.
// Memory:    `reserved_bytes` at construction, enough for some 100,000 orders that rest at once; the heap
// only
//            beyond that.
// Errors:    none; contradictions are told to the caller.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

#include "lobster_events.h"

namespace tickweir::lobster {

class RestingOrders {
 public:
  RestingOrders(std::uint32_t instrument, std::vector<MarketEvent>& events)
      : instrument_(instrument), events_(events) {
    places_.reserve(1U << 17U);
  }

  // The book before the first message: its row with the message taken back.
  void begin(BookRow row, const Message& first) {
    if (first.type <= MessageType::execution) {
      auto& levels = first.side == market::Side::Buy ? row.bids : row.asks;
      const auto level = std::find_if(levels.begin(), levels.end(),
                                      [&](const BookLevel& one) { return one.price == first.price; });
      const auto size = static_cast<std::uint32_t>(first.size);
      if (level != levels.end()) {
        const bool has_entered = first.type == MessageType::submission;
        level->size = has_entered ? level->size - std::min(level->size, size)
                                  : std::min(level->size + size, market::quantity_max);
      }
    }
    follow(row, [](auto&&...) {});
  }

  // Emits the message's event, about an unknown order where it names none that was entered.
  void apply(Message message) {
    if (message.type == MessageType::submission) {
      enter(message);
    } else if (message.type <= MessageType::execution) {
      take(message);
    } else if (const auto event = event_of(message, instrument_)) {
      events_.push_back(*event);
    }
  }

  // Corrects the book to be that of `row`. Calls `differs(column, text)` for each level that was in view and
  // differs. Returns how many have surfaced.
  template <typename Differs>
  std::uint64_t follow(const BookRow& row, Differs&& differs) {
    return follow_side(market::Side::Sell, row.asks, row.depth, differs) +
           follow_side(market::Side::Buy, row.bids, row.depth, differs);
  }

 private:
  static constexpr std::size_t reserved_bytes = 32U << 20U;

  // The orders of a level, by id; no order has size 0.
  struct Level {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit Level(const allocator_type& memory) : orders(memory) {}
    std::uint64_t size = 0;
    std::pmr::map<std::uint64_t, std::uint32_t> orders;
  };
  // By rank: the lower, the better the price.
  using Levels = std::pmr::map<std::int64_t, Level>;
  struct Place {
    market::Side side;
    std::int64_t price;
  };

  static std::int64_t rank(market::Side side, std::int64_t price) {
    return side == market::Side::Buy ? -price : price;
  }
  static std::int64_t price_at(market::Side side, std::int64_t rank) {
    return side == market::Side::Buy ? -rank : rank;
  }
  static std::uint64_t unknown_id(market::Side side, std::int64_t price) {
    return reserved_ids | (side == market::Side::Buy ? reserved_ids >> 1U : 0U) |
           static_cast<std::uint64_t>(price);
  }
  Levels& levels(market::Side side) { return levels_[side == market::Side::Buy ? 1 : 0]; }

  void enter(const Message& message) {
    events_.push_back(*event_of(message, instrument_));
    if (!places_.try_emplace(message.order_id, Place{message.side, message.price}).second) return;
    Level& level = levels(message.side)[rank(message.side, message.price)];
    level.orders[message.order_id] = static_cast<std::uint32_t>(message.size);
    level.size += message.size;
  }

  // The level loses what the message says, whatever is known of the order: parts of it may have come and gone
  // while it was out of view.
  void take(Message& message) {
    const auto quantity = static_cast<std::uint32_t>(message.size);
    const auto known = places_.find(message.order_id);
    if (known == places_.end()) return take_unknown(message, quantity);
    const Place place = known->second;
    const std::uint32_t open = open_of(place, message.order_id);
    const bool is_deleted = message.type == MessageType::deletion;
    message.size = std::min(quantity, open);
    events_.push_back(*event_of(message, instrument_));
    lower(place, message.order_id, is_deleted ? open : static_cast<std::uint32_t>(message.size));
    if (quantity > open) {
      take_unknown(message, quantity - open);
    } else if (is_deleted && open > quantity) {
      raise(place, open - quantity);
    }
  }
  void take_unknown(Message message, std::uint32_t quantity) {
    const Place place{message.side, message.price};
    message.order_id = unknown_id(place.side, place.price);
    message.size = quantity;
    // An unknown order stands for several: only a part of it is deleted.
    if (message.type == MessageType::deletion) message.type = MessageType::partial_cancel;
    if (open_of(place, message.order_id) < quantity) {
      // Others of the level have left unseen if there is enough in all.
      if (const std::uint64_t size = size_of(place); size >= quantity) {
        forget(place, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, market::quantity_max)));
      }
      const std::uint32_t open = open_of(place, message.order_id);
      if (open < quantity) raise(place, quantity - open);
    }
    events_.push_back(*event_of(message, instrument_));
    lower(place, message.order_id, quantity);
  }

  [[nodiscard]] std::uint32_t open_of(const Place& place, std::uint64_t id) {
    const Levels& side = levels(place.side);
    const auto level = side.find(rank(place.side, place.price));
    if (level == side.end()) return 0;
    const auto order = level->second.orders.find(id);
    return order == level->second.orders.end() ? 0 : order->second;
  }

  [[nodiscard]] std::uint64_t size_of(const Place& place) {
    const Levels& side = levels(place.side);
    const auto level = side.find(rank(place.side, place.price));
    return level == side.end() ? 0 : level->second.size;
  }

  // Ends every order of a level that is there and begins an unknown one of `size`.
  void forget(const Place& place, std::uint32_t size) {
    Levels& side = levels(place.side);
    const auto level = side.find(rank(place.side, place.price));
    for (const auto& [order, open] : level->second.orders) {
      events_.push_back(market::Cancel{.order_id = order, .instrument = instrument_});
      places_.erase(order);
    }
    side.erase(level);
    if (size != 0) raise(place, size);
  }

  // Makes the unknown order of a level larger.
  void raise(const Place& place, std::uint32_t by) {
    Level& level = levels(place.side)[rank(place.side, place.price)];
    const std::uint64_t id = unknown_id(place.side, place.price);
    std::uint32_t& open = level.orders[id];
    if (open == 0) {
      events_.push_back(new_order(id, place.side, place.price, by, instrument_));
    } else {
      events_.push_back(market::Replace{.order_id = id,
                                        .new_order_id = id,
                                        .price = place.price,
                                        .quantity = open + by,
                                        .instrument = instrument_});
    }
    open += by;
    level.size += by;
  }

  // Takes `by` off an order that is there; an order and a level of nothing are gone.
  void lower(const Place& place, std::uint64_t id, std::uint32_t by) {
    Levels& side = levels(place.side);
    const auto level = side.find(rank(place.side, place.price));
    const auto order = level->second.orders.find(id);
    level->second.size -= by;
    order->second -= by;
    if (order->second != 0) return;
    level->second.orders.erase(order);
    places_.erase(id);
    if (level->second.orders.empty()) side.erase(level);
  }

  template <typename Differs>
  std::uint64_t follow_side(market::Side side, const std::vector<BookLevel>& row, std::size_t depth,
                            Differs& differs) {
    std::uint64_t surfaced = 0;
    std::int64_t& view = view_[side == market::Side::Buy ? 1 : 0];
    const auto correct_to = [&](std::int64_t at, std::uint32_t size, std::size_t column) {
      const std::uint64_t found = correct({side, price_at(side, at)}, size);
      if (found == size) return;
      if (at > view) {
        ++surfaced;
      } else {
        differs(column, (side == market::Side::Buy ? "bid " : "ask ") + std::to_string(price_at(side, at)) +
                            " holds " + std::to_string(size) + ", expected " + std::to_string(found) +
                            " by the messages");
      }
    };
    // What the row passes over is not there.
    const auto clear_between = [&](std::int64_t after, std::int64_t before, std::size_t column) {
      Levels& all = levels(side);
      for (auto one = all.upper_bound(after); one != all.end() && one->first < before;) {
        const std::int64_t at = (one++)->first;
        correct_to(at, 0, column);
      }
    };
    std::int64_t after = INT64_MIN;
    for (const BookLevel& level : row) {
      const std::int64_t at = rank(side, level.price);
      clear_between(after, at, level.column);
      correct_to(at, level.size, level.column);
      after = at;
    }
    const bool shows_all = row.size() < depth;
    if (shows_all) clear_between(after, INT64_MAX, row.empty() ? 1 : row.back().column);
    view = shows_all ? INT64_MAX : after;
    return surfaced;
  }

  // Makes the level hold `size`; returns what it held.
  std::uint64_t correct(const Place& place, std::uint32_t size) {
    const std::uint64_t found = size_of(place);
    if (found < size) raise(place, size - static_cast<std::uint32_t>(found));
    if (found <= size) return found;
    const std::uint64_t id = unknown_id(place.side, place.price);
    const std::uint64_t surplus = found - size;
    if (surplus <= open_of(place, id)) {
      const auto by = static_cast<std::uint32_t>(surplus);
      events_.push_back(market::Reduce{.order_id = id, .quantity = by, .instrument = instrument_});
      lower(place, id, by);
    } else {
      forget(place, size);
    }
    return found;
  }

  std::uint32_t instrument_;
  std::vector<MarketEvent>& events_;
  std::unique_ptr<std::byte[]> reserved_{
      new std::byte[reserved_bytes]};  // pages that are not used are not there
  std::pmr::monotonic_buffer_resource beneath_{reserved_.get(), reserved_bytes};
  std::pmr::unsynchronized_pool_resource memory_{&beneath_};
  std::array<Levels, 2> levels_{Levels(&memory_), Levels(&memory_)};  // asks, bids
  std::array<std::int64_t, 2> view_{INT64_MIN, INT64_MIN};  // the worst rank that the row before showed
  std::pmr::unordered_map<std::uint64_t, Place> places_{&memory_};  // of the orders that the messages entered
};

}  // namespace tickweir::lobster
