// What the band refuses and what it lets through.
#include "price_band.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

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

TEST(PriceBand, JudgesTheLimitOfAnExtendedOrderToo) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"band", "100"}});
  const auto extended = [](market::OrderKind kind, std::int64_t price) {
    return event(market::NewOrderExtended{
        .order_id = 1, .price = price, .quantity = 1, .instrument = 1, .kind = kind, .stop_price = 20'000});
  };
  using enum market::OrderKind;
  stage.push({trade(10'000), extended(Limit, 10'100), extended(Limit, 10'101), extended(StopLimit, 9'900),
              extended(StopLimit, 9'899), extended(Market, 0), extended(Stop, 0)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "outside_band", "", "outside_band", "", ""}));
}

TEST(PriceBand, RefusesWhatIsTooShortForItsType) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  const auto cut = [](std::uint16_t type) { return OwnedEvent(type, std::vector<std::uint8_t>(8)); };
  stage.push({cut(market::NewOrder::event_type), cut(market::NewOrderExtended::event_type),
              cut(market::Trade::event_type), cut(market::Executed::event_type),
              cut(market::Cancel::event_type)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"too_short", "too_short", "too_short", "too_short", ""}));
}

TEST(PriceBand, KnowsTheLastTradesAfterARestart) {
  Harness before(TICKWEIR_PLUGIN_FILE);
  before.push({trade(10'000), trade(500, 65'535), trade(600, 2), trade(20'000)});
  Harness loaded(TICKWEIR_PLUGIN_FILE);
  loaded.load(before.save());
  EXPECT_EQ(loaded.shown(),
            "instrument 1: last trade at 20000\ninstrument 2: last trade at 600\n"
            "instrument 65535: last trade at 500\n");
  Harness recovered(TICKWEIR_PLUGIN_FILE);  // before a log, from what passed into it
  recovered.recover({trade(10'000), order(9'000), trade(20'000)});
  for (Harness* stage : {&loaded, &recovered}) {
    stage->push({order(20'000), order(10'000)});
    EXPECT_EQ(stage->verdicts(), (Verdicts{"", "outside_band"}));
  }
}

// Why the state is refused in which two bytes are changed to `value`.
std::string refusal_of_state(std::string saved, std::size_t at, std::uint16_t value,
                             const char* instruments = "65536") {
  std::memcpy(saved.data() + at, &value, sizeof value);
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", instruments}});
  try {
    stage.load(saved);
  } catch (const testing::StageError& refused) {
    return refused.what();
  }
  return "";
}

TEST(PriceBand, RefusesAStateThatMakesNoSense) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({trade(10, 3), trade(20, 5)});
  const std::string saved = stage.save();
  constexpr std::size_t format = 0, count = 16, first = 24, price = 32, second = 40;
  EXPECT_EQ(refusal_of_state(saved, format, 1), "");
  EXPECT_NE(refusal_of_state(saved, format, 9).find("saved with format 9"), std::string::npos);
  EXPECT_NE(refusal_of_state(saved, format, 1, "7").find("saved with instruments 65536"), std::string::npos);
  EXPECT_EQ(refusal_of_state(saved, count, 3), "the saved state ends too early");
  EXPECT_EQ(refusal_of_state(saved, price, 0), "price 0 of instrument 3 in the saved state makes no sense");
  for (const std::uint16_t other : std::array<std::uint16_t, 2>{5, 6}) {  // not rising
    EXPECT_EQ(refusal_of_state(saved, first, other),
              "price 20 of instrument 5 in the saved state makes no sense");
  }
  EXPECT_EQ(refusal_of_state(saved, second, 3), "price 20 of instrument 3 in the saved state makes no sense");
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
