// What is made of messages when the orderbook file says what they leave out.
#include <gtest/gtest.h>

#include "resting_orders.h"

namespace tickweir::lobster {
namespace {

// An event in few letters, unknown orders as ?.
std::string text(const MarketEvent& event) {
  const auto id = [](std::uint64_t number) { return number < reserved_ids ? std::to_string(number) : "?"; };
  if (const auto* order = std::get_if<market::NewOrder>(&event)) {
    return "new " + id(order->order_id) + (order->side == market::Side::Buy ? " buy " : " sell ") +
           std::to_string(order->quantity) + "@" + std::to_string(order->price);
  }
  if (const auto* cancel = std::get_if<market::Cancel>(&event)) return "cancel " + id(cancel->order_id);
  if (const auto* reduce = std::get_if<market::Reduce>(&event)) {
    return "reduce " + id(reduce->order_id) + " by " + std::to_string(reduce->quantity);
  }
  if (const auto* replace = std::get_if<market::Replace>(&event)) {
    return "replace " + id(replace->order_id) + " by " + std::to_string(replace->quantity) + "@" +
           std::to_string(replace->price);
  }
  if (const auto* traded = std::get_if<market::VenueExecution>(&event)) {
    return "execute " + id(traded->order_id) + " by " + std::to_string(traded->quantity);
  }
  return "other";
}

class Orders {
 public:
  void begin(std::string_view row, std::string_view message) {
    parse_book(row, row_);
    orders_.begin(row_, parse_message(message));
  }
  // Of a message and the row behind it.
  void read(std::string_view message, std::string_view row) {
    orders_.apply(parse_message(message));
    parse_book(row, row_);
    surfaced += orders_.follow(row_, [&](std::size_t column, const std::string& what) {
      told = std::to_string(column) + ": " + what;
    });
  }
  std::string take_events() {
    std::string all;
    for (const MarketEvent& event : events_) all += (all.empty() ? "" : ", ") + text(event);
    events_.clear();
    return all;
  }

  std::uint64_t surfaced = 0;
  std::string told;

