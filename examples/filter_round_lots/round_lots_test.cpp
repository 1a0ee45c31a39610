#include <gtest/gtest.h>

#include "round_lots.h"
#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::market::Cancel;
using tickweir::market::Instrument;
using tickweir::market::NewOrder;
using tickweir::market::Replace;

TEST(RoundLots, KnowsTheDefaultBeyondItsTable) {
  RoundLots lots(10, 100);
  lots.set(3, 5);
  lots.set(10, 7);  // beyond
  EXPECT_TRUE(lots.is_round(3, 15));
  EXPECT_FALSE(lots.is_round(4, 15));
  EXPECT_TRUE(lots.is_round(10, 200));
  EXPECT_FALSE(lots.is_round(10, 7));
}

TEST(RoundLots, KeepsALotSizeWhenToldZero) {
  RoundLots lots(10, 100);
  lots.set(3, 0);
  EXPECT_TRUE(lots.is_round(3, 100));
}

TEST(FilterRoundLots, RefusesOddLots) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push(
      {event(NewOrder{.quantity = 300, .instrument = 1}), event(NewOrder{.quantity = 301, .instrument = 1}),
       event(Replace{.quantity = 99, .instrument = 1}), event(Cancel{.order_id = 1, .instrument = 1})});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"", "odd_lot", "odd_lot", ""}));
}

TEST(FilterRoundLots, LearnsLotSizesFromInstruments) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"lot_size", "10"}}, {.batch_events_max = 1});
  stage.push({event(Instrument{.instrument = 1, .lot_size = 1}),
              event(NewOrder{.quantity = 7, .instrument = 1}),
              event(NewOrder{.quantity = 7, .instrument = 2})});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"", "", "odd_lot"}));
  EXPECT_EQ(stage.dropped("odd_lot"), 1U);
}

TEST(FilterRoundLots, RefusesWhatIsTooShortForItsType) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({OwnedEvent(NewOrder::event_type, {}), OwnedEvent(Instrument::event_type, {}),
              OwnedEvent(Cancel::event_type, {})});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"too_short", "too_short", ""}));
}

TEST(FilterRoundLots, KnowsLotSizesAfterARestart) {
  const OwnedEvent learned = event(Instrument{.instrument = 1, .lot_size = 7});
  Harness before(TICKWEIR_PLUGIN_FILE);
  before.push({learned});
  Harness loaded(TICKWEIR_PLUGIN_FILE);
  loaded.load(before.save());
  EXPECT_EQ(loaded.save(), before.save());
  Harness recovered(TICKWEIR_PLUGIN_FILE);
  recovered.recover({learned});
  for (Harness* stage : {&loaded, &recovered}) {
    stage->push({event(NewOrder{.quantity = 14, .instrument = 1}),
                 event(NewOrder{.quantity = 100, .instrument = 1})});
    EXPECT_EQ(stage->verdicts(), (std::vector<std::string>{"", "odd_lot"}));
  }
}

}  // namespace
