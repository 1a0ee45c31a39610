// The heap of what is due, against a sorted set of all.
#include "expiry_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace tickweir::book {
namespace {

TEST(ExpiryHeap, IsEmptyAtFirst) {
  EXPECT_FALSE(ExpiryHeap(4).is_due(std::numeric_limits<std::uint64_t>::max()));
}

using Due = ExpiryHeap::Due;
auto key_of(const Due& due) {
  return std::tuple(due.instrument, due.time, due.id, due.slot);
}
using Key = decltype(key_of(Due{}));

TEST(ExpiryHeap, TellsAllThatAreDueByInstrumentThenTimeThenId) {
  constexpr std::uint32_t slots = 50;
  ExpiryHeap heap(slots);
  std::map<std::uint32_t, Due> used;  // by slot
  std::mt19937_64 random(7);
  std::size_t most_due = 0;
  for (std::uint64_t id = 1; id < 20'000; ++id) {
    const auto slot = static_cast<std::uint32_t>(1 + random() % slots);
    if (used.erase(slot) != 0) {
      heap.erase(slot);
    } else {
      used[slot] = {.time = random() % 20,
                    .id = id * 7919 % 20'011,
                    .instrument = static_cast<std::uint32_t>(random() % 3),
                    .slot = slot};
      heap.put(used[slot]);
    }
    const std::uint64_t now = random() % 20;
    std::set<Key> expected;
    for (const auto& [at, due] : used) {
      if (due.time <= now) expected.insert(key_of(due));
    }
    ASSERT_EQ(heap.is_due(now), !expected.empty());
    std::vector<Key> told;
    for (const Due& due : heap.all_due(now)) told.push_back(key_of(due));
    ASSERT_EQ(told, std::vector<Key>(expected.begin(), expected.end()));
    most_due = std::max(most_due, told.size());
  }
  EXPECT_GT(most_due, slots / 3);
}

}  // namespace
}  // namespace tickweir::book
