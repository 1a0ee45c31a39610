// Market events as text: every type, every oddity, and nothing that could break a line out of its line.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "tickweir/market_text.h"
#include "tickweir/testing_events.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;

struct Text {
  void put(std::string_view more) { whole += more; }
  std::string whole;
};
std::string json(const Event& event) {
  Text text;
  market::append_json(text, event);
  return text.whole;
}
std::string csv(const Event& event) {
  Text text;
  return market::append_csv_row(text, event) ? text.whole : "none, and put \"" + text.whole + "\"";
}
std::string header(std::string_view name) {
  Text text;
  market::append_csv_header(text, market::event_type_named(name));
  return text.whole;
}
market::Instrument named(std::string_view name) {
  market::Instrument about{.instrument = 7, .lot_size = 100, .price_unit = 1};
  std::memset(about.name, ' ', sizeof about.name);
  std::memcpy(about.name, name.data(), name.size());
  return about;
}

TEST(MarketText, NamesAndNumbersOfTypesAreInverse) {
  int count = 0;
  market::for_each_payload_type([&count]<typename T>(const char* name) {
    EXPECT_EQ(market::event_name(T::event_type), name);
    EXPECT_EQ(market::event_type_named(name), T::event_type);
    ++count;
  });
  EXPECT_GE(count, 17);
  EXPECT_EQ(market::event_name(event_type_tick), "Tick");
  EXPECT_EQ(market::event_name(999), "");
  EXPECT_EQ(market::event_type_named("newOrder"), 0);
  EXPECT_EQ(market::event_type_named(""), 0);
}

TEST(MarketText, ShowsANewOrderAsJson) {
  const auto order = event(market::NewOrder{.order_id = 9,
                                            .price = -5,
                                            .quantity = 100,
                                            .instrument = 7,
                                            .account = 3,
                                            .side = market::Side::Sell,
                                            .kind = market::OrderKind::Market,
                                            .time_in_force = market::TimeInForce::ImmediateOrCancel},
                           {.time = 1'767'623'400'000'000'001, .origin = make_origin(2, 5), .sequence = 4});
  EXPECT_EQ(
      json(order),
      R"({"time":1767623400000000001,"sequence":4,"source":2,"number":5,"type":"NewOrder","order_id":9,)"
      R"("price":-5,"quantity":100,"instrument":7,"account":3,"side":"Sell","kind":"Market",)"
      R"("time_in_force":"ImmediateOrCancel","flags":0})");
}

TEST(MarketText, ShowsTheLargestNumbersInFull) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const auto cancel =
      event(market::Cancel{.order_id = most, .instrument = 0xffff'ffff, .account = 0xffff'ffff},
            {.time = most, .origin = most, .sequence = most});
  EXPECT_EQ(csv(cancel),
            "18446744073709551615,18446744073709551615,16777215,1099511627775,18446744073709551615,"
            "4294967295,4294967295");
  const auto order = event(market::NewOrder{.price = std::numeric_limits<std::int64_t>::min()});
  EXPECT_EQ(csv(order), "0,0,0,0,0,-9223372036854775808,0,0,0,None,Limit,GoodTillCancel,0");
}

TEST(MarketText, ShowsAnEnumWithoutANameAsItsNumber) {
  const auto order = event(market::NewOrder{.side = static_cast<market::Side>(9)});
  EXPECT_NE(json(order).find(R"("side":9,)"), std::string::npos);
  EXPECT_EQ(csv(order), "0,0,0,0,0,0,0,0,0,9,Limit,GoodTillCancel,0");
}

TEST(MarketText, TrimsByteArrays) {
  EXPECT_NE(json(event(named("AAPL"))).find(R"("name":"AAPL"})"), std::string::npos);
  EXPECT_NE(json(event(named(std::string_view("A B\0\0", 5)))).find(R"("name":"A B"})"), std::string::npos);
  EXPECT_NE(json(event(market::Instrument{})).find(R"("name":""})"), std::string::npos);
}

