// What market::validate says of requests, field by field.
#include "tickweir/market.h"

#include <gtest/gtest.h>

namespace tickweir::market {
namespace {

NewOrderExtended plain(OrderKind kind = OrderKind::Limit,
                       TimeInForce time_in_force = TimeInForce::GoodTillCancel) {
  return {.order_id = 1,
          .price = has_limit(kind) ? 100 : 0,
          .quantity = 10,
          .instrument = 1,
          .side = Side::Buy,
          .kind = kind,
          .time_in_force = time_in_force,
          .stop_price = is_stop(kind) ? 90 : 0};
}
// Of `order` after `change`.
template <typename Change>
RejectReason judged(NewOrderExtended order, Change&& change) {
  change(order);
  return validate(order);
}

TEST(Validation, TakesEveryKindWithEveryTimeThatSuitsIt) {
  for (const auto kind : {OrderKind::Limit, OrderKind::Market, OrderKind::Stop, OrderKind::StopLimit}) {
    for (const auto time : {TimeInForce::GoodTillCancel, TimeInForce::ImmediateOrCancel,
                            TimeInForce::FillOrKill, TimeInForce::Day}) {
      const bool is_fine = !is_stop(kind) || may_rest(time);
      EXPECT_EQ(validate(plain(kind, time)), is_fine ? RejectReason::None : RejectReason::InvalidTimeInForce);
    }
  }
}

TEST(Validation, LeavesTheExtendedFormWhatTheShortOneCannotSay) {
  NewOrder order{.order_id = 1, .price = 100, .quantity = 10, .instrument = 1, .side = Side::Sell};
  EXPECT_EQ(validate(order), RejectReason::None);
  EXPECT_EQ(validate(extended(order)), RejectReason::None);
  order.kind = OrderKind::StopLimit;
  EXPECT_EQ(validate(order), RejectReason::InvalidKind);
  order.kind = OrderKind::Limit;
  order.time_in_force = TimeInForce::GoodTillDate;
  EXPECT_EQ(validate(order), RejectReason::InvalidTimeInForce);
}

TEST(Validation, TakesAnExpiryTimeWithGoodTillDateOnly) {
  EXPECT_EQ(judged(plain(), [](auto& order) { order.expiry_time = 5; }), RejectReason::InvalidExpiry);
  EXPECT_EQ(validate(plain(OrderKind::Limit, TimeInForce::GoodTillDate)), RejectReason::InvalidExpiry);
  EXPECT_EQ(
      judged(plain(OrderKind::Limit, TimeInForce::GoodTillDate), [](auto& order) { order.expiry_time = 5; }),
      RejectReason::None);
}

TEST(Validation, TakesAStopPriceWithStopsOnly) {
  EXPECT_EQ(judged(plain(), [](auto& order) { order.stop_price = 5; }), RejectReason::InvalidStopPrice);
  for (const std::int64_t price : {std::int64_t{0}, std::int64_t{-1}, price_max + 1}) {
    EXPECT_EQ(judged(plain(OrderKind::Stop), [price](auto& order) { order.stop_price = price; }),
              RejectReason::InvalidStopPrice);
  }
}

TEST(Validation, TakesProtectionWithOrdersWithoutALimitOnly) {
  EXPECT_EQ(judged(plain(OrderKind::Market), [](auto& order) { order.protection = 5; }), RejectReason::None);
  EXPECT_EQ(judged(plain(OrderKind::Stop), [](auto& order) { order.protection = 5; }), RejectReason::None);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.protection = 5; }), RejectReason::InvalidProtection);
  EXPECT_EQ(judged(plain(OrderKind::Market), [](auto& order) { order.protection = -5; }),
            RejectReason::InvalidProtection);
}

TEST(Validation, BoundsMinimumAndDisplayByTheQuantity) {
  const auto immediate = plain(OrderKind::Limit, TimeInForce::ImmediateOrCancel);
  EXPECT_EQ(judged(immediate, [](auto& order) { order.minimum_quantity = 10; }), RejectReason::None);
  EXPECT_EQ(judged(immediate, [](auto& order) { order.minimum_quantity = 11; }),
            RejectReason::InvalidMinimumQuantity);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.minimum_quantity = 1; }),
            RejectReason::InvalidMinimumQuantity);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.display_quantity = 10; }), RejectReason::None);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.display_quantity = 11; }),
            RejectReason::InvalidDisplayQuantity);
  const auto with_parts = [](std::uint32_t quantity) {
    return [quantity](auto& order) { order.quantity = quantity, order.display_quantity = 3; };
  };
  EXPECT_EQ(judged(plain(), with_parts(3 * parts_max)), RejectReason::None);
  EXPECT_EQ(judged(plain(), with_parts(3 * parts_max + 1)), RejectReason::InvalidDisplayQuantity);
  EXPECT_EQ(judged(immediate, [](auto& order) { order.display_quantity = 1; }),
            RejectReason::InvalidDisplayQuantity);
}

TEST(Validation, TakesFlagsThatMeanSomethingTogether) {
  const auto post_only = [](auto& order) { order.flags = order_flags(PostOnly::Slide); };
  EXPECT_EQ(judged(plain(), post_only), RejectReason::None);
  EXPECT_EQ(judged(plain(OrderKind::Market), post_only), RejectReason::InvalidFlags);
  EXPECT_EQ(judged(plain(OrderKind::StopLimit), post_only), RejectReason::InvalidFlags);
  EXPECT_EQ(judged(plain(OrderKind::Limit, TimeInForce::FillOrKill), post_only), RejectReason::InvalidFlags);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.flags = 3; }), RejectReason::InvalidFlags);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.flags = 5 << 2; }), RejectReason::InvalidFlags);
  EXPECT_EQ(judged(plain(), [](auto& order) { order.flags = 64; }), RejectReason::InvalidFlags);
}

TEST(Validation, ReadsBackTheFlagsThatItMakes) {
  const std::uint8_t flags = order_flags(PostOnly::Slide, SelfTrade::Decrement, true);
  EXPECT_EQ(post_only_of(flags), PostOnly::Slide);
  EXPECT_EQ(self_trade_of(flags), SelfTrade::Decrement);
  EXPECT_TRUE(cancels_on_disconnect(flags));
  EXPECT_FALSE(cancels_on_disconnect(order_flags(PostOnly::Slide, SelfTrade::Decrement)));
}

TEST(Validation, JudgesWhatTheVenueItselfSends) {
  EXPECT_EQ(validate(MassCancel{.account = 7}), RejectReason::None);
  EXPECT_EQ(validate(MassCancel{.instrument = 1}), RejectReason::InvalidAccount);
  EXPECT_EQ(validate(MassCancel{.account = 7, .reason = CancelReason::SelfTrade}), RejectReason::InvalidKind);
  EXPECT_EQ(validate(InstrumentCancel{}), RejectReason::InvalidInstrument);
  EXPECT_EQ(validate(SnapshotRequest{}), RejectReason::InvalidInstrument);
  EXPECT_EQ(validate(TradingStatus{.instrument = 1, .state = TradingState::ClosingAuction}),
            RejectReason::None);
  EXPECT_EQ(validate(TradingStatus{.instrument = 1, .state = static_cast<TradingState>(8)}),
            RejectReason::InvalidState);
  EXPECT_EQ(validate(InstrumentRules{.instrument = 1, .tick_size = -1}), RejectReason::InvalidRules);
}

}  // namespace
}  // namespace tickweir::market
