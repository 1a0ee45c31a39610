// For tests: a listener that writes what a book tells as lines of text, and requests from text.
//
//   new 1 B 100x10            limit order 1, buy 10 at 100, instrument 1
//   new 1 B 100x10 ioc        new 1 B mktx10       market       ... @2 instrument 2   ... #7 account 7
//   cancel 1     reduce 1 x3     replace 1 2 101x5
//   exec 1 x3    exec 1 x3 @p99     exec 1 x3 hidden
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "order_book.h"

namespace tickweir::book {

inline std::string price_text(std::int64_t price, std::uint64_t quantity) {
  return std::to_string(price) + "x" + std::to_string(quantity);
}

inline const char* letter(Side side) {
  return side == Side::Buy ? "B" : "S";
}

struct Recorder {
  std::vector<std::string> lines;
  bool reports = true;
  bool levels = false;
  bool top = false;

  [[nodiscard]] bool wants_reports() const { return reports; }
  [[nodiscard]] bool wants_executions() const { return reports; }
  [[nodiscard]] bool wants_levels() const { return levels; }
  [[nodiscard]] bool wants_top() const { return top; }

  void add(const std::ostringstream& line) { lines.push_back(line.str()); }
  void report(const market::Accepted& value) {
    std::ostringstream line;
    line << "accepted " << value.order_id << " " << letter(value.side) << " "
         << price_text(value.price, value.quantity);
    add(line);
  }
  void report(const market::Rejected& value) {
    std::ostringstream line;
    line << "rejected " << value.order_id << " " << name_of(value.reason);
    add(line);
  }
  void report(const market::Cancelled& value) {
    std::ostringstream line;
    line << "cancelled " << value.order_id << " x" << value.quantity << " left " << value.remaining << " "
         << name_of(value.reason);
    add(line);
  }
  void report(const market::Replaced& value) {
    std::ostringstream line;
    line << "replaced " << value.order_id << " by " << value.new_order_id << " "
         << price_text(value.price, value.quantity);
    add(line);
  }
  void execution(const market::Executed& value, bool printable) {
    std::ostringstream line;
    line << "executed #" << value.match_id << " maker " << value.maker_order_id << " taker "
         << value.taker_order_id << " " << price_text(value.price, value.quantity) << " left "
         << value.maker_remaining << "/" << value.taker_remaining << (printable ? "" : " hidden");
    add(line);
  }
  void level_changed(const market::LevelChanged& value) {
    std::ostringstream line;
    line << "level " << letter(value.side) << " " << price_text(value.price, value.quantity) << " of "
         << value.order_count;
    add(line);
  }
  void top_changed(const market::TopOfBook& value) {
    std::ostringstream line;
    line << "top " << price_text(value.bid_price, value.bid_quantity) << " / "
         << price_text(value.ask_price, value.ask_quantity);
    add(line);
  }
};

// The words of a request row.
struct Row {
  explicit Row(const std::string& text) {
    std::istringstream words(text);
    words >> verb >> id;
    for (std::string word; words >> word;) take(word);
  }

  void take(const std::string& word) {
    if (word == "B" || word == "S") {
      side = word == "B" ? Side::Buy : Side::Sell;
    } else if (word == "ioc") {
      immediate = true;
    } else if (word == "hidden") {
      printable = false;
    } else if (word.starts_with("@p")) {
      price = std::stoll(word.substr(2));
    } else if (word[0] == '@') {
      instrument = static_cast<std::uint32_t>(std::stoul(word.substr(1)));
    } else if (word[0] == '#') {
      account = static_cast<std::uint32_t>(std::stoul(word.substr(1)));
    } else if (const auto cross = word.find('x'); cross != std::string::npos) {
      is_market = word.starts_with("mkt");
      if (cross != 0 && !is_market) price = std::stoll(word.substr(0, cross));
      quantity = static_cast<std::uint32_t>(std::stoul(word.substr(cross + 1)));
    } else {
      new_id = std::stoull(word);
    }
  }

  std::string verb;
  std::uint64_t id = 0;
  std::uint64_t new_id = 0;
  std::int64_t price = 0;
  std::uint32_t quantity = 0;
  std::uint32_t instrument = 1;
  std::uint32_t account = 0;
  Side side = Side::None;
  bool is_market = false;
  bool immediate = false;
  bool printable = true;
};

// Calls `visit` with the request that the row stands for.
void visit_request(const std::string& text, auto&& visit) {
  const Row row(text);
  if (row.verb == "new") {
    visit(market::NewOrder{.order_id = row.id,
                           .price = row.price,
                           .quantity = row.quantity,
                           .instrument = row.instrument,
                           .account = row.account,
                           .side = row.side,
                           .kind = row.is_market ? market::OrderKind::Market : market::OrderKind::Limit,
                           .time_in_force = row.immediate ? market::TimeInForce::ImmediateOrCancel
                                                          : market::TimeInForce::GoodTillCancel});
  } else if (row.verb == "cancel") {
    visit(market::Cancel{.order_id = row.id, .instrument = row.instrument, .account = row.account});
  } else if (row.verb == "reduce") {
    visit(market::Reduce{
        .order_id = row.id, .quantity = row.quantity, .instrument = row.instrument, .account = row.account});
  } else if (row.verb == "replace") {
    visit(market::Replace{.order_id = row.id,
                          .new_order_id = row.new_id,
                          .price = row.price,
                          .quantity = row.quantity,
                          .instrument = row.instrument,
                          .account = row.account});
  } else {
    TICKWEIR_ASSERT(row.verb == "exec");
    visit(market::VenueExecution{.order_id = row.id,
                                 .price = row.price,
                                 .quantity = row.quantity,
                                 .instrument = row.instrument,
                                 .printable = row.printable ? 1U : 0U});
  }
}

}  // namespace tickweir::book
