// The event header, payload access and identities.
#include <gtest/gtest.h>

#include "tickweir/market.h"
#include "tickweir/testing_events.h"

namespace {

using namespace tickweir;

TEST(Event, KeepsSourceAndNumberApart) {
  const std::uint64_t origin = make_origin(5, 77);
  EXPECT_EQ(origin_source(origin), 5U);
  EXPECT_EQ(origin_number(origin), 77U);
}

TEST(Event, WrapsTheNumberOfASourceWithoutTouchingTheSource) {
  const std::uint64_t origin = make_origin(0xFFFFFF, (std::uint64_t{1} << 40) + 3);
  EXPECT_EQ(origin_source(origin), 0xFFFFFFU);
  EXPECT_EQ(origin_number(origin), 3U);
}

TEST(Event, GivesItsPayload) {
  const auto order =
      tickweir::testing::event(market::NewOrder{.order_id = 7, .price = 100, .side = market::Side::Buy});
  EXPECT_EQ(payload<market::NewOrder>(order.header()).price, 100);
}

TEST(Event, GivesItsPayloadOnlyWhereTypeAndSizeFit) {
  using market::Cancel, market::NewOrder;
  const auto order = tickweir::testing::event(NewOrder{.order_id = 7});
  const tickweir::testing::OwnedEvent cut(NewOrder::event_type,
                                          std::vector<std::uint8_t>(sizeof(NewOrder) - 8));
  const tickweir::testing::OwnedEvent longer(NewOrder::event_type,
                                             std::vector<std::uint8_t>(sizeof(NewOrder) + 8));
  EXPECT_EQ(payload_if<NewOrder>(order.header()), &payload<NewOrder>(order.header()));
  EXPECT_NE(payload_if<NewOrder>(longer.header()), nullptr);
  EXPECT_EQ(payload_if<Cancel>(order.header()), nullptr);
  EXPECT_EQ(payload_if<NewOrder>(cut.header()), nullptr);
  EXPECT_TRUE((is_too_short<Cancel, NewOrder>(cut.header())));
  EXPECT_FALSE(is_too_short<Cancel>(cut.header()));
  EXPECT_FALSE((is_too_short<Cancel, NewOrder>(order.header())));
}

TEST(EventDeathTest, StopsWhenThePayloadIsOfAnotherType) {
  const auto cancel = tickweir::testing::event(market::Cancel{.order_id = 7});
  EXPECT_DEATH(static_cast<void>(payload<market::NewOrder>(cancel.header())), "event.type == T::event_type");
}

TEST(EventDeathTest, StopsWhenTheEventIsTooShortForItsPayload) {
  const tickweir::testing::OwnedEvent hollow(market::NewOrder::event_type, {});
  EXPECT_DEATH(static_cast<void>(payload<market::NewOrder>(hollow.header())), "event.size >= event_size<T>");
}

}  // namespace
