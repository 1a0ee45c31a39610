// The two memories, case by case and against obvious models.
#include "dedup.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>

#include "tickweir/testing_random.h"

namespace tickweir::dedup {
namespace {

// What a source's numbers give, as letters: f fresh, d duplicate, o too old, l source limit.
std::string letters(SourceWindows& windows, std::uint32_t source, const std::vector<std::uint64_t>& numbers) {
  std::string told;
  for (const std::uint64_t number : numbers) {
    told += "fdol"[static_cast<std::size_t>(windows.see(make_origin(source, number)))];
  }
  return told;
}

TEST(SourceWindows, PassesEachNumberOnce) {
  SourceWindows windows(4, 64);
  EXPECT_EQ(letters(windows, 1, {1, 2, 3, 2, 3, 4, 1, 4}), "fffddfdd");
}

TEST(SourceWindows, PassesNumbersOutOfOrderWithinTheWindow) {
  SourceWindows windows(4, 8);
  EXPECT_EQ(letters(windows, 1, {10, 7, 9, 3, 3, 10, 8, 7}), "ffffddfd");
}

TEST(SourceWindows, CallsANumberBelowTheWindowTooOld) {
  SourceWindows windows(4, 8);
  EXPECT_EQ(letters(windows, 1, {100, 93, 92, 0, 101, 93, 94, 94}), "ffoofofd");
}

TEST(SourceWindows, HoldsAWindowOfOneNumber) {
  SourceWindows windows(1, 1);
  EXPECT_EQ(letters(windows, 1, {5, 5, 4, 6, 5, 6}), "fdofod");
}

TEST(SourceWindows, ForgetsNumbersThatAJumpLeftBehind) {
  SourceWindows windows(1, 64);
  // 70 and 134 share a bit with 6, 1000000 with all: none may be taken for one seen.
  EXPECT_EQ(letters(windows, 1, {6, 7, 80, 70, 71, 134, 1'000'000, 999'999, 999'950}), "fffffffff");
}

TEST(SourceWindows, GoesOnWhenTheFortyBitNumberWraps) {
  SourceWindows windows(1, 16);
  const std::uint64_t last = origin_number_mask;
  EXPECT_EQ(letters(windows, 1, {last - 1, last, 0, 1, last, 0, last - 2, last - 100, 2, 1}), "ffffddfofd");
}

TEST(SourceWindows, KeepsSourcesApart) {
  SourceWindows windows(3, 64);
  EXPECT_EQ(letters(windows, 1, {1, 2}), "ff");
  EXPECT_EQ(letters(windows, 2, {1, 2}), "ff");
  EXPECT_EQ(letters(windows, 0xFF'FFFF, {2}), "f");
  EXPECT_EQ(letters(windows, 1, {2, 1, 3}), "ddf");
}

TEST(SourceWindows, RefusesMoreSourcesThanItHasRoomFor) {
  SourceWindows windows(2, 64);
  EXPECT_EQ(letters(windows, 1, {1}), "f");
  EXPECT_EQ(letters(windows, 2, {1}), "f");
  EXPECT_EQ(letters(windows, 3, {1, 2}), "ll");
  EXPECT_EQ(letters(windows, 2, {1, 2}), "df");
  EXPECT_EQ(windows.source_count(), 2U);
}

TEST(SourceWindows, AgreesWithASetOfEveryNumberSeen) {
  std::mt19937_64 random(testing::seed());
  for (const std::uint32_t window : {1U, 3U, 64U, 65U, 1000U}) {
    SourceWindows windows(3, window);
    std::map<std::uint32_t, std::set<std::int64_t>> seen;  // numbers before they wrap
    std::map<std::uint32_t, std::int64_t> highest;
    for (int step = 0; step < 100'000; ++step) {
      const auto source = static_cast<std::uint32_t>(random() % 4);  // one more than there is room for
      const bool is_known = highest.contains(source);
      std::int64_t number = std::int64_t{1} << 40;  // starts right at a wrap
      if (is_known) {
        const std::uint64_t reach = random() % 100 == 0 ? window * 3 + 200 : window + 5;
        number = highest[source] + 4 - static_cast<std::int64_t>(random() % reach);
        if (random() % 50 == 0) number += static_cast<std::int64_t>(random() % (window * 2 + 100));
      }
      Seen expected = Seen::fresh;
      if (!is_known && highest.size() == 3) {
        expected = Seen::source_limit;
      } else if (is_known && highest[source] - number >= std::int64_t{window}) {
        expected = Seen::too_old;
      } else {
        expected = seen[source].insert(number).second ? Seen::fresh : Seen::duplicate;
        highest[source] = is_known ? std::max(highest[source], number) : number;
      }
      ASSERT_EQ(windows.see(make_origin(source, static_cast<std::uint64_t>(number))), expected)
          << "step " << step << ", window " << window << ", source " << source << ", number " << number;
    }
  }
}

// How many places are looked at to find one of these on average, in a table of so many.
double places_looked_at(const std::vector<std::size_t>& homes, std::size_t places) {
  std::vector<bool> taken(places);
  double sum = 0;
  for (std::size_t at : homes) {
    for (++sum; taken[at]; ++sum) at = (at + 1) % places;
    taken[at] = true;
  }
  return sum / static_cast<double>(homes.size());
}

TEST(RecentSet, KeepsApartWhatWouldMeetWithoutAKey) {
  constexpr std::size_t places = 2048;
  const RecentSet set(places / 2, 0);
  std::vector<std::size_t> homes, homes_without_key;
  for (std::uint64_t number = 1; homes.size() < 512; ++number) {
    const std::uint64_t origin = make_origin(5, number);
    const std::size_t home = (origin ^ origin >> 32) * 0x9E37'79B9'7F4A'7C15ULL >> 53;
    if (home >= 4) continue;
    homes_without_key.push_back(home);
    homes.push_back(set.home(origin));
  }
  EXPECT_GT(places_looked_at(homes_without_key, places), 200);
  EXPECT_LT(places_looked_at(homes, places), 50);  // the usual is 1.2
}

TEST(RecentSet, PassesEachIdentityOnce) {
  RecentSet set(4, 0);
  EXPECT_EQ(set.see(7), Seen::fresh);
  EXPECT_EQ(set.see(7), Seen::duplicate);
  EXPECT_EQ(set.see(8), Seen::fresh);
  EXPECT_EQ(set.size(), 2U);
}

TEST(RecentSet, ForgetsTheOldestWhenItIsFull) {
  RecentSet set(2, 0);
  EXPECT_EQ(set.see(1), Seen::fresh);
  EXPECT_EQ(set.see(2), Seen::fresh);
  EXPECT_EQ(set.see(1), Seen::duplicate);  // does not make it younger
  EXPECT_EQ(set.see(3), Seen::fresh);
  EXPECT_EQ(set.evicted(), 1U);
  EXPECT_EQ(set.see(2), Seen::duplicate);
  EXPECT_EQ(set.see(1), Seen::fresh);
}

TEST(RecentSet, ForgetsWhatHasReachedItsAge) {
  RecentSet set(8, 10);
  set.pass_time(100);
  EXPECT_EQ(set.see(1), Seen::fresh);
  set.pass_time(105);
  EXPECT_EQ(set.see(2), Seen::fresh);
  set.pass_time(109);
  EXPECT_EQ(set.see(1), Seen::duplicate);
  set.pass_time(110);
  EXPECT_EQ(set.see(1), Seen::fresh);
  EXPECT_EQ(set.see(2), Seen::duplicate);
  EXPECT_EQ(set.evicted(), 0U);
}

TEST(RecentSet, TakesATimeThatRunsBackwardsForTheLatestSoFar) {
  RecentSet set(8, 10);
  set.pass_time(100);
  set.pass_time(50);
  EXPECT_EQ(set.see(1), Seen::fresh);
  set.pass_time(60);
  EXPECT_EQ(set.see(1), Seen::duplicate);
  set.pass_time(110);
  EXPECT_EQ(set.see(1), Seen::fresh);
}

TEST(RecentSet, AgreesWithADequeOfAllThatIsRemembered) {
  std::mt19937_64 random(testing::seed());
  for (const std::uint32_t capacity : {1U, 2U, 5U, 100U, 1024U}) {
    for (const std::uint64_t age : {0U, 1U, 300U}) {
      RecentSet set(capacity, age);
      std::deque<std::pair<std::uint64_t, std::uint64_t>> model;  // origin, time
      std::uint64_t now = 0;
      for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t time = now + random() % 3 - std::min<std::uint64_t>(now, random() % 2);
        now = std::max(now, time);
        while (age != 0 && !model.empty() && now - model.front().second >= age) model.pop_front();
        const std::uint64_t origin = (random() % (capacity * 2) + 1) << (random() % 2 * 40);
        bool is_known = false;
        for (const auto& [remembered, since] : model) is_known = is_known || remembered == origin;
        if (!is_known) {
          if (model.size() == capacity) model.pop_front();
          model.emplace_back(origin, now);
        }
        set.pass_time(time);
        ASSERT_EQ(set.see(origin), is_known ? Seen::duplicate : Seen::fresh)
            << "step " << step << ", capacity " << capacity << ", age " << age;
        ASSERT_EQ(set.size(), model.size());
      }
    }
  }
}

}  // namespace
}  // namespace tickweir::dedup
