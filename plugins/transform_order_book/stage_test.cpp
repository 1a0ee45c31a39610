// The plugin as a stage: outputs, headers, counters, drops; the algorithm has tests of its own.
#include <gtest/gtest.h>

#include "recorder.h"
#include "tickweir/testing.h"

namespace tickweir::book {
namespace {

using tickweir::testing::event;
using tickweir::testing::Harness;
using tickweir::testing::OptionTexts;
using tickweir::testing::OwnedEvent;
using tickweir::testing::payloads;

const OptionTexts match{{"orders", "64"}, {"instruments", "16"}};
const OptionTexts rebuild{{"mode", "rebuild"}, {"orders", "64"}, {"instruments", "16"}};

// One event a row, at times 10, 20, ... from origins 1/1, 1/2, ...
std::vector<OwnedEvent> events(const std::vector<std::string>& rows) {
  std::vector<OwnedEvent> made;
  for (const std::string& row : rows) {
    visit_request(row, [&](const auto& request) {
      made.push_back(
          event(request, {.time = (made.size() + 1) * 10, .origin = make_origin(1, made.size() + 1)}));
    });
  }
  return made;
}

const std::vector<std::string> day{"new 1 S 100x5 #3", "new 2 S 101x5", "new 3 B 100x2 #4", "reduce 2 x1",
                                   "replace 2 4 99x4", "cancel 9",      "cancel 1",         "new 5 B mktx9"};

TEST(OrderBookStage, TellsEveryOutcomeOnItsOutputs) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  stage.push(events(day));
  std::vector<std::uint16_t> types;
  for (const OwnedEvent& report : stage.output("reports")) types.push_back(report.type());
  EXPECT_EQ(types,
            (std::vector<std::uint16_t>{
                market::Accepted::event_type, market::Accepted::event_type, market::Accepted::event_type,
                market::Executed::event_type, market::Cancelled::event_type, market::Replaced::event_type,
                market::Rejected::event_type, market::Cancelled::event_type, market::Accepted::event_type,
                market::Executed::event_type, market::Cancelled::event_type}));
  const auto executed = payloads<market::Executed>(stage.output("executions"));
  ASSERT_EQ(executed.size(), 2U);
  EXPECT_EQ(executed[0], (market::Executed{.match_id = 1,
                                           .maker_order_id = 1,
                                           .taker_order_id = 3,
                                           .price = 100,
                                           .quantity = 2,
                                           .instrument = 1,
                                           .maker_remaining = 3,
                                           .taker_remaining = 0,
                                           .maker_account = 3,
                                           .taker_account = 4,
                                           .taker_side = Side::Buy}));
  EXPECT_EQ(
      payloads<market::Trade>(stage.output("trades")),
      (std::vector{
          market::Trade{.match_id = 1, .price = 100, .quantity = 2, .instrument = 1, .side = Side::Buy},
          market::Trade{.match_id = 2, .price = 99, .quantity = 4, .instrument = 1, .side = Side::Buy}}));
  EXPECT_EQ(stage.output("levels").size(), 8U);
  EXPECT_EQ(payloads<market::TopOfBook>(stage.output("top")).back(), (market::TopOfBook{.instrument = 1}));
  EXPECT_EQ(stage.counter("accepted"), 4U);
  EXPECT_EQ(stage.counter("executed"), 2U);
  EXPECT_EQ(stage.counter("cancelled"), 2U);
  EXPECT_EQ(stage.counter("replaced"), 1U);
  EXPECT_EQ(stage.counter("rejected", "UnknownOrder"), 1U);
  EXPECT_EQ(stage.counter("orders"), 0U);
  EXPECT_EQ(stage.dropped(), 0U);
}

TEST(OrderBookStage, StampsItsEventsWithTimeAndOriginOfTheirCause) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  stage.push(events(day));
  const OwnedEvent& first = stage.output("executions").front();
  EXPECT_EQ(first.time(), 30U);
  EXPECT_EQ(first.origin(), make_origin(1, 3));
  EXPECT_EQ(stage.output("levels").back().time(), 80U);
}

