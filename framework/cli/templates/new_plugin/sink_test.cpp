#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::market::NewOrder;

TEST(PluginName, AddsUpQuantities) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  const OwnedEvent cut_short(NewOrder::event_type, {});
  stage.push({event(NewOrder{.quantity = 40}), event(NewOrder{.quantity = 2}), tick(5), cut_short});
  stage.drain();
  EXPECT_EQ(stage.counter("quantity"), 42U);
  EXPECT_EQ(stage.dropped("not_wanted"), 2U);
}

TEST(PluginName, TakesOneInstrumentOnly) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instrument", "7"}});
  stage.push(
      {event(NewOrder{.quantity = 40, .instrument = 7}), event(NewOrder{.quantity = 2, .instrument = 8})});
  EXPECT_EQ(stage.counter("quantity"), 40U);
}

}  // namespace
