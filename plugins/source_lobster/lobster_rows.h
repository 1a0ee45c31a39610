// The rows of LOBSTER's two files as plain values.
//
//   message:    seconds of the day, type, order id, size, price, direction of the resting order
//   orderbook:  ask price, ask size, bid price, bid size of the best level, then of the next ...
//
// Source of the format: lobsterdata.com/info/DataStructure.php. Row k of the orderbook file is the book after
// row k of the message file. A seventh column of a message row, which some files have, is passed over.
//
// Threading: pure functions; any thread. Ownership: nothing is kept of the text.
// Errors:    a row that is not as it should be is thrown as a RowFault.
// Units:     prices in 1/10000 of the currency, sizes in shares, time in ns since midnight.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/market.h"

namespace tickweir::lobster {

enum class MessageType : std::uint8_t {
  submission = 1,
  partial_cancel = 2,
  deletion = 3,
  execution = 4,
  hidden_execution = 5,
  cross_trade = 6,
  halt = 7
};
inline constexpr std::array type_names{"submission",       "partial_cancel", "deletion", "execution",
                                       "hidden_execution", "cross_trade",    "halt"};

struct Message {
  std::uint64_t time = 0;
  MessageType type{};
  std::uint64_t order_id = 0;  // 0 where none is named: hidden executions, crosses, halts
  std::uint64_t size = 0;
  std::int64_t price = 0;  // of a halt: -1 halted, 0 quotes are taken, 1 trading goes on
  market::Side side{};     // of the order that rests
};

struct BookLevel {
  std::int64_t price = 0;
  std::uint32_t size = 0;
  std::size_t column = 0;  // of its price in the row
};
struct BookRow {
  std::vector<BookLevel> asks;  // from the best
  std::vector<BookLevel> bids;
  std::size_t depth = 0;  // so many of each side the row has room for
};

// What is wrong with a row, and where: the column in characters, from 1.
struct RowFault {
  std::size_t column;
  std::string what;
};

// Orders that the messages never entered have ids from here on in the events; no file has such ids.
constexpr std::uint64_t reserved_ids = std::uint64_t{1} << 63;
// The price of a level that is not there.
constexpr std::int64_t no_price = 9'999'999'999;

namespace detail {

// What of a text is shown in an error: printable, and not all of it.
inline std::string shown(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text.substr(0, 24)) out += letter >= ' ' && letter <= '~' ? letter : '?';
  return out + (text.size() > 24 ? "...\"" : "\"");
}

// Takes the fields of a row one after the other.
class Fields {
 public:
  explicit Fields(std::string_view row) : row_(row) {}

  [[nodiscard]] bool at_end() const { return at_ > row_.size(); }
  // Of the field taken last.
  [[nodiscard]] std::size_t column() const { return column_ + 1; }
  [[noreturn]] void fail(const std::string& what) const { throw RowFault{column(), what}; }

  std::string_view next(const char* what) {
    column_ = std::min(at_, row_.size());
    if (at_end()) fail(std::string("the row ends, expected ") + what);
    const std::size_t end = std::min(row_.find(',', at_), row_.size());
    const std::string_view field = row_.substr(at_, end - at_);
    at_ = end + 1;
    return field;
  }

  std::int64_t number(const char* what, std::int64_t low, std::int64_t high) {
    const std::string_view field = next(what);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size() || value < low || value > high) {
      fail(shown(field) + ", expected " + what + ", a whole number from " + std::to_string(low) + " to " +
           std::to_string(high));
    }
    return value;
  }

  // Decimal seconds of a day in ns; no more than nine decimals.
  std::uint64_t seconds() {
    constexpr const char* what = "the time, seconds of the day with at most 9 decimals";
    const std::string_view field = next(what);
    const char* const end = field.data() + field.size();
    std::uint32_t whole = 0;
    const auto [point, error] = std::from_chars(field.data(), end, whole);
    std::uint64_t nanoseconds = 0;
    const char* last = point;
    if (error == std::errc{} && point != end && *point == '.') {
      std::uint64_t unit = 100'000'000;
      for (++last; last != end && *last >= '0' && *last <= '9' && unit != 0; ++last, unit /= 10) {
        nanoseconds += static_cast<std::uint64_t>(*last - '0') * unit;
      }
    }
    if (error != std::errc{} || last != end || whole >= 86'400) fail(shown(field) + ", expected " + what);
    return whole * 1'000'000'000ULL + nanoseconds;
  }

 private:
  std::string_view row_;
  std::size_t at_ = 0;
  std::size_t column_ = 0;
};

// Takes one side of a level. An empty one has no other behind it.
inline void take_level(Fields& fields, bool is_ask, bool& is_over, std::vector<BookLevel>& levels) {
  const std::int64_t price =
      fields.number(is_ask ? "an ask price" : "a bid price", -no_price, market::price_max);
  const std::size_t column = fields.column();
  const std::int64_t size = fields.number("the size of a level", 0, market::quantity_max);
  if (price == no_price || price == -no_price || size == 0) {
    is_over = true;
    return;
  }
  if (price <= 0) throw RowFault{column, std::to_string(price) + ", expected a price above 0"};
  if (is_over) throw RowFault{column, "a level behind an empty one, expected none"};
  if (!levels.empty() && (is_ask ? price <= levels.back().price : price >= levels.back().price)) {
    throw RowFault{column, std::to_string(price) + ", expected a price " + (is_ask ? "above " : "below ") +
                               std::to_string(levels.back().price)};
  }
  levels.push_back({.price = price, .size = static_cast<std::uint32_t>(size), .column = column});
}

}  // namespace detail

inline Message parse_message(std::string_view row) {
  detail::Fields fields(row);
  Message message;
  message.time = fields.seconds();
  message.type = static_cast<MessageType>(fields.number("the type", 1, 7));
  const bool is_order = message.type <= MessageType::execution;
  const bool is_halt = message.type == MessageType::halt;
  const std::int64_t id = fields.number("the order id", is_order ? 1 : INT64_MIN, INT64_MAX);
  message.order_id = is_order ? static_cast<std::uint64_t>(id) : 0;
  const bool is_trade_of_one = message.type <= MessageType::hidden_execution;
  message.size = static_cast<std::uint64_t>(fields.number(
      "the size", is_trade_of_one ? 1 : 0, is_trade_of_one ? market::quantity_max : std::int64_t{1} << 40));
  message.price =
      fields.number(is_halt ? "the state" : "the price", is_halt ? -1 : 1, is_halt ? 1 : market::price_max);
  const std::int64_t direction = fields.number("the direction, 1 to buy or -1 to sell", -1, 1);
  if (direction == 0) fields.fail("\"0\", expected the direction, 1 to buy or -1 to sell");
  message.side = direction == 1 ? market::Side::Buy : market::Side::Sell;
  if (!fields.at_end()) fields.next("the participant");
  if (!fields.at_end()) {
    fields.next("the end");
    fields.fail("an eighth column, expected the row to end");
  }
  return message;
}

// Into `into`, whose memory is used again.
inline void parse_book(std::string_view row, BookRow& into) {
  into.asks.clear();
  into.bids.clear();
  into.depth = 0;
  bool asks_are_over = false;
  bool bids_are_over = false;
  for (detail::Fields fields(row); !fields.at_end(); ++into.depth) {
    detail::take_level(fields, true, asks_are_over, into.asks);
    detail::take_level(fields, false, bids_are_over, into.bids);
  }
}

}  // namespace tickweir::lobster
