// Random streams of request rows: what must always hold of the specification, and the fast book against it.
// A difference is shrunk to a few rows and printed so that it can be saved in rows/.
#include <gtest/gtest.h>

#include <map>

#include "random_events.h"
#include "row_runners.h"
#include "rows.h"
#include "tickweir/testing_random.h"

namespace tickweir::book {
namespace {

using Lines = std::vector<std::string>;

const std::set<std::string> fast_book_outputs{"reports", "levels", "top", "auctions", "orders"};

constexpr Limits narrow{.orders = 30, .instruments = 3};
constexpr Limits wide{.orders = 500, .instruments = 2};

// ---- What always holds -------------------------------------------------------------------------------

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}
// Of the first word like 100x5 or x5.
std::uint64_t quantity_in(const std::string& line) {
  constexpr auto digits = "0123456789";
  for (const std::string& word : words_of(line)) {
    const auto cross = word.find('x');
    if (cross == std::string::npos || cross != word.find_first_not_of(digits)) continue;
    if (word.find_first_not_of(digits, cross + 1) == std::string::npos)
      return std::stoull(word.substr(cross + 1));
  }
  return 0;
}

// What the lines of one event say that open quantity has grown by. `old`: the book before it.
std::int64_t growth(const Lines& lines, const ObviousBook& old) {
  std::int64_t sum = 0;
  for (const std::string& line : lines) {
    const auto quantity = static_cast<std::int64_t>(quantity_in(line));
    if (line.starts_with("accepted") || line.starts_with("replaced")) sum += quantity;
    if (line.starts_with("replaced"))
      sum -= static_cast<std::int64_t>(old.open_of(std::stoull(line.substr(9))));
    if (line.starts_with("executed")) sum -= 2 * quantity;
    if (line.starts_with("cancelled") || line.starts_with("expired")) sum -= quantity;
  }
  return sum;
}

// Keeps the visible orders of one instrument by what is told order by order.
class Follower {
 public:
  // order 7 Entered 1 S 100x5 [was 2]
  void take(const std::string& line) {
    const auto words = words_of(line);
    ASSERT_EQ(std::stoull(words[1]), ++sequence_) << line;
    const std::string& id = words[3];
    auto& queue = queues_[words[4] + words[5].substr(0, words[5].find('x'))];
    const std::string now = id + " " + words[4] + " " + words[5];
    const std::string was = words.size() > 7 ? words[7] : id;
    const auto found =
        std::ranges::find_if(queue, [&was](const auto& order) { return order.starts_with(was + " "); });
    ASSERT_EQ(found == queue.end(), words[2] == "Entered") << line;
    if (words[2] == "Entered") queue.push_back(now);
    if (words[2] == "Changed") *found = now;
    if (words[2] == "Left") queue.erase(found);
  }
  // Those of a snapshot's lines, of one price after the other, whichever price is first.
  void compare(const Lines& snapshot) const {
    std::map<std::string, Lines> theirs;
    for (const std::string& line : snapshot) {
      const auto words = words_of(line);
      if (words[1] != "order") continue;
      theirs[words[3] + words[4].substr(0, words[4].find('x'))].push_back(words[2] + " " + words[3] + " " +
                                                                          words[4]);
    }
    auto ours = queues_;
    std::erase_if(ours, [](const auto& one) { return one.second.empty(); });
    EXPECT_EQ(ours, theirs);
  }