TEST(OrderBookStage, TellsTheSameHoweverTheInputIsCutIntoBatches) {
  Harness one(TICKWEIR_PLUGIN_FILE, match);
  Harness many(TICKWEIR_PLUGIN_FILE, match, {.batch_events_max = 1});
  one.push(events(day));
  many.push(events(day));
  for (const char* output : {"reports", "executions", "trades", "levels", "top", "auctions", "orders"}) {
    EXPECT_EQ(one.output(output), many.output(output)) << output;
  }
}

// Those of one type.
template <typename T>
std::vector<T> reports_of(const Harness& stage) {
  std::vector<T> found;
  for (const OwnedEvent& report : stage.output("reports")) {
    if (report.is<T>()) found.push_back(report.as<T>());
  }
  return found;
}

TEST(OrderBookStage, LetsOrdersEndByEventTimeAlsoWhenOnlyTicksCome) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  stage.push(events({"new 1 B 100x5 #3 gtd:900"}));
  stage.push({tickweir::testing::tick(899), tickweir::testing::tick(900)});
  EXPECT_EQ(reports_of<market::Expired>(stage),
            (std::vector{market::Expired{.order_id = 1, .quantity = 5, .instrument = 1, .account = 3}}));
  const auto reports = stage.output("reports");
  ASSERT_EQ(reports.size(), 4U);
  EXPECT_EQ(reports[2].time(), 900U);
  EXPECT_EQ(reports[3], tickweir::testing::tick(900)) << "time goes on when all it brings is told";
  EXPECT_EQ(stage.counter("expired"), 1U);
  EXPECT_EQ(stage.counter("orders"), 0U);
}

TEST(OrderBookStage, SaysWhoseOrderWasTriggeredRefreshedAndCancelledWithOthers) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  stage.push(events({"new 1 S 100x9 #3 show:4 @2", "new 2 S 101x7 stop:100 #4 @2", "new 3 B 100x4 @2",
                     "masscancel #3", "clear @2", "masscancel"}));
  EXPECT_EQ(reports_of<market::Triggered>(stage), (std::vector{market::Triggered{.order_id = 2,
                                                                                 .stop_price = 100,
                                                                                 .price = 101,
                                                                                 .quantity = 7,
                                                                                 .instrument = 2,
                                                                                 .account = 4,
                                                                                 .side = Side::Sell}}));
  EXPECT_EQ(reports_of<market::Refreshed>(stage),
            (std::vector{market::Refreshed{
                .order_id = 1, .displayed = 4, .remaining = 5, .instrument = 2, .account = 3}}));
  EXPECT_EQ(
      reports_of<market::MassCancelled>(stage),
      (std::vector{
          market::MassCancelled{
              .quantity = 5, .order_count = 1, .account = 3, .reason = market::CancelReason::MassCancel},
          market::MassCancelled{.quantity = 7,
                                .order_count = 1,
                                .instrument = 2,
                                .reason = market::CancelReason::MassCancel}}));
  const auto cancelled = reports_of<market::Cancelled>(stage);
  ASSERT_EQ(cancelled.size(), 2U);
  EXPECT_EQ(cancelled[0].account, 3U);
  EXPECT_EQ(cancelled[1].account, 4U);
  EXPECT_EQ(reports_of<market::Rejected>(stage),
            (std::vector{market::Rejected{.request_type = market::MassCancel::event_type,
                                          .reason = market::RejectReason::InvalidAccount}}));
  EXPECT_EQ(stage.counter("triggered"), 1U);
  EXPECT_EQ(stage.counter("cancelled"), 2U);
}

TEST(OrderBookStage, KeepsCountingWhenNobodyListens) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match,
                {.unconnected = {"reports", "executions", "trades", "levels", "top"}});
  stage.push(events(day));
  EXPECT_EQ(stage.counter("executed"), 2U);
}

TEST(OrderBookStage, TellsTradesAlsoWhenOnlyTheTapeIsHeard) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match, {.unconnected = {"reports", "executions", "levels", "top"}});
  stage.push(events(day));
  EXPECT_EQ(stage.output("trades").size(), 2U);
}

