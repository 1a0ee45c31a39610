// Rows as values, and what is said of rows that are none.
#include <gtest/gtest.h>

#include "lobster_rows.h"

namespace tickweir::lobster {
namespace {

std::string fault_of(std::string_view row) {
  try {
    parse_message(row);
    return "none";
  } catch (const RowFault& fault) {
    return std::to_string(fault.column) + ": " + fault.what;
  }
}
std::string book_fault_of(std::string_view row) {
  BookRow parsed;
  try {
    parse_book(row, parsed);
    return "none";
  } catch (const RowFault& fault) {
    return std::to_string(fault.column) + ": " + fault.what;
  }
}

TEST(LobsterMessage, IsWhatItsColumnsSay) {
  const Message message = parse_message("34713.685155243,1,206833312,100,118600,-1");
  EXPECT_EQ(message.time, 34'713'685'155'243U);
  EXPECT_EQ(message.type, MessageType::submission);
  EXPECT_EQ(message.order_id, 206'833'312U);
  EXPECT_EQ(message.size, 100U);
  EXPECT_EQ(message.price, 118'600);
  EXPECT_EQ(message.side, market::Side::Sell);
}

TEST(LobsterMessage, HasTimesOfAnyPrecisionUpToANanosecond) {
  EXPECT_EQ(parse_message("34200,3,1,1,1,1").time, 34'200'000'000'000U);
  EXPECT_EQ(parse_message("34200.,3,1,1,1,1").time, 34'200'000'000'000U);
  EXPECT_EQ(parse_message("34200.123,3,1,1,1,1").time, 34'200'123'000'000U);
  EXPECT_EQ(parse_message("0.000000001,3,1,1,1,1").time, 1U);
  EXPECT_EQ(parse_message("86399.999999999,3,1,1,1,1").time, 86'399'999'999'999U);
}

TEST(LobsterMessage, NamesNoOrderWhereItIsATradeOrAHalt) {
  EXPECT_EQ(parse_message("34200.1,5,0,100,118600,1").order_id, 0U);
  EXPECT_EQ(parse_message("34200.1,6,-1,15463,118600,-1").order_id, 0U);
  EXPECT_EQ(parse_message("34200.1,6,-1,0,118600,-1").size, 0U);
  EXPECT_EQ(parse_message("34200.1,7,0,0,-1,-1").price, -1);
}

TEST(LobsterMessage, MayHaveASeventhColumn) {
  EXPECT_EQ(fault_of("34200.1,1,1,100,118600,1,null"), "none");
  EXPECT_EQ(fault_of("34200.1,1,1,100,118600,1,null,x"), "31: an eighth column, expected the row to end");
}

TEST(LobsterMessage, SaysWhatIsWrongAndWhere) {
  constexpr const char* time = "expected the time, seconds of the day with at most 9 decimals";
  for (const char* text :
       {"", "Time", "-1", "86400", "99999999999999999999", "1e4", "1.1234567890", "1.5x", ".5"}) {
    EXPECT_EQ(fault_of(std::string(text) + ",1,1,1,1,1"), "1: \"" + std::string(text) + "\", " + time);
  }
  EXPECT_EQ(fault_of(""), std::string("1: \"\", ") + time);
  EXPECT_EQ(fault_of("1,8,1,1,1,1"), "3: \"8\", expected the type, a whole number from 1 to 7");
  EXPECT_EQ(fault_of("1,3,0,1,1,1"),
            "5: \"0\", expected the order id, a whole number from 1 to 9223372036854775807");
  EXPECT_EQ(fault_of("1,3,9223372036854775808,1,1,1").substr(0, 27), "5: \"9223372036854775808\", e");
  EXPECT_EQ(fault_of("1,3,1,0,1,1"), "7: \"0\", expected the size, a whole number from 1 to 134217727");
  EXPECT_EQ(fault_of("1,3,1,1,0,1"), "9: \"0\", expected the price, a whole number from 1 to 68719476736");
  EXPECT_EQ(fault_of("1,7,0,0,2,1"), "9: \"2\", expected the state, a whole number from -1 to 1");
  EXPECT_EQ(fault_of("1,3,1,1,1,0"), "11: \"0\", expected the direction, 1 to buy or -1 to sell");
  EXPECT_EQ(fault_of("1,3,1,1,1"), "10: the row ends, expected the direction, 1 to buy or -1 to sell");
  EXPECT_EQ(fault_of(std::string_view("1,3\0,1,1,1,1", 12)),
            "3: \"3?\", expected the type, a whole number from 1 to 7");
  EXPECT_EQ(fault_of("1," + std::string(50, '1') + ",1,1,1,1"),
            "3: \"111111111111111111111111...\", expected the type, a whole number from 1 to 7");
}

TEST(LobsterBook, HasBothSidesFromTheBest) {
  BookRow row;
  parse_book("1186600,9484,118500,8800,1186700,22700,118400,14930", row);
  EXPECT_EQ(row.depth, 2U);
  ASSERT_EQ(row.asks.size(), 2U);
  EXPECT_EQ(row.asks[1].price, 1'186'700);
  EXPECT_EQ(row.asks[1].size, 22'700U);
  ASSERT_EQ(row.bids.size(), 2U);
  EXPECT_EQ(row.bids[0].price, 118'500);
  EXPECT_EQ(row.bids[0].column, 14U);
}

TEST(LobsterBook, LeavesOutLevelsThatAreNotThere) {
  BookRow row;
  parse_book("100,1,-9999999999,0,9999999999,0,-9999999999,0", row);
  EXPECT_EQ(row.depth, 2U);
  EXPECT_EQ(row.asks.size(), 1U);
  EXPECT_TRUE(row.bids.empty());
}

TEST(LobsterBook, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(book_fault_of("100,1,90"), "9: the row ends, expected the size of a level");
  EXPECT_EQ(book_fault_of("100,1,90,1,"),
            "12: \"\", expected an ask price, a whole number from -9999999999 to 68719476736");
  EXPECT_EQ(book_fault_of("100,1,90,1,100,1,80,1"), "12: 100, expected a price above 100");
  EXPECT_EQ(book_fault_of("100,1,90,1,101,1,91,1"), "18: 91, expected a price below 90");
  EXPECT_EQ(book_fault_of("-5,1,90,1"), "1: -5, expected a price above 0");
  EXPECT_EQ(book_fault_of("9999999999,0,90,1,100,1,80,1"), "19: a level behind an empty one, expected none");
  EXPECT_EQ(book_fault_of("100,134217728,90,1"),
            "5: \"134217728\", expected the size of a level, a whole number from 0 to 134217727");
}

}  // namespace
}  // namespace tickweir::lobster