 private:
  std::vector<MarketEvent> events_;
  RestingOrders orders_{1, events_};
  BookRow row_;
};

TEST(RestingOrders, BeginWithTheBookBeforeTheFirstMessage) {
  Orders orders;
  orders.begin("200,70,100,50", "1,1,9,20,200,-1");
  EXPECT_EQ(orders.take_events(), "new ? sell 50@200, new ? buy 50@100");
  orders.read("1,1,9,20,200,-1", "200,70,100,50");
  EXPECT_EQ(orders.take_events(), "new 9 sell 20@200");
  EXPECT_EQ(orders.surfaced, 0U);
  EXPECT_EQ(orders.told, "");
}

TEST(RestingOrders, BeginWithTheOrderThatTheFirstMessageEnds) {
  Orders orders;
  orders.begin("200,70,100,50", "1,4,9,20,100,1");
  EXPECT_EQ(orders.take_events(), "new ? sell 70@200, new ? buy 70@100");
  orders.read("1,4,9,20,100,1", "200,70,100,50");
  EXPECT_EQ(orders.take_events(), "execute ? by 20");
  EXPECT_EQ(orders.told, "");
  Orders emptied;
  emptied.begin("200,70,90,50", "1,3,9,20,100,1");
  emptied.take_events();
  emptied.read("1,3,9,20,100,1", "200,70,90,50");
  EXPECT_EQ(emptied.take_events(), "new ? buy 20@100, reduce ? by 20");
  EXPECT_EQ(emptied.told, "");
}

TEST(RestingOrders, GiveWhatMessagesNameToTheUnknownOrderOfThatPriceUnlessItWasEntered) {
  Orders orders;
  orders.begin("200,70,100,50", "1,1,9,20,200,-1");
  orders.read("1,1,9,20,200,-1", "200,70,100,50");
  orders.take_events();
  orders.read("2,2,3,5,200,-1", "200,65,100,50");
  orders.read("3,3,4,5,200,-1", "200,60,100,50");
  orders.read("4,4,5,5,200,-1", "200,55,100,50");
  orders.read("5,3,9,20,200,-1", "200,35,100,50");
  EXPECT_EQ(orders.take_events(), "reduce ? by 5, reduce ? by 5, execute ? by 5, cancel 9");
  EXPECT_EQ(orders.told, "");
}

TEST(RestingOrders, TakeInWhatSurfaces) {
  Orders orders;
  orders.begin("200,70,100,50", "1,3,9,20,200,-1");
  orders.read("1,3,9,20,200,-1", "200,70,100,50");
  orders.take_events();
  orders.read("2,3,8,70,200,-1", "300,10,100,50");
  EXPECT_EQ(orders.take_events(), "reduce ? by 70, new ? sell 10@300");
  EXPECT_EQ(orders.surfaced, 1U);
  EXPECT_EQ(orders.told, "");
}

TEST(RestingOrders, KeepTheOrdersOfALevelThatComesBackAsItWent) {
  Orders orders;
  orders.begin("300,10,100,50", "1,1,9,10,300,-1");
  orders.read("1,1,9,10,300,-1", "300,10,100,50");
  orders.read("2,1,10,5,200,-1", "200,5,100,50");
  orders.take_events();
  orders.read("3,3,10,5,200,-1", "300,10,100,50");
  EXPECT_EQ(orders.take_events(), "cancel 10");
  EXPECT_EQ(orders.surfaced, 0U);
}

TEST(RestingOrders, ForgetTheOrdersOfALevelThatComesBackWithLess) {
  Orders orders;
  orders.begin("300,10,100,50", "1,1,9,10,300,-1");
  orders.read("1,1,9,10,300,-1", "300,10,100,50");
  orders.read("2,1,10,5,200,-1", "200,5,100,50");
  orders.take_events();
  orders.read("3,3,10,5,200,-1", "300,7,100,50");
  EXPECT_EQ(orders.take_events(), "cancel 10, cancel 9, new ? sell 7@300");
  orders.read("4,3,9,7,300,-1", "400,7,100,50");
  EXPECT_EQ(orders.take_events(), "reduce ? by 7, new ? sell 7@400");
  EXPECT_EQ(orders.surfaced, 2U);
  EXPECT_EQ(orders.told, "");
}

TEST(RestingOrders, TakeWhatAMessageNamesOffTheWholeLevelWhenOthersHaveLeftUnseen) {
  Orders orders;
  orders.begin("300,10,100,50", "1,1,9,10,300,-1");
  orders.read("1,1,9,10,300,-1", "300,10,100,50");
  orders.read("2,1,10,5,200,-1", "200,5,100,50");
  orders.read("3,3,10,5,200,-1", "300,10,100,50");  // by now 6 of another order and 4 of 9
  orders.take_events();
  orders.read("4,3,77,6,300,-1", "300,4,100,50");
  EXPECT_EQ(orders.take_events(), "cancel 9, new ? sell 10@300, reduce ? by 6");
  EXPECT_EQ(orders.told, "");
}

TEST(RestingOrders, TakeNoMoreThanAMessageSaysOffALevel) {
  Orders orders;
  orders.begin("300,10,100,50", "1,1,9,10,300,-1");
  orders.read("1,1,9,10,300,-1", "300,10,100,50");
  orders.take_events();
  orders.read("2,3,9,4,300,-1", "300,6,100,50");
  EXPECT_EQ(orders.take_events(), "cancel 9, new ? sell 6@300");
  Orders more;
  more.begin("300,15,100,50", "1,1,9,10,300,-1");
  more.read("1,1,9,10,300,-1", "300,15,100,50");
  more.take_events();
  more.read("2,4,9,12,300,-1", "300,3,100,50");
  EXPECT_EQ(more.take_events(), "execute 9 by 10, execute ? by 2");
  EXPECT_EQ(orders.told + more.told, "");
}

TEST(RestingOrders, EndALevelThatLeftUnseen) {
  Orders orders;
  orders.begin("300,10,100,50", "1,1,9,10,300,-1");
  orders.read("1,1,9,10,300,-1", "300,10,100,50");
  orders.read("2,1,10,5,200,-1", "200,5,100,50");
  orders.take_events();
  orders.read("3,3,10,5,200,-1", "400,7,100,50");
  EXPECT_EQ(orders.take_events(), "cancel 10, cancel 9, new ? sell 7@400");
}

TEST(RestingOrders, TellOfALevelInViewThatIsNotWhatTheMessagesMadeAndCorrectIt) {
  Orders orders;
  orders.begin("200,70,100,50", "1,3,9,20,200,-1");
  orders.read("1,3,9,20,200,-1", "200,70,100,50");
  orders.take_events();
  orders.read("2,2,9,20,200,-1", "200,70,100,50");
  EXPECT_EQ(orders.told, "1: ask 200 holds 70, expected 50 by the messages");
  EXPECT_EQ(orders.take_events(), "reduce ? by 20, replace ? by 70@200");
  orders.read("2,7,0,0,-1,-1", "200,70,100,40");
  EXPECT_EQ(orders.told, "8: bid 100 holds 40, expected 50 by the messages");
  orders.take_events();
  orders.read("2,7,0,0,-1,-1", "200,70,90,40");
  EXPECT_EQ(orders.take_events(), "other, reduce ? by 40, new ? buy 40@90");
}

TEST(RestingOrders, KnowTheWholeSideWhereARowHasRoomLeft) {
  Orders orders;
  orders.begin("200,70,100,50,9999999999,0,90,10", "1,1,9,20,200,-1");
  orders.read("1,1,9,20,200,-1", "200,70,100,50,9999999999,0,90,10");
  orders.read("2,7,0,0,1,-1", "200,70,100,50,300,5,90,10");
  EXPECT_EQ(orders.told, "15: ask 300 holds 5, expected 0 by the messages");
}

}  // namespace
}  // namespace tickweir::lobster
