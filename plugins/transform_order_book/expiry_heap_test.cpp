// The heap of what is due, against a sorted set.
#include "expiry_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tickweir::book {
namespace {

TEST(ExpiryHeap, IsEmptyAtFirst) {
  EXPECT_FALSE(ExpiryHeap(4).is_due(std::numeric_limits<std::uint64_t>::max()));
}

TEST(ExpiryHeap, HasTheEarliestFirstThenTheLowestId) {
  constexpr std::uint32_t slots = 50;
  ExpiryHeap heap(slots);
  using Key = std::pair<std::uint64_t, std::uint64_t>;  // time, id
  std::map<Key, std::uint32_t> expected;
  std::map<std::uint32_t, Key> used;
  std::mt19937_64 random(7);
  std::size_t most = 0;
  for (std::uint64_t id = 1; id < 20'000; ++id) {
    const auto slot = static_cast<std::uint32_t>(1 + random() % slots);
    if (const auto found = used.find(slot); found != used.end()) {
      heap.erase(slot);
      expected.erase(found->second);
      used.erase(found);
    } else {
      const Key key{random() % 20, id};
      heap.put({key.first, key.second, slot});
      expected[key] = slot;
      used[slot] = key;
    }
    most = std::max(most, expected.size());
    if (expected.empty()) continue;
    const std::uint64_t first = expected.begin()->first.first;
    ASSERT_TRUE(heap.is_due(first));
    ASSERT_TRUE(first == 0 || !heap.is_due(first - 1));
    ASSERT_EQ(heap.next_slot(), expected.begin()->second);
  }
  EXPECT_GT(most, slots / 2);
}

}  // namespace
}  // namespace tickweir::book
