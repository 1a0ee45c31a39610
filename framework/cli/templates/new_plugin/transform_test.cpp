#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::market::Executed;
using tickweir::market::Trade;

TEST(PluginName, PrintsATradeForAnExecution) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({event(Executed{.match_id = 7, .price = 100, .quantity = 5, .instrument = 3},
                    {.time = 9, .origin = 4})});
  const auto trade =
      event(Trade{.match_id = 7, .price = 100, .quantity = 5, .instrument = 3}, {.time = 9, .origin = 4});
  EXPECT_EQ(stage.output("trades"), (std::vector<OwnedEvent>{trade}));
}

TEST(PluginName, LeavesOutSmallExecutionsAndCountsThem) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"quantity_min", "10"}});
  stage.push({event(Executed{.quantity = 9}), event(Executed{.quantity = 10}), tick(5)});
  EXPECT_EQ(stage.output("trades").size(), 1U);
  EXPECT_EQ(stage.dropped("too_small"), 1U);
}

TEST(PluginName, LeavesOutAnExecutionThatIsCutShort) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({OwnedEvent(Executed::event_type, {})});
  EXPECT_TRUE(stage.output("trades").empty());
  EXPECT_EQ(stage.dropped("too_short"), 1U);
}

TEST(PluginName, GivesTheSameTradesForAnyBatchSize) {
  std::vector<OwnedEvent> executions;
  for (std::uint64_t id = 1; id <= 1000; ++id)
    executions.push_back(event(Executed{.match_id = id, .quantity = 1}));
  Harness large(TICKWEIR_PLUGIN_FILE);
  Harness small(TICKWEIR_PLUGIN_FILE, {}, {.batch_events_max = 3});
  large.push(executions);
  small.push(executions);
  EXPECT_EQ(large.output("trades"), small.output("trades"));
}

}  // namespace
