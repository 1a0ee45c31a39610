// OrderIdMap against std::unordered_map, nearly full and with many collisions.
#include "order_id_map.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <unordered_map>
#include <vector>

namespace tickweir::book {
namespace {

std::uint64_t test_seed() {
  const char* given = std::getenv("TICKWEIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

TEST(OrderIdMap, FindsNothingInAnEmptyMapNotEvenKeyZero) {
  const OrderIdMap map(1);
  EXPECT_EQ(map.find(0), 0U);
  EXPECT_EQ(map.find(7), 0U);
}

TEST(OrderIdMap, HoldsAsManyKeysAsPromised) {
  OrderIdMap map(3);
  for (std::uint32_t key = 1; key <= 3; ++key) map.put(key, key * 10);
  for (std::uint32_t key = 1; key <= 3; ++key) EXPECT_EQ(map.find(key), key * 10);
  EXPECT_EQ(map.size(), 3U);
}

TEST(OrderIdMap, AgreesWithAnObviousMapOverAnyMixOfPutsAndErases) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const std::uint32_t keys_max : {1U, 2U, 7U, 64U, 1000U}) {
    OrderIdMap map(keys_max);
    std::unordered_map<std::uint64_t, std::uint32_t> model;
    std::vector<std::uint64_t> keys;  // few, so that they come again and again
    for (std::uint32_t i = 0; i < keys_max * 2; ++i) keys.push_back(random() % 3 == 0 ? random() | 1 : i + 1);
    for (std::uint32_t step = 0; step < 20'000; ++step) {
      const std::uint64_t key = keys[random() % keys.size()];
      if (model.contains(key)) {
        model.erase(key);
        map.erase(key);
      } else if (model.size() < keys_max) {
        model[key] = step + 1;
        map.put(key, step + 1);
      }
      ASSERT_EQ(map.size(), model.size());
      const std::uint64_t asked = keys[random() % keys.size()];
      ASSERT_EQ(map.find(asked), model.contains(asked) ? model[asked] : 0) << "key " << asked;
    }
    for (const std::uint64_t key : keys) ASSERT_EQ(map.find(key), model.contains(key) ? model[key] : 0);
  }
}

TEST(OrderIdMapDeathTest, StopsWhenAKeyThatIsNotThereIsErased) {
  OrderIdMap map(4);
  EXPECT_DEATH(map.erase(5), "assertion failed");
}

}  // namespace
}  // namespace tickweir::book
