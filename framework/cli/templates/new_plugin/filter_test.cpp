#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::market::Cancel;
using tickweir::market::NewOrder;

TEST(PluginName, RefusesOrdersAboveTheQuantity) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"quantity_max", "100"}});
  stage.push(
      {event(NewOrder{.order_id = 1, .quantity = 100}), event(NewOrder{.order_id = 2, .quantity = 101})});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"", "too_large"}));
}

TEST(PluginName, LetsEverythingElsePass) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({event(Cancel{.order_id = 1}), tick(5)});
  EXPECT_EQ(stage.passed().size(), 2U);
}

TEST(PluginName, RefusesAnOrderThatIsCutShort) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({OwnedEvent(NewOrder::event_type, {})});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"too_short"}));
}

TEST(PluginName, WantsAQuantityOfAtLeastOne) {
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"quantity_max", "0"}}),
            "option quantity_max: found \"0\", expected an integer from 1 to 1000000000 (shares)");
}

}  // namespace