TEST(MarketText, EscapesWhatWouldBreakJson) {
  const std::string found = json(event(named(std::string_view("\"\\\n\0\x7f\xff{}", 8))));
  EXPECT_NE(found.find(R"("name":"\"\\\u000a\u0000\u007f\u00ff{}"})"), std::string::npos) << found;
}

TEST(MarketText, QuotesWhatWouldBreakCsv) {
  EXPECT_EQ(csv(event(named("a,\"b\r\nc"))), "0,0,0,0,7,100,1,\"a,\"\"b\r\nc\"");
  EXPECT_EQ(csv(event(named("a b"))), "0,0,0,0,7,100,1,a b");
}

TEST(MarketText, LeavesReservedFieldsOut) {
  EXPECT_EQ(header("Reduce"), "time,sequence,source,number,order_id,quantity,instrument,account");
  EXPECT_EQ(json(event(market::Reduce{.reserved = 5})).find("reserved"), std::string::npos);
}

TEST(MarketText, RowsHaveAsManyFieldsAsTheirHeader) {
  market::for_each_payload_type([]<typename T>(const char* name) {
    EXPECT_EQ(std::ranges::count(csv(event(T{})), ','), std::ranges::count(header(name), ',')) << name;
  });
}

TEST(MarketText, ShowsTheItemsOfABundle) {
  std::vector<std::uint8_t> bytes(sizeof(market::Bundle) + 2 * sizeof(market::BundleItem));
  const market::Bundle bundle{.bundle_id = 3, .first_time = 1, .last_time = 2, .quantity = 30, .count = 2};
  const market::BundleItem items[] = {{.match_id = 5, .price = 10, .quantity = 20, .instrument = 1},
                                      {.match_id = 6, .price = 11, .quantity = 10, .instrument = 1}};
  std::memcpy(bytes.data(), &bundle, sizeof bundle);
  std::memcpy(bytes.data() + sizeof bundle, items, sizeof items);
  EXPECT_EQ(json(OwnedEvent(market::Bundle::event_type, bytes)),
            R"({"time":0,"sequence":0,"source":0,"number":0,"type":"Bundle","bundle_id":3,"first_time":1,)"
            R"("last_time":2,"quantity":30,"count":2,"items":[)"
            R"({"match_id":5,"price":10,"maker_order_id":0,"taker_order_id":0,)"
            R"("sequence":0,"time":0,"quantity":20,"instrument":1},)"
            R"({"match_id":6,"price":11,"maker_order_id":0,"taker_order_id":0,)"
            R"("sequence":0,"time":0,"quantity":10,"instrument":1}]})");
}

TEST(MarketText, DoesNotBelieveTheCountOfABundle) {
  const auto lying = event(market::Bundle{.count = 0xffff'ffff});  // no item follows
  EXPECT_TRUE(json(lying).ends_with(R"("count":4294967295,"items":[]})"));
}

TEST(MarketText, ShowsTicksAndWhatItDoesNotKnow) {
  EXPECT_EQ(json(tick(5)), R"({"time":5,"sequence":0,"source":0,"number":0,"type":"Tick"})");
  EXPECT_EQ(json(OwnedEvent(999, std::vector<std::uint8_t>{0, 255, 16})),
            R"({"time":0,"sequence":0,"source":0,"number":0,"type":"#999","payload":"00ff100000000000"})");
  EXPECT_EQ(json(OwnedEvent(999, {})),
            R"({"time":0,"sequence":0,"source":0,"number":0,"type":"#999","payload":""})");
  EXPECT_EQ(csv(tick(5)), "none, and put \"\"");
}

TEST(MarketText, AnEventTooShortForItsTypeIsNotKnown) {
  const OwnedEvent torn(market::NewOrder::event_type, std::vector<std::uint8_t>(8));
  EXPECT_TRUE(json(torn).ends_with(R"("type":"#256","payload":"0000000000000000"})"));
  EXPECT_EQ(csv(torn), "none, and put \"\"");
}

}  // namespace
