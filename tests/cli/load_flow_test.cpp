// Which connection of a load an event belongs to: they take turns, a burst at a time. When a source that is
// away is tried again.
#include "cli/load_flow.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickweir {
namespace {

class Turns : public ::testing::TestWithParam<std::pair<std::uint32_t, std::uint32_t>> {
 protected:
  [[nodiscard]] static LoadPlan plan() {
    LoadPlan plan;
    plan.connections = GetParam().first;
    plan.burst = GetParam().second;
    return plan;
  }
};

TEST_P(Turns, GiveEachEventToOneConnection) {
  constexpr std::uint64_t events = 1000;
  std::vector<std::uint32_t> owners(events, 0);
  for (std::uint32_t index = 0; index < plan().connections; ++index) {
    for (std::uint64_t event = 0; event < load_share(plan(), events, index); ++event) {
      const std::uint64_t position = load_position(plan(), event, index);
      ASSERT_LT(position, events) << "event " << event << " of connection " << index;
      ++owners[position];
    }
  }
  EXPECT_EQ(owners, std::vector<std::uint32_t>(events, 1));
}

// An event is in the share as soon as it is due, and not before.
TEST_P(Turns, LetAnEventBeDueAtItsPosition) {
  for (std::uint32_t index = 0; index < plan().connections; ++index) {
    for (std::uint64_t event = 0; event < 100; ++event) {
      const std::uint64_t position = load_position(plan(), event, index);
      ASSERT_EQ(load_share(plan(), position, index), event);
      ASSERT_EQ(load_share(plan(), position + 1, index), event + 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Plans, Turns,
                         ::testing::Values(std::pair(1, 1), std::pair(4, 1), std::pair(1, 50),
                                           std::pair(4, 50), std::pair(3, 7)));

TEST(LoadConnection, TriesASourceThatIsAwayLessAndLessOften) {
  constexpr std::uint64_t ms = 1'000'000;
  std::uint64_t now = 1000 * ms;
  std::vector<std::uint64_t> tries_at;
  LoadPlan plan;
  plan.client.transport = [&](const ClientSettings&) -> std::unique_ptr<Transport> {
    tries_at.push_back((now - 1000 * ms) / ms);
    throw ClientError("away");
  };
  const LoadOrders orders;
  LoadResult result;
  LoadConnection connection(plan, orders, 0, result);
  for (; now < 4600 * ms; now += 10 * ms) EXPECT_TRUE(connection.connect(now));
  EXPECT_EQ(tries_at, (std::vector<std::uint64_t>{0, 50, 100, 200, 400, 800, 1600, 2600}));
}

}  // namespace
}  // namespace tickweir
