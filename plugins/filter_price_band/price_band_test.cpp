// What the band refuses and what it lets through.
#include "price_band.h"

#include <gtest/gtest.h>

#include "tickweir/testing.h"

namespace tickweir {
namespace {

using testing::event;
using testing::Harness;
using testing::OwnedEvent;
using Verdicts = std::vector<std::string>;

OwnedEvent order(std::int64_t price, std::uint32_t instrument = 1) {
  return event(market::NewOrder{
      .order_id = 1, .price = price, .quantity = 1, .instrument = instrument, .side = market::Side::Buy});
}
OwnedEvent trade(std::int64_t price, std::uint32_t instrument = 1) {
  return event(market::Trade{.price = price, .quantity = 1, .instrument = instrument});
}

TEST(PriceBand, RefusesAnOrderOutsideTheBandOnEitherSide) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"band", "100"}});
  stage.push({trade(10'000), order(10'100), order(10'101), order(9'900), order(9'899)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "outside_band", "", "outside_band"}));
  EXPECT_EQ(stage.dropped("outside_band"), 2U);
}

TEST(PriceBand, LetsEveryPricePassBeforeTheFirstTrade) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({order(1), order(1'000'000'000)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", ""}));
}

TEST(PriceBand, FollowsTheLastTradeOrExecutionOfTheInstrument) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"band", "100"}});
  stage.push({trade(10'000), event(market::Executed{.price = 20'000, .quantity = 1, .instrument = 1}),
              trade(500, 2), order(20'100), order(10'000), order(10'000, 3)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "", "", "outside_band", ""}));
  EXPECT_EQ(stage.counter("reference_changes"), 3U);
}

TEST(PriceBand, LetsMarketOrdersPass) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push(
      {trade(10'000),
       event(market::NewOrder{
           .order_id = 1, .price = 0, .quantity = 1, .instrument = 1, .kind = market::OrderKind::Market})});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", ""}));
}

TEST(PriceBand, IgnoresInstrumentsThatItDoesNotWatchAndPricesThatAreNone) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", "2"}});
  stage.push({trade(10'000, 2), order(1, 2), trade(0), trade(-5), trade(std::int64_t{1} << 62), order(1)});
  EXPECT_EQ(stage.dropped(), 0U);
  EXPECT_EQ(stage.counter("reference_changes"), 0U);
}

TEST(PriceBand, DoesNotOverflowAtTheLargestPrices) {
  constexpr std::int64_t high = market::price_max;
  const auto at = [](std::int64_t price) { return market::NewOrder{.price = price}; };
  EXPECT_FALSE(price_band::is_outside(at(1), high, 10'000));
  EXPECT_TRUE(price_band::is_outside(at(1), high, 9'999));
}

TEST(PriceBand, RefusesABandOfNothing) {
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"band", "0"}}), "");
}

}  // namespace
}  // namespace tickweir
