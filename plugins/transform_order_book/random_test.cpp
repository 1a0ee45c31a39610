// Random requests against an obvious book (std::map of std::list), event by event, and the book's own
// invariants: totals, links, order of prices, never crossed when matching, no quantity lost or made.
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "obvious_book.h"
#include "random_events.h"
#include "recorder.h"
#include "tickweir/testing_random.h"

namespace tickweir::book {
namespace {

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
      visit(market::NewOrder{.order_id = id,
                             .price = is_market ? 0 : price(),
                             .quantity = quantity(),
                             .instrument = instrument(),
                             .account = account(),
                             .side = one_in(50)  ? Side::None
                                     : one_in(2) ? Side::Buy
                                                 : Side::Sell,
                             .kind = is_market ? market::OrderKind::Market : market::OrderKind::Limit,
                             .time_in_force = one_in(8) ? market::TimeInForce::ImmediateOrCancel
                                                        : market::TimeInForce::GoodTillCancel});
    } else if (kind < 65) {
      visit(market::Cancel{.order_id = id, .instrument = maybe_instrument(), .account = maybe_account()});
    } else if (kind < 75) {
      visit(market::Reduce{.order_id = id, .quantity = quantity(), .instrument = maybe_instrument()});
    } else if (kind < 88 || !has_executions_) {
      visit(market::Replace{
          .order_id = id, .new_order_id = pick_id(), .price = price(), .quantity = quantity()});
    } else {
      visit(market::VenueExecution{.order_id = id,
                                   .price = one_in(3) ? price() : 0,
                                   .quantity = quantity(),
                                   .instrument = maybe_instrument(),
                                   .printable = one_in(5) ? 0U : 1U});
    }
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // Few ids, so that they are live, dead and live again; spread over 64 bits.
  std::uint64_t pick_id() {
    return one_in(200) ? 0 : (below(std::uint64_t{limits_.orders} * 2) + 1) * 0x1'0000'0001ULL;
  }
  std::int64_t price() {
    return one_in(100) ? 0 : 1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(width_)));
  }
  std::uint32_t quantity() { return one_in(100) ? 0 : 1 + static_cast<std::uint32_t>(below(20)); }
  std::uint32_t instrument() {
    return static_cast<std::uint32_t>(one_in(100) ? limits_.instruments : below(limits_.instruments));
  }
  std::uint32_t maybe_instrument() { return one_in(20) ? instrument() : 0; }
  std::uint32_t account() { return static_cast<std::uint32_t>(below(3)); }
  std::uint32_t maybe_account() { return one_in(4) ? account() : 0; }

  std::mt19937_64 random_;
  Limits limits_;
  std::int64_t width_;
  bool has_executions_;
};

// ---- Invariants --------------------------------------------------------------------------------------

// Walks a tree of pages: each page has two children or more, what it says of them is true, and they know it.
void check_tree(const PriceLevels& levels, std::uint32_t place, Child child, std::uint32_t parent,
                std::uint32_t& level_count) {
  if (child == 0) return;
  if ((child & page_bit) == 0) {
    EXPECT_EQ(levels[child].page, parent);
    EXPECT_EQ(levels[child].place(), place);
    EXPECT_TRUE(parent == 0 || levels.page(parent).holds(levels[child].rank()));
    ++level_count;
    return;
  }
  const Page& page = levels.page(child & ~page_bit);
  EXPECT_EQ(page.parent, parent);
  EXPECT_TRUE(parent == 0 || levels.page(parent).holds(page.first));
  EXPECT_TRUE(parent == 0 || levels.page(parent).shift > page.shift);
  EXPECT_GE(std::popcount(page.occupied), 2);
  for (unsigned i = 0; i < 64; ++i) {
    if (!page.has(i)) continue;
    EXPECT_NE(page.children[i], 0U);
    check_tree(levels, place, page.children[i], child & ~page_bit, level_count);
  }
}

