// Random requests against an obvious book (std::map of std::list), event by event, and the book's own
// invariants: totals, links, order of prices, never crossed when matching, no quantity lost or made.
#include <gtest/gtest.h>

#include <cstdlib>
#include <list>
#include <map>
#include <random>

#include "recorder.h"

namespace tickweir::book {
namespace {

std::uint64_t test_seed() {
  const char* given = std::getenv("TICKWEIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

// ---- The obvious book --------------------------------------------------------------------------------

class ObviousBook {
 public:
  ObviousBook(const Limits& limits, bool matches) : limits_(limits), matches_(matches) {
    told_.reports = told_.levels = told_.top = true;
  }

  std::vector<std::string> take_lines() { return std::exchange(told_.lines, {}); }

  void request(const market::NewOrder& order) {
    RejectReason reason = market::validate(order);
    const bool rests = order.kind == market::OrderKind::Limit &&
                       order.time_in_force == market::TimeInForce::GoodTillCancel;
    if (reason == RejectReason::None && !matches_ && !rests) reason = RejectReason::InvalidKind;
    if (reason == RejectReason::None && order.instrument >= limits_.instruments) reason = RejectReason::InstrumentLimit;
    if (reason == RejectReason::None && where_.contains(order.order_id)) reason = RejectReason::DuplicateOrderId;
    if (reason == RejectReason::None && rests && where_.size() == limits_.orders) reason = RejectReason::OrderLimit;
    if (reason != RejectReason::None) return refuse(order, reason);
    told_.report(market::Accepted{.order_id = order.order_id, .price = order.price, .quantity = order.quantity,
                                  .side = order.side});
    Entry taker{.id = order.order_id, .account = order.account, .quantity = order.quantity};
    const bool is_market = order.kind == market::OrderKind::Market;
    if (matches_) match(taker, order.instrument, order.side, is_market ? no_limit(order.side) : order.price);
    if (taker.quantity > 0 && rests) enter(taker, order.instrument, order.side, order.price);
    if (taker.quantity > 0 && !rests) {
      told_.report(market::Cancelled{.order_id = taker.id, .quantity = taker.quantity,
                                     .reason = is_market ? market::CancelReason::NoLiquidity
                                                         : market::CancelReason::ImmediateRemainder});
    }
    tell_top(order.instrument);
  }
  void request(const market::Cancel& cancel) {
    if (!known(cancel)) return;
    take_off(cancel.order_id, quantity_of(cancel.order_id),
             matches_ ? market::CancelReason::Requested : market::CancelReason::Venue);
  }
  void request(const market::Reduce& reduce) {
    if (!known(reduce)) return;
    take_off(reduce.order_id, std::min(reduce.quantity, quantity_of(reduce.order_id)), market::CancelReason::Reduced);
  }
  void request(const market::Replace& replace) {
    if (!known(replace)) return;
    if (replace.new_order_id != replace.order_id && where_.contains(replace.new_order_id)) {
      return refuse(replace, RejectReason::DuplicateOrderId);
    }
    const Place place = where_.at(replace.order_id);
    Entry taker{.id = replace.new_order_id, .account = place.entry->account, .quantity = replace.quantity};
    remove(replace.order_id);
    tell_level(place.instrument, place.side, place.price);
    told_.report(market::Replaced{.order_id = replace.order_id, .new_order_id = replace.new_order_id,
                                  .price = replace.price, .quantity = replace.quantity});
    if (matches_) match(taker, place.instrument, place.side, replace.price);
    if (taker.quantity > 0) enter(taker, place.instrument, place.side, replace.price);
    tell_top(place.instrument);
  }
  void request(const market::VenueExecution& venue) {
    if (venue.quantity == 0 || !known(venue)) return;
    const Place place = where_.at(venue.order_id);
    const std::uint32_t quantity = std::min(venue.quantity, place.entry->quantity);
    place.entry->quantity -= quantity;
    told_.execution({.match_id = ++matches_told_, .maker_order_id = venue.order_id,
                     .price = venue.price != 0 ? venue.price : place.price, .quantity = quantity,
                     .maker_remaining = place.entry->quantity}, venue.printable != 0);
    if (place.entry->quantity == 0) remove(venue.order_id);
    tell_level(place.instrument, place.side, place.price);
    tell_top(place.instrument);
  }

 private:
  struct Entry {
    std::uint64_t id;
    std::uint32_t account;
    std::uint32_t quantity;
  };
  using Queue = std::list<Entry>;
  using Prices = std::map<std::int64_t, Queue>;
  struct Place {
    std::uint32_t instrument;
    Side side;
    std::int64_t price;
    Queue::iterator entry;
  };

  static std::int64_t no_limit(Side side) { return side == Side::Buy ? market::price_max : 0; }
  Prices& prices(std::uint32_t instrument, Side side) { return books_[{instrument, side}]; }
  std::uint32_t quantity_of(std::uint64_t id) { return where_.at(id).entry->quantity; }

  template <typename Request>
  void refuse(const Request& request, RejectReason reason) {
    if (matches_) told_.report(market::Rejected{.order_id = request.order_id, .reason = reason});
  }
  template <typename Request>
  bool known(const Request& request) {
    if constexpr (requires { market::validate(request); }) {
      if (const auto reason = market::validate(request); reason != RejectReason::None) {
        refuse(request, reason);
        return false;
      }
    }
    const auto found = where_.find(request.order_id);
    bool is_known = found != where_.end() &&
                    (request.instrument == 0 || request.instrument == found->second.instrument);
    if constexpr (requires { request.account; }) {
      is_known = is_known && (request.account == 0 || request.account == found->second.entry->account);
    }
    if (!is_known) refuse(request, RejectReason::UnknownOrder);
    return is_known;
  }
  void match(Entry& taker, std::uint32_t instrument, Side side, std::int64_t limit) {
    Prices& against = prices(instrument, opposite(side));
    while (taker.quantity > 0 && !against.empty()) {
      const std::int64_t price = side == Side::Buy ? against.begin()->first : against.rbegin()->first;
      if (side == Side::Buy ? price > limit : price < limit) return;
      while (taker.quantity > 0 && against.contains(price)) {
        Entry& maker = against.at(price).front();
        const std::uint32_t quantity = std::min(taker.quantity, maker.quantity);
        maker.quantity -= quantity;
        taker.quantity -= quantity;
        told_.execution({.match_id = ++matches_told_, .maker_order_id = maker.id, .taker_order_id = taker.id,
                         .price = price, .quantity = quantity, .maker_remaining = maker.quantity,
                         .taker_remaining = taker.quantity}, true);
        if (maker.quantity == 0) remove(maker.id);
      }
      tell_level(instrument, opposite(side), price);
    }
  }
  void enter(const Entry& entry, std::uint32_t instrument, Side side, std::int64_t price) {
    Queue& queue = prices(instrument, side)[price];
    queue.push_back(entry);
    where_[entry.id] = {instrument, side, price, std::prev(queue.end())};
    tell_level(instrument, side, price);
  }
  void remove(std::uint64_t id) {
    const Place place = where_.at(id);
    Prices& side = prices(place.instrument, place.side);
    side.at(place.price).erase(place.entry);
    if (side.at(place.price).empty()) side.erase(place.price);
    where_.erase(id);
  }
  void take_off(std::uint64_t id, std::uint32_t quantity, market::CancelReason reason) {
    const Place place = where_.at(id);
    place.entry->quantity -= quantity;
    told_.report(market::Cancelled{.order_id = id, .quantity = quantity, .remaining = place.entry->quantity, .reason = reason});
    if (place.entry->quantity == 0) remove(id);
    tell_level(place.instrument, place.side, place.price);
    tell_top(place.instrument);
  }
  static std::uint64_t total(const Queue& queue) {
    std::uint64_t sum = 0;
    for (const Entry& entry : queue) sum += entry.quantity;
    return sum;
  }
  void tell_level(std::uint32_t instrument, Side side, std::int64_t price) {
    const Prices& levels = prices(instrument, side);
    const auto found = levels.find(price);
    const bool there = found != levels.end();
    told_.level_changed({.price = price, .quantity = there ? total(found->second) : 0,
                         .order_count = there ? static_cast<std::uint32_t>(found->second.size()) : 0, .side = side});
  }
  void tell_top(std::uint32_t instrument) {
    market::TopOfBook now{};
    if (const Prices& bids = prices(instrument, Side::Buy); !bids.empty()) {
      now.bid_price = bids.rbegin()->first, now.bid_quantity = total(bids.rbegin()->second);
    }
    if (const Prices& asks = prices(instrument, Side::Sell); !asks.empty()) {
      now.ask_price = asks.begin()->first, now.ask_quantity = total(asks.begin()->second);
    }
    if (now == tops_[instrument]) return;
    tops_[instrument] = now;
    told_.top_changed(now);
  }

  Limits limits_;
  bool matches_;
  std::map<std::pair<std::uint32_t, Side>, Prices> books_;
  std::map<std::uint64_t, Place> where_;
  std::map<std::uint32_t, market::TopOfBook> tops_;
  std::uint64_t matches_told_ = 0;
  Recorder told_;
};

// ---- Random requests ---------------------------------------------------------------------------------

class Requests {
 public:
  Requests(std::uint64_t seed, const Limits& limits, std::int64_t width, bool has_executions)
      : random_(seed), limits_(limits), width_(width), has_executions_(has_executions) {}

  // Calls `visit` with one request: mostly sensible, about ids that may be live, sometimes wrong.
  void next(auto&& visit) {
    const std::uint64_t id = pick_id();
    const std::uint64_t kind = below(100);
    if (kind < 50) {
      const bool is_market = one_in(20);
      visit(market::NewOrder{.order_id = id, .price = is_market ? 0 : price(), .quantity = quantity(),
                             .instrument = instrument(), .account = account(),
                             .side = one_in(50) ? Side::None : one_in(2) ? Side::Buy : Side::Sell,
                             .kind = is_market ? market::OrderKind::Market : market::OrderKind::Limit,
                             .time_in_force = one_in(8) ? market::TimeInForce::ImmediateOrCancel
                                                        : market::TimeInForce::GoodTillCancel});
    } else if (kind < 65) {
      visit(market::Cancel{.order_id = id, .instrument = maybe_instrument(), .account = maybe_account()});
    } else if (kind < 75) {
      visit(market::Reduce{.order_id = id, .quantity = quantity(), .instrument = maybe_instrument()});
    } else if (kind < 88 || !has_executions_) {
      visit(market::Replace{.order_id = id, .new_order_id = pick_id(), .price = price(), .quantity = quantity()});
    } else {
      visit(market::VenueExecution{.order_id = id, .price = one_in(3) ? price() : 0, .quantity = quantity(),
                                   .instrument = maybe_instrument(), .printable = one_in(5) ? 0U : 1U});
    }
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // Few ids, so that they are live, dead and live again; spread over 64 bits.
  std::uint64_t pick_id() { return one_in(200) ? 0 : (below(std::uint64_t{limits_.orders} * 2) + 1) * 0x1'0000'0001ULL; }
  std::int64_t price() { return one_in(100) ? 0 : 1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(width_))); }
  std::uint32_t quantity() { return one_in(100) ? 0 : 1 + static_cast<std::uint32_t>(below(20)); }
  std::uint32_t instrument() { return static_cast<std::uint32_t>(one_in(100) ? limits_.instruments : below(limits_.instruments)); }
  std::uint32_t maybe_instrument() { return one_in(20) ? instrument() : 0; }
  std::uint32_t account() { return static_cast<std::uint32_t>(below(3)); }
  std::uint32_t maybe_account() { return one_in(4) ? account() : 0; }

  std::mt19937_64 random_;
  Limits limits_;
  std::int64_t width_;
  bool has_executions_;
};

// ---- Invariants --------------------------------------------------------------------------------------

// Walks a side: prices get worse, totals and links add up. Returns the orders it saw.
std::uint32_t check_side(const BookStore& store, std::uint32_t instrument, Side side, std::uint32_t& level_count) {
  std::uint32_t orders_seen = 0;
  std::int64_t last_rank = 0;
  bool is_first = true;
  for (std::uint32_t at = store.best(instrument, side); at != 0; at = store.level(at).next[0]) {
    const Level& level = store.level(at);
    EXPECT_TRUE(is_first || level.rank > last_rank);
    EXPECT_EQ(level.side(), side);
    EXPECT_EQ(level.instrument(), instrument);
    is_first = false;
    last_rank = level.rank;
    ++level_count;
    std::uint64_t quantity = 0;
    std::uint32_t count = 0;
    std::uint32_t previous = 0;
    for (std::uint32_t order = level.first; order != 0; order = store.order(order).next) {
      EXPECT_EQ(store.order(order).previous, previous);
      EXPECT_EQ(store.order(order).level, at);
      EXPECT_GT(store.order(order).quantity, 0U);
      EXPECT_EQ(store.find(store.order(order).id), order);
      quantity += store.order(order).quantity;
      previous = order;
      ++count;
    }
    EXPECT_EQ(level.last, previous);
    EXPECT_EQ(level.quantity, quantity);
    EXPECT_EQ(level.count, count);
    EXPECT_GT(count, 0U);
    orders_seen += count;
  }
  return orders_seen;
}

void check_store(const BookStore& store, bool may_cross) {
  std::uint32_t orders_seen = 0;
  std::uint32_t levels_seen = 0;
  for (std::uint32_t instrument = 0; instrument < store.limits().instruments; ++instrument) {
    orders_seen += check_side(store, instrument, Side::Buy, levels_seen);
    orders_seen += check_side(store, instrument, Side::Sell, levels_seen);
    const std::uint32_t bid = store.best(instrument, Side::Buy);
    const std::uint32_t ask = store.best(instrument, Side::Sell);
    if (!may_cross && bid != 0 && ask != 0) {
      EXPECT_LT(store.level(bid).price(), store.level(ask).price());
    }
  }
  EXPECT_EQ(orders_seen, store.order_count());
  EXPECT_EQ(levels_seen, store.level_count());
}

// ---- The comparison ----------------------------------------------------------------------------------

template <template <typename> typename Rules>
void compare(std::uint64_t seed, const Limits& limits, std::int64_t width, bool matches) {
  SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed) + " orders " + std::to_string(limits.orders) + " width " +
               std::to_string(width));
  Recorder recorder{.levels = true, .top = true};
  BookStore store(limits);
  Rules<Recorder> rules(store, recorder);
  ObviousBook model(limits, matches);
  Requests requests(seed, limits, width, !matches);
  for (int step = 0; step < 20'000; ++step) {
    requests.next([&](const auto& request) {
      if constexpr (requires { rules.request(request); }) rules.request(request);
      if constexpr (requires { rules.follow(request); }) rules.follow(request);
      model.request(request);
    });
    const auto expected = model.take_lines();
    ASSERT_EQ(std::exchange(recorder.lines, {}), expected) << "at step " << step;
    if (step % 64 == 0) {
      check_store(store, !matches);
      ASSERT_FALSE(testing::Test::HasFailure()) << "at step " << step;
    }
  }
}

constexpr Limits narrow{.orders = 40, .instruments = 3};
constexpr Limits wide{.orders = 2000, .instruments = 2};

TEST(RandomBook, MatchesAsTheObviousBookDoes) {
  const std::uint64_t seed = test_seed();
  compare<Matching>(seed, narrow, 12, true);
  compare<Matching>(seed, wide, 20'000, true);
  compare<Matching>(seed, wide, market::price_max, true);
}

TEST(RandomBook, RebuildsAsTheObviousBookDoes) {
  const std::uint64_t seed = test_seed();
  compare<Rebuilding>(seed, narrow, 12, false);
  compare<Rebuilding>(seed, wide, 20'000, false);
  compare<Rebuilding>(seed, wide, market::price_max, false);
}

// Sums what enters and what leaves, by the reports alone.
struct Balance : Silent {
  static constexpr bool wants_reports() { return true; }
  static constexpr bool wants_executions() { return true; }
  std::uint64_t entered = 0;
  std::uint64_t left = 0;
  std::uint64_t last_match_id = 0;
  void report(const market::Accepted& value) { entered += value.quantity; }
  void report(const market::Cancelled& value) { left += value.quantity; }
  void report(const auto&) {}
  void execution(const market::Executed& value, bool) {
    left += std::uint64_t{value.quantity} * 2;
    EXPECT_EQ(value.match_id, ++last_match_id);
  }
};

TEST(RandomBook, NeitherLosesNorMakesQuantity) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed));
  Balance balance;
  BookStore store(narrow);
  Matching<Balance> rules(store, balance);
  Requests requests(seed, narrow, 12, false);
  for (int step = 0; step < 50'000; ++step) {
    requests.next([&](const auto& request) {
      if constexpr (requires { rules.request(request); } && !requires { request.new_order_id; }) rules.request(request);
    });
    std::uint64_t open = 0;
    for (std::uint32_t instrument = 0; instrument < narrow.instruments; ++instrument) {
      for (const Side side : {Side::Buy, Side::Sell}) {
        for (auto at = store.best(instrument, side); at != 0; at = store.level(at).next[0]) open += store.level(at).quantity;
      }
    }
    ASSERT_EQ(balance.entered, balance.left + open) << "at step " << step;
  }
  EXPECT_GT(balance.last_match_id, 0U);
}

}  // namespace
}  // namespace tickweir::book