TEST(OrderBookStage, TellsSoManyPricesAsOneLevel) {
  OptionTexts wide = match;
  wide.push_back({"level_width", "5"});
  Harness stage(TICKWEIR_PLUGIN_FILE, wide);
  stage.push(
      events({"new 1 B 100x1", "new 2 B 104x2", "new 3 S 106x4", "new 4 S 110x1", "cancel 1", "cancel 2"}));
  const auto level = [](std::int64_t price, std::uint64_t quantity, std::uint32_t count, Side side) {
    return market::LevelChanged{
        .price = price, .quantity = quantity, .order_count = count, .instrument = 1, .side = side};
  };
  EXPECT_EQ(
      payloads<market::LevelChanged>(stage.output("levels")),
      (std::vector{level(100, 1, 1, Side::Buy), level(100, 3, 2, Side::Buy), level(110, 4, 1, Side::Sell),
                   level(110, 5, 2, Side::Sell), level(100, 2, 1, Side::Buy), level(100, 0, 0, Side::Buy)}));
}

TEST(OrderBookStage, NumbersMatchesFromTheOptionOn) {
  OptionTexts from_1000 = match;
  from_1000.push_back({"first_match_id", "1000"});
  Harness stage(TICKWEIR_PLUGIN_FILE, from_1000);
  stage.push(events(day));
  const auto executed = payloads<market::Executed>(stage.output("executions"));
  EXPECT_EQ(executed[0].match_id, 1000U);
  EXPECT_EQ(executed[1].match_id, 1001U);
}

TEST(OrderBookStage, FollowsAFeedAndPassesItsTradesOn) {
  Harness stage(TICKWEIR_PLUGIN_FILE, rebuild);
  auto feed = events({"new 1 S 100x9", "exec 1 x2", "exec 1 x3 @p98 hidden", "new 2 B 101x1"});
  const market::Trade hidden{.price = 97, .quantity = 7, .instrument = 1, .side = Side::Buy};
  feed.push_back(event(hidden, {.time = 77, .origin = make_origin(2, 5)}));
  feed.push_back(event(market::Instrument{.instrument = 1}));
  feed.push_back(event(market::TradingStatus{.instrument = 1, .state = market::TradingState::Open}));
  stage.push(feed);
  EXPECT_EQ(payloads<market::Trade>(stage.output("trades")),
            (std::vector{
                market::Trade{.match_id = 1, .price = 100, .quantity = 2, .instrument = 1, .side = Side::Buy},
                hidden}));
  EXPECT_EQ(stage.output("trades").back().time(), 77U);
  EXPECT_EQ(stage.output("trades").back().origin(), make_origin(2, 5));
  EXPECT_EQ(stage.output("executions").size(), 2U);
  EXPECT_EQ(stage.counter("crossed"), 1U);
  EXPECT_EQ(stage.counter("orders"), 2U);
  EXPECT_EQ(stage.counter("levels"), 2U);
  EXPECT_EQ(stage.dropped(), 0U);
}

TEST(OrderBookStage, CountsWhatAFeedSaysWrongAsDropped) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", "rebuild"}, {"orders", "1"}, {"instruments", "4"}});
  stage.push(events({"new 1 S 100x9", "new 1 S 100x9", "new 2 S 100x9", "cancel 5", "exec 5 x1",
                     "new 3 S 0x1", "new 4 S 1x1 @4", "exec 1 x10"}));
  EXPECT_EQ(stage.dropped("duplicate_order"), 1U);
  EXPECT_EQ(stage.dropped("order_limit"), 1U);
  EXPECT_EQ(stage.dropped("unknown_order"), 2U);
  EXPECT_EQ(stage.dropped("invalid"), 1U);
  EXPECT_EQ(stage.dropped("instrument_limit"), 1U);
  EXPECT_EQ(stage.counter("excess"), 1U);
  EXPECT_EQ(stage.output("reports").size(), 2U);
}

