#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::PollResult;
using tickweir::market::NewOrder;

TEST(PluginName, MakesAsManyOrdersAsAsked) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"count", "10"}, {"gap", "5us"}}, {.batch_events_max = 4});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  ASSERT_EQ(stage.output("orders").size(), 10U);
  EXPECT_EQ(stage.output("orders").back().time(), 50'000U);
  EXPECT_EQ(stage.output("orders").back().as<NewOrder>().order_id, 10U);
}

TEST(PluginName, MakesOrdersThatABookTakes) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  EXPECT_EQ(stage.poll(), PollResult::finished);
  for (const NewOrder& order : payloads<NewOrder>(stage.output("orders"))) {
    EXPECT_EQ(tickweir::market::validate(order), tickweir::market::RejectReason::None);
  }
}

TEST(PluginName, CanMakeNone) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"count", "0"}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_TRUE(stage.output("orders").empty());
}

}  // namespace