 private:
  std::uint64_t sequence_ = 0;
  std::map<std::string, Lines> queues_;  // by side and price
};

void check_specification(std::uint64_t seed, const Limits& limits, std::uint64_t width, int steps) {
  RandomRows rows(seed, limits, width);
  ObviousRunner runner(limits);
  std::map<std::uint32_t, Follower> followers;
  std::uint64_t last_match = 0;
  for (int step = 0; step < steps; ++step) {
    const std::string row = rows.next();
    const ObviousBook before = runner.book();
    const Lines lines = runner.give(row);
    SCOPED_TRACE("step " + std::to_string(step) + ": " + row);
    const auto grown = static_cast<std::int64_t>(runner.book().open_quantity() - before.open_quantity());
    ASSERT_EQ(grown, growth(lines, before));
    ASSERT_FALSE(runner.book().is_crossed());
    for (const std::string& line : lines) {
      if (!line.starts_with("executed")) continue;
      ASSERT_EQ(std::stoull(line.substr(10)), ++last_match);
    }
  }
  EXPECT_GT(last_match, 0U);
}

TEST(RandomRows, NeitherLoseQuantityNorCrossAnOpenBookInTheSpecification) {
  const std::uint64_t seed = testing::seed();
  check_specification(seed, narrow, 12, 6'000);
  check_specification(seed, {.orders = 200, .instruments = 2}, 300, 1'500);
}

TEST(RandomRows, LetAFollowerOfEachOrderHaveTheSnapshot) {
  const std::uint64_t seed = testing::seed();
  const Limits one_instrument{.orders = 40, .instruments = 2};
  RandomRows rows(seed, one_instrument, 12);
  ObviousRunner runner(one_instrument);
  Follower follower;
  for (int step = 0; step < 6'000; ++step) {
    for (const std::string& line : runner.give(rows.next())) {
      if (line.starts_with("order ")) follower.take(line);
    }
    follower.compare(runner.give("snapshot"));
    ASSERT_FALSE(HasFailure()) << "at step " << step;
  }
}

// ---- Wide levels -------------------------------------------------------------------------------------

// Keeps the levels of one instrument by what is told of them.
class Levels {
 public:
  void take(const Lines& lines, std::int64_t width) {
    for (const std::string& line : lines) {
      if (!line.starts_with("level ")) continue;
      const auto words = words_of(line);  // level B 100x5 of 2
      const std::int64_t price = std::stoll(words[2]);
      const bool is_ask = words[1] == "S";
      const std::int64_t place = is_ask ? (price + width - 1) / width : price / width;
      auto& levels = levels_[words[1] + std::to_string(place * width)];
      levels.erase(price);
      if (words[4] != "0") levels[price] = {quantity_in(line), std::stoull(words[4])};
    }
  }
  // By side and price: quantity, orders.
  [[nodiscard]] std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> sums() const {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> found;
    for (const auto& [name, levels] : levels_) {
      for (const auto& [price, level] : levels) {
        found[name].first += level.first;
        found[name].second += level.second;
      }
    }
    return found;
  }

 private:
  std::map<std::string, std::map<std::int64_t, std::pair<std::uint64_t, std::uint64_t>>> levels_;
};

TEST(RandomRows, GiveWideLevelsThatAreTheSumsOfNarrowOnes) {
  const std::uint64_t seed = testing::seed();
  constexpr std::int64_t width = 7;
  const Limits one_instrument{.orders = 200, .instruments = 2};
  RandomRows rows(seed, one_instrument, 300);
  FastRunner<Matching> narrow_runner(one_instrument);
  FastRunner<Matching> wide_runner(one_instrument, width);
  Levels narrow_levels;
  Levels wide_levels;
  for (int step = 0; step < 2'000; ++step) {
    const std::string row = rows.next();
    narrow_levels.take(narrow_runner.give(row), width);
    wide_levels.take(wide_runner.give(row), width);
    ASSERT_EQ(wide_levels.sums(), narrow_levels.sums()) << "step " << step << ": " << row;
  }
}

// ---- Differences -------------------------------------------------------------------------------------

// The number of rows up to the first that the two books answer differently; 0: they agree.
std::size_t first_difference(const Lines& rows, auto&& reference, auto&& other) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Lines expected = by_output(reference.give(rows[i]), fast_book_outputs);
    if (by_output(other.give(rows[i]), fast_book_outputs) != expected) return i + 1;
  }
  return 0;
}

// A case for a file of rows/: what the last row should give, after all the others.
std::string as_case(const Lines& rows, auto&& reference) {
  std::string text = "== Found by random rows\noutputs: levels top auctions orders\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Lines lines = by_output(reference.give(rows[i]), fast_book_outputs);
    text += (i + 1 < rows.size() ? "given " : "") + rows[i] + "\n";
    for (const std::string& line : lines) text += i + 1 < rows.size() ? "" : "  " + line + "\n";
  }
  return text;
}

// Shrinks a stream on which books made by these differ.
Lines shortest_difference(Lines rows, auto&& make_reference, auto&& make_other) {
  const auto differs = [&](const Lines& some) {
    return first_difference(some, make_reference(), make_other());
  };
  rows.resize(differs(rows));
  rows = shrink(std::move(rows), [&](const Lines& some) { return differs(some) != 0; });
  rows.resize(differs(rows));
  return rows;
}

Lines random_rows(std::uint64_t seed, const Limits& limits, std::uint64_t width, int count) {
  RandomRows rows(seed, limits, width);
  Lines made;
  for (int i = 0; i < count; ++i) made.push_back(rows.next());
  return made;
}

template <typename Reference>
void compare_fast_book(std::uint64_t seed, const Limits& limits, const Limits& of_rows, std::uint64_t width) {
  const auto reference = [&] { return Reference(limits); };
  const auto fast = [&] { return FastRunner<Matching>(limits); };
  const Lines rows = random_rows(seed, of_rows, width, 10'000);
  if (first_difference(rows, reference(), fast()) == 0) return;
  ADD_FAILURE() << "TICKWEIR_SEED=" << seed << ", the fast book differs:\n"
                << as_case(shortest_difference(rows, reference, fast), reference());
}

TEST(RandomRows, AreAnsweredByTheFastBookAsSpecified) {
  const std::uint64_t seed = testing::seed();
  compare_fast_book<ObviousRunner>(seed, narrow, narrow, 12);
  compare_fast_book<ObviousRunner>(seed, wide, wide, 2'000);
}

TEST(RandomRows, AreAnsweredByTheFastBookAsByAVenueForEachInstrument) {
  const std::uint64_t seed = testing::seed();
  const Limits rows{.orders = 15, .instruments = 4, .by_instrument = true};
  const Limits room{.orders = 200, .instruments = 4, .by_instrument = true};  // for every id that comes
  compare_fast_book<ObviousVenuesRunner>(seed, room, rows, 12);
  compare_fast_book<ObviousVenuesRunner>(seed, room, rows, 2'000);
}

TEST(RandomRows, ThatShowAFaultAreShrunkToFew) {
  const Lines rows = random_rows(1, narrow, 12, 10'000);
  const auto reference = [] { return ObviousRunner(narrow); };
  const auto faulty = [] { return ObviousRunner(narrow, true, false); };  // a replace always loses its place
  const Lines few = shortest_difference(rows, reference, faulty);
  ASSERT_EQ(few.size(), 2U) << as_case(few, reference());
  EXPECT_TRUE(few[0].starts_with("new ")) << few[0];
  EXPECT_TRUE(few[1].starts_with("replace ")) << few[1];
  std::istringstream text(as_case(few, reference()));
  EXPECT_EQ(RowLoader::load(text, "found").front().steps.size(), 2U);
}

}  // namespace
}  // namespace tickweir::book