// Walks a side: prices get worse, totals and links add up. Returns the orders it saw.
std::uint32_t check_side(const BookStore& store, std::uint32_t instrument, Side side,
                         std::uint32_t& level_count) {
  std::uint32_t orders_seen = 0;
  std::uint32_t levels_in_tree = level_count;
  const Place& place = store.levels().place(place_of(instrument, side));
  check_tree(store.levels(), place_of(instrument, side), place.root, 0, levels_in_tree);
  EXPECT_TRUE(place.best == 0 || store.level(place.best).rank() == place.best_rank);
  std::uint64_t last_rank = 0;
  bool is_first = true;
  EXPECT_EQ(store.levels().first_from(place_of(instrument, side), 0), store.best(instrument, side));
  for (std::uint32_t at = store.best(instrument, side); at != 0; at = store.next_worse(at)) {
    const Level& level = store.level(at);
    EXPECT_TRUE(is_first || level.rank() > last_rank);
    EXPECT_EQ(store.levels().first_from(level.place(), level.rank()), at);
    EXPECT_EQ(store.levels().first_from(level.place(), level.rank() + 1), store.next_worse(at));
    EXPECT_EQ(level.side(), side);
    EXPECT_EQ(level.instrument(), instrument);
    is_first = false;
    last_rank = level.rank();
    ++level_count;
    std::uint64_t quantity = 0;
    std::uint32_t count = 0;
    std::uint32_t previous = 0;
    for (std::uint32_t order = level.first; order != 0; order = store.order(order).next) {
      EXPECT_EQ(store.order(order).previous, previous);
      EXPECT_EQ(store.order(order).level, at);
      EXPECT_GT(store.order(order).quantity, 0U);
      EXPECT_EQ(store.find(instrument, store.order(order).id).index, order);
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
  EXPECT_EQ(levels_in_tree, level_count);
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

// What a request will touch, and then what another might: the same at any place.
Hint hint_of(const auto& request, const Limits& limits, std::size_t i) {
  Hint hint{.id = request.order_id + i};
  if constexpr (requires { request.side; }) {
    hint.place = place_of(request.instrument % limits.instruments, request.side);
    hint.rank = rank_of(request.side, request.price) + i;
  }
  return hint;
}

template <template <typename> typename Rules>
void compare(std::uint64_t seed, const Limits& limits, std::int64_t width, bool matches) {
  SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed) + ", orders " + std::to_string(limits.orders) +
               ", width " + std::to_string(width));
  Recorder recorder{.levels = true, .top = true};
  BookStore store(limits);
  Rules<Recorder> rules(store, recorder);
  ObviousBook model(limits, matches);
  Requests requests(seed, limits, width, !matches);
  LookAhead ahead(store, 0);
  for (int step = 0; step < 20'000; ++step) {
    requests.next([&](const auto& request) {
      ahead.look(2, [&](std::size_t i) { return hint_of(request, limits, i); });
      if constexpr (requires { rules.request(request); }) rules.request(request);
      if constexpr (requires { rules.follow(request); }) rules.follow(request);
      model.request(request);
    });
    const auto expected = model.take_lines();
    ASSERT_EQ(std::exchange(recorder.lines, {}), expected) << "at step " << step;
    if (step % 64 == 0) {
      check_store(store, !matches);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "at step " << step;
    }
  }
}

constexpr Limits narrow{.orders = 40, .instruments = 3};
constexpr Limits wide{.orders = 2000, .instruments = 2};

TEST(RandomBook, MatchesAsTheObviousBookDoes) {
  const std::uint64_t seed = testing::seed();
  compare<Matching>(seed, narrow, 12, true);
  compare<Matching>(seed, wide, 20'000, true);
  compare<Matching>(seed, wide, market::price_max, true);
}

TEST(RandomBook, RebuildsAsTheObviousBookDoes) {
  const std::uint64_t seed = testing::seed();
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
  const std::uint64_t seed = testing::seed();
  Balance balance;
  BookStore store(narrow);
  Matching<Balance> rules(store, balance);
  Requests requests(seed, narrow, 12, false);
  for (int step = 0; step < 50'000; ++step) {
    requests.next([&](const auto& request) {
      constexpr bool is_plain = requires {
        rules.request(request);
      }
      &&!requires {
        request.new_order_id;
      };
      if constexpr (is_plain) rules.request(request);
    });
    std::uint64_t open = 0;
    for (std::uint32_t instrument = 0; instrument < narrow.instruments; ++instrument) {
      for (const Side side : {Side::Buy, Side::Sell}) {
        for (auto at = store.best(instrument, side); at != 0; at = store.next_worse(at)) {
          open += store.level(at).quantity;
        }
      }
    }
    ASSERT_EQ(balance.entered, balance.left + open) << "at step " << step;
  }
  EXPECT_GT(balance.last_match_id, 0U);
}

}  // namespace
}  // namespace tickweir::book
