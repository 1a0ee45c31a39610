// For tests: a listener that writes what a book tells as lines of text. Requests from text: request_text.h.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "order_book.h"
#include "request_text.h"

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
  bool orders = false;  // order by order
  bool auctions = true;
  std::int64_t width = 1;  // of a level

  [[nodiscard]] bool wants_reports() const { return reports; }
  [[nodiscard]] bool wants_executions() const { return reports; }
  [[nodiscard]] bool wants_levels() const { return levels; }
  [[nodiscard]] std::int64_t level_width() const { return width; }
  [[nodiscard]] bool wants_top() const { return top; }
  [[nodiscard]] bool wants_orders() const { return orders; }
  [[nodiscard]] bool wants_auctions() const { return auctions; }

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
  void report(const market::Expired& value) {
    std::ostringstream line;
    line << "expired " << value.order_id << " x" << value.quantity;
    add(line);
  }
  void report(const market::Triggered& value) {
    std::ostringstream line;
    line << "triggered " << value.order_id << " " << letter(value.side) << " "
         << (value.kind == market::OrderKind::Market ? "mktx" + std::to_string(value.quantity)
                                                     : price_text(value.price, value.quantity));
    add(line);
  }
  void report(const market::Refreshed& value) {
    std::ostringstream line;
    line << "refreshed " << value.order_id << " shows " << value.displayed << " of " << value.remaining;
    add(line);
  }
  void report(const market::MassCancelled& value) {
    std::ostringstream line;
    line << "masscancelled " << value.order_count << " orders x" << value.quantity << " "
         << name_of(value.reason);
    add(line);
  }
  void order_changed(const market::OrderChanged& value) {
    std::ostringstream line;
    line << "order " << value.sequence << " " << name_of(value.change) << " " << value.order_id << " "
         << letter(value.side) << " " << price_text(value.price, value.quantity);
    if (value.previous_order_id != 0) line << " was " << value.previous_order_id;
    add(line);
  }
  void snapshot(const market::SnapshotBegin& value) {
    std::ostringstream line;
    line << "snapshot begin " << value.sequence << " " << name_of(value.state) << " last " << value.last_price
         << " reference " << value.reference_price << " orders " << value.order_count;
    add(line);
  }
  void snapshot(const market::SnapshotOrder& value) {
    std::ostringstream line;
    line << "snapshot order " << value.order_id << " " << letter(value.side) << " "
         << price_text(value.price, value.quantity);
    add(line);
  }
  void snapshot(const market::SnapshotEnd& value) {
    std::ostringstream line;
    line << "snapshot end " << value.sequence << " orders " << value.order_count;
    add(line);
  }
  void auction(const market::AuctionPrice& value) {
    std::ostringstream line;
    line << "auction " << (value.is_final != 0 ? "final " : "") << price_text(value.price, value.quantity);
    if (value.surplus_side != Side::None) line << " surplus " << letter(value.surplus_side) << value.surplus;
    line << " " << name_of(value.state);
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

}  // namespace tickweir::book
