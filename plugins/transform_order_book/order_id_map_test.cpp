// OrderIdMap against std::unordered_map, nearly full and with many collisions.
#include "order_id_map.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

#include "random_events.h"
#include "tickweir/testing_random.h"

namespace tickweir::book {
namespace {

// Each key lies at its index, as an order does at its slot.
struct Keyed {
  explicit Keyed(std::uint32_t keys_max) : map(keys_max), keys(std::size_t{keys_max} + 1) {
    for (std::uint32_t index = keys_max; index != 0; --index) free.push_back(index);
  }
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    return map.find(map.spot_of(key),
                    [this, key](std::uint32_t index) { return index != 0 && keys[index] == key; });
  }
  std::uint32_t put(std::uint64_t key) {
    const std::uint32_t index = free.back();
    free.pop_back();
    keys[index] = key;
    map.put(map.spot_of(key), index);
    return index;
  }
  void erase(std::uint64_t key) {
    const std::uint32_t index = find(key);
    map.erase(map.spot_of(key), index);
    keys[index] = 0;
    free.push_back(index);
  }

  OrderIdMap map;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> free;
};

TEST(OrderIdMap, FindsNothingInAnEmptyMapNotEvenKeyZero) {
  const Keyed map(1);
  EXPECT_EQ(map.find(0), 0U);
  EXPECT_EQ(map.find(7), 0U);
}

TEST(OrderIdMap, HoldsAsManyKeysAsPromised) {
  Keyed map(3);
  for (std::uint64_t key = 1; key <= 3; ++key) EXPECT_EQ(map.put(key), key);
  for (std::uint64_t key = 1; key <= 3; ++key) EXPECT_EQ(map.find(key), key);
  EXPECT_EQ(map.map.size(), 3U);
}

// Ids in a row, ids in steps that are powers of two, and any ids.
std::vector<std::uint64_t> make_keys(std::mt19937_64& random, std::uint32_t keys_max) {
  std::vector<std::uint64_t> keys;  // few, so that they come again and again
  for (std::uint64_t i = 0; i < keys_max; ++i) {
    keys.push_back(i + 1);
    keys.push_back((i + 2) << (random() % 2 == 0 ? 32U : 16U));
    keys.push_back(random() | 1);
  }
  return keys;
}

TEST(OrderIdMap, AgreesWithAnObviousMapOverAnyMixOfPutsAndErases) {
  const std::uint64_t seed = testing::seed();
  std::mt19937_64 random(seed);
  for (const std::uint32_t keys_max : {1U, 2U, 7U, 64U, 1000U}) {
    Keyed map(keys_max);
    std::unordered_map<std::uint64_t, std::uint32_t> model;
    const std::vector<std::uint64_t> keys = make_keys(random, keys_max);
    for (std::uint32_t step = 0; step < 20'000; ++step) {
      const std::uint64_t key = keys[random() % keys.size()];
      if (model.contains(key)) {
        model.erase(key);
        map.erase(key);
      } else if (model.size() < keys_max) {
        model[key] = map.put(key);
      }
      ASSERT_EQ(map.map.size(), model.size());
      const std::uint64_t asked = keys[random() % keys.size()];
      ASSERT_EQ(map.find(asked), model.contains(asked) ? model[asked] : 0) << "key " << asked;
      const std::uint32_t guessed = map.map.guess(map.map.spot_of(asked));
      ASSERT_LE(guessed, keys_max);
    }
    for (const std::uint64_t key : keys) ASSERT_EQ(map.find(key), model.contains(key) ? model[key] : 0);
  }
}

// How many entries lie on the way to a key on average, of the keys key_of(1), key_of(2), ...
template <typename KeyOf>
double links_to_a_key(const OrderIdMap& map, std::uint32_t keys, KeyOf&& key_of) {
  std::unordered_map<std::uint32_t, std::uint32_t> chains;
  double links = 0;
  for (std::uint32_t i = 1; i <= keys; ++i) links += ++chains[map.spot_of(key_of(i)).home];
  return links / keys;
}

// The usual is 1.2. It is 98 where the places are those of the low bits.
TEST(OrderIdMap, SpreadsIdsWhoseLowBitsAreTheSame) {
  constexpr std::uint32_t keys = 100'000;
  const OrderIdMap map(keys);
  EXPECT_LT(links_to_a_key(map, keys, [](std::uint64_t i) { return i * 512; }), 16);
  const OrderIdMap named(keys, true);
  EXPECT_LT(links_to_a_key(named, keys, [&](std::uint32_t i) { return named.name_of(i, 7); }), 16);
}

TEST(OrderIdMap, KeepsIdsInARowInOneStretchWithAPlaceForEach) {
  const OrderIdMap map(100'000);
  EXPECT_EQ(links_to_a_key(map, 511, [](std::uint64_t i) { return 5120 + i; }), 1);
  for (std::uint64_t key = 5120; key < 5120 + 512; ++key) {
    EXPECT_EQ(map.spot_of(key).home / 512, map.spot_of(5120).home / 512);
  }
}

TEST(OrderIdMapDeathTest, StopsWhenAKeyThatIsNotThereIsErased) {
  OrderIdMap map(4);
  EXPECT_DEATH(map.erase(map.spot_of(5), 1), "assertion failed");
}

}  // namespace
}  // namespace tickweir::book