TEST(OrderBookStage, TellsAnAuctionAndWhatItLeaves) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  stage.push(
      events({"status opening @2", "new 1 B 101x5 @2", "new 2 S 100x3 @2", "status open @2", "snapshot @2"}));
  market::AuctionPrice price{.price = 100,
                             .quantity = 3,
                             .surplus = 2,
                             .instrument = 2,
                             .surplus_side = Side::Buy,
                             .state = market::TradingState::OpeningAuction};
  const market::AuctionPrice shown = price;
  price.is_final = 1;
  EXPECT_EQ(payloads<market::AuctionPrice>(stage.output("auctions")), (std::vector{shown, price}));
  EXPECT_EQ(payloads<market::Trade>(stage.output("trades")),
            (std::vector{market::Trade{.match_id = 1, .price = 100, .quantity = 3, .instrument = 2}}));
  const auto changes = payloads<market::OrderChanged>(stage.output("orders"));
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[2], (market::OrderChanged{.sequence = 3,
                                              .order_id = 1,
                                              .price = 101,
                                              .quantity = 2,
                                              .instrument = 2,
                                              .side = Side::Buy,
                                              .change = market::OrderChange::Changed}));
  EXPECT_EQ(payloads<market::SnapshotBegin>(stage.output("orders")),
            (std::vector{market::SnapshotBegin{.sequence = 4,
                                               .last_price = 100,
                                               .reference_price = 100,
                                               .order_count = 1,
                                               .instrument = 2,
                                               .state = market::TradingState::Open}}));
  EXPECT_EQ(payloads<market::SnapshotOrder>(stage.output("orders")),
            (std::vector{market::SnapshotOrder{
                .order_id = 1, .price = 101, .quantity = 2, .instrument = 2, .side = Side::Buy}}));
  EXPECT_EQ(payloads<market::SnapshotEnd>(stage.output("orders")),
            (std::vector{market::SnapshotEnd{.sequence = 4, .order_count = 1, .instrument = 2}}));
}

TEST(OrderBookStage, DropsRulesWhenItFollowsAVenue) {
  Harness stage(TICKWEIR_PLUGIN_FILE, rebuild);
  stage.push(events({"rules tick:5", "status halted @16", "snapshot @16", "snapshot @0"}));
  EXPECT_EQ(stage.dropped("wrong_mode"), 1U);
  EXPECT_EQ(stage.dropped("instrument_limit"), 2U);
  EXPECT_EQ(stage.dropped("invalid"), 1U);
}

TEST(OrderBookStage, DropsAVenuesWordWhenItMatchesItself) {
  Harness stage(TICKWEIR_PLUGIN_FILE, match);
  auto input = events({"new 1 S 100x9", "exec 1 x1"});
  input.push_back(event(market::Trade{.price = 97, .quantity = 7, .instrument = 1}));
  stage.push(input);
  EXPECT_EQ(stage.dropped("wrong_mode"), 2U);
  EXPECT_TRUE(stage.output("trades").empty());
}

TEST(OrderBookStage, DropsEventsThatAreShorterThanTheirType) {
  for (const OptionTexts& options : {match, rebuild}) {
    Harness stage(TICKWEIR_PLUGIN_FILE, options);
    std::uint64_t sent = 0;
    market::for_each_payload_type([&]<typename T>(const char*) {
      stage.push({OwnedEvent(T::event_type, {}),
                  OwnedEvent(T::event_type, std::vector<std::uint8_t>(sizeof(T) - 8))});
      sent += 2;
    });
    EXPECT_EQ(stage.dropped("too_short"), sent);
    EXPECT_TRUE(stage.output("reports").empty());
  }
}

TEST(OrderBookStage, PassesTicksOnToEveryOutput) {
  for (const OptionTexts& options : {match, rebuild}) {
    Harness stage(TICKWEIR_PLUGIN_FILE, options);
    stage.push({tickweir::testing::tick(99)});
    for (const char* output : {"reports", "executions", "trades", "levels", "top", "auctions", "orders"}) {
      EXPECT_EQ(stage.output(output), (std::vector{tickweir::testing::tick(99)})) << output;
    }
  }
}

TEST(OrderBookStage, RefusesOptionsOutOfRange) {
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"orders", "0"}}), "");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"mode", "guess"}}), "");
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"orders", "1"}, {"instruments", "2"}}), "");
}

}  // namespace
}  // namespace tickweir::book
