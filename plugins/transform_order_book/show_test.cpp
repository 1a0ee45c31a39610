// What the stage shows of the book it keeps.
#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace tickweir::book {
namespace {

using market::NewOrder;
using market::NewOrderExtended;
using market::Side;
using testing::event;
using testing::Harness;

constexpr const char* plugin = TICKWEIR_PLUGIN_FILE;

NewOrder limit(std::uint64_t id, Side side, std::int64_t price, std::uint32_t quantity, std::uint32_t account,
               std::uint8_t flags = 0) {
  return {.order_id = id,
          .price = price,
          .quantity = quantity,
          .instrument = 7,
          .account = account,
          .side = side,
          .flags = flags};
}

TEST(ShowBook, TellsNothingOfInstrumentsThatNobodyUsed) {
  const Harness stage(plugin, {{"instruments", "9"}});
  EXPECT_EQ(stage.shown(), "match: 0 orders, next match id 1\n");
}

TEST(ShowBook, TellsThatEachInstrumentOfAShardHasMatchIdsOfItsOwn) {
  const Harness stage(plugin, {{"instruments", "9"}}, {.shard = 1, .shard_count = 2});
  EXPECT_EQ(stage.shown(), "match: 0 orders, match ids of each instrument from 1\n");
}

TEST(ShowBook, TellsOrdersByInstrumentSidePriceAndTime) {
  Harness stage(plugin, {{"instruments", "9"}});
  stage.push({event(limit(1, Side::Buy, 100, 10, 7), {.time = 1}),
              event(limit(2, Side::Buy, 101, 5, 8), {.time = 2}),
              event(limit(3, Side::Buy, 100, 20, 9), {.time = 3}),
              event(limit(4, Side::Sell, 101, 8, 0), {.time = 4}),
              event(NewOrder{.order_id = 9, .price = 3, .quantity = 1, .instrument = 2, .side = Side::Sell},
                    {.time = 5})});
  EXPECT_EQ(stage.shown(),
            "match: 4 orders, next match id 2, time 5\n"
            "instrument 2: Unknown, order changes told 1\n"
            "  sell 3: 1 in 1 order\n"
            "    order 9: 1\n"
            "instrument 7: Unknown, last price 101, order changes told 5\n"
            "  buy 100: 30 in 2 orders\n"
            "    order 1: 10, account 7\n"
            "    order 3: 20, account 9\n"
            "  sell 101: 3 in 1 order\n"
            "    order 4: 3\n");
}

TEST(ShowBook, TellsWhatIsSpecialOfAnOrder) {
  Harness stage(plugin, {{"instruments", "9"}});
  const auto special = [](NewOrderExtended order) {
    order.instrument = 7;
    order.quantity = 30;
    return event(order, {.time = 1});
  };
  stage.push(
      {event(limit(1, Side::Buy, 90, 10, 7,
                   market::order_flags(market::PostOnly::Slide, market::SelfTrade::CancelOldest, true)),
             {.time = 1}),
       special({.order_id = 2,
                .price = 90,
                .side = Side::Buy,
                .time_in_force = market::TimeInForce::Day,
                .display_quantity = 10}),
       special({.order_id = 3,
                .price = 111,
                .side = Side::Buy,
                .kind = market::OrderKind::StopLimit,
                .stop_price = 110}),
       special({.order_id = 4,
                .side = Side::Sell,
                .kind = market::OrderKind::Stop,
                .time_in_force = market::TimeInForce::GoodTillDate,
                .stop_price = 80,
                .protection = 5,
                .expiry_time = 99})});
  EXPECT_EQ(stage.shown(),
            "match: 4 orders, next match id 1, time 1\n"
            "instrument 7: Unknown, order changes told 2\n"
            "  buy 90: 20 in 2 orders\n"
            "    order 1: 10, account 7, post-only Slide, own orders CancelOldest, until disconnected\n"
            "    order 2: 10 of 30, shows 10, Day\n"
            "  stops at 110: 30 in 1 order\n"
            "    order 3: 30, to buy, then limit 111\n"
            "  stops at 80: 30 in 1 order\n"
            "    order 4: 30, to sell, then market, protection 5, until 99\n");
}

TEST(ShowBook, TellsStateRulesAndTheAuction) {
  Harness stage(plugin, {{"instruments", "9"}});
  stage.push({event(market::InstrumentRules{.instrument = 7,
                                            .lot_size = 5,
                                            .tick_size = 2,
                                            .reference_price = 100,
                                            .price_band = 50,
                                            .max_notional = 9000,
                                            .max_quantity = 100,
                                            .max_orders_per_account = 3},
                    {.time = 1}),
              event(market::TradingStatus{.instrument = 7, .state = market::TradingState::OpeningAuction},
                    {.time = 2}),
              event(limit(1, Side::Buy, 102, 10, 1), {.time = 3}),
              event(limit(2, Side::Sell, 100, 15, 2), {.time = 4})});
  EXPECT_EQ(stage.shown(),
            "match: 2 orders, next match id 1, time 4\n"
            "instrument 7: OpeningAuction, reference price 100, order changes told 2\n"
            "  rules tick 2, lot 5, price band 50, notional up to 9000, quantity up to 100, orders of an "
            "account up to 3\n"
            "  auction would trade 10 at 100, surplus 5\n"
            "  buy 102: 10 in 1 order\n"
            "    order 1: 10, account 1\n"
            "  sell 100: 15 in 1 order\n"
            "    order 2: 15, account 2\n");
}

TEST(ShowBook, TellsWhatIsRebuilt) {
  Harness stage(plugin, {{"mode", "rebuild"}, {"instruments", "9"}});
  stage.push({event(limit(1, Side::Buy, 100, 10, 0), {.time = 1})});
  EXPECT_EQ(stage.shown(),
            "rebuild: 1 order, next match id 1\n"
            "instrument 7: Unknown, order changes told 1\n"
            "  buy 100: 10 in 1 order\n"
            "    order 1: 10\n");
}

}  // namespace
}  // namespace tickweir::book
