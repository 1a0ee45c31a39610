// Reads the message file, and with it row by row the orderbook file if there is one, to market events.
//
// Threading: one thread.
// Ownership: events() is lent until the next call of read_row().
// Memory:    a buffer for each file, made when opened; with an orderbook file also that of RestingOrders.
// Errors:    std::runtime_error when a file cannot be read, or when the first row of one is not what it
// should
//            be: then the whole file is something else. What is wrong with a later row is counted and told,
//            as `path:line:column: what`, and the row is passed over; with `strict` it is an error too.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "line_reader.h"
#include "lobster_events.h"
#include "lobster_rows.h"
#include "resting_orders.h"

namespace tickweir::lobster {

// What is counted besides the messages.
enum class Count : std::uint8_t {
  time_reversals,
  read_bytes,
  malformed_rows,
  unpaired_rows,
  differing_levels,
  surfaced_levels
};
constexpr std::size_t count_kinds = static_cast<std::size_t>(Count::surfaced_levels) + 1;

class Files {
 public:
  using Warn = std::function<void(const std::string&)>;

  // `book_path` may be empty: no orderbook file.
  Files(const std::string& path, const std::string& book_path, std::uint32_t instrument, bool strict,
        Warn warn)
      : messages_(path, "a LOBSTER message file"),
        instrument_(instrument),
        strict_(strict),
        warn_(std::move(warn)) {
    events_.reserve(events_reserved);
    const auto line = messages_.next();
    first_ = parse_first(messages_, *line, "a LOBSTER message row",
                         [](std::string_view row) { return parse_message(row); });
    if (book_path.empty()) return;
    books_ = std::make_unique<LineReader>(book_path, "a LOBSTER orderbook file");
    const auto book_line = books_->next();
    row_ = parse_first(*books_, *book_line, "a LOBSTER orderbook row", [](std::string_view row) {
      BookRow parsed;
      parse_book(row, parsed);
      return parsed;
    });
    depth_ = row_.depth;
    row_.asks.reserve(depth_);
    row_.bids.reserve(depth_);
    resting_ = std::make_unique<RestingOrders>(instrument, events_);
    resting_->begin(row_, *first_);
  }

  // Reads the next row of each file. False: the message file has ended.
  bool read_row() {
    if (!first_) events_.clear();  // else there is the book before the first message
    std::optional<Message> message;
    if (first_) {
      message = first_;
    } else if (const auto line = messages_.next()) {
      message = parse(messages_, *line, [](std::string_view row) { return parse_message(row); });
    } else {
      report_end();
      return false;
    }
    if (message) apply(*message);
    if (books_ != nullptr) follow_book();
    first_.reset();
    return true;
  }

  // What the rows read last say, in order; all of them happened at time().
  [[nodiscard]] const std::vector<MarketEvent>& events() const { return events_; }
  // ns since midnight.
  [[nodiscard]] std::uint64_t time() const { return time_; }

  // Since the last call of reset_counts().
  [[nodiscard]] std::uint64_t messages(MessageType type) const { return message_counts_[index(type)]; }
  [[nodiscard]] std::uint64_t count(Count count) const { return counts_[index(count)]; }
  void reset_counts() {
    message_counts_.fill(0);
    counts_.fill(0);
  }

 private:
  static constexpr std::uint32_t told_max = 5;
  static constexpr std::size_t events_reserved = 4096;
  template <typename Parse>
  using Parsed = std::invoke_result_t<Parse&, std::string_view>;

  static std::size_t index(auto kind) { return static_cast<std::size_t>(kind); }

  void apply(const Message& message) {
    ++message_counts_[index(message.type)];
    if (message.time < time_) ++counts_[index(Count::time_reversals)];
    time_ = message.time;
    if (books_ != nullptr) {
      resting_->apply(message);
    } else if (const auto event = event_of(message, instrument_)) {
      events_.push_back(*event);
    }
  }

  void follow_book() {
    if (!first_) {
      const auto line = books_->next();
      if (!line) {
        report(Count::unpaired_rows, place(*books_, 1),
               "the file has ended, expected a row for each message");
        books_.reset();  // from here on as if there had been none
        return;
      }
      const auto parsed = parse(*books_, *line, [this](std::string_view row) {
        parse_book(row, row_);
        return true;
      });
      if (!parsed) return;
      if (row_.depth != depth_) {
        report(Count::malformed_rows, place(*books_, 1),
               std::to_string(row_.depth) + " levels, expected " + std::to_string(depth_) +
                   " as in the first row");
        return;
      }
    }
    counts_[index(Count::surfaced_levels)] +=
        resting_->follow(row_, [this](std::size_t column, const std::string& what) {
          report(Count::differing_levels, place(*books_, column), what);
        });
  }

  void report_end() {
    publish_bytes();
    if (messages_.ends_early()) {
      report(Count::malformed_rows, place(messages_, 1), "the gzip stream ends early, expected its end mark");
    }
    if (books_ != nullptr && books_->next()) {
      report(Count::unpaired_rows, place(*books_, 1), "a row without a message, expected the file to end");
    }
  }
  void publish_bytes() { counts_[index(Count::read_bytes)] += messages_.bytes(); }

  template <typename Parse>
  static Parsed<Parse> parse_line(const Line& line, Parse&& parse) {
    if (line.is_too_long) {
      throw RowFault{
          LineReader::line_bytes_max,
          "the line is longer than " + std::to_string(LineReader::line_bytes_max) + " bytes, expected a row"};
    }
    return parse(line.text);
  }
  template <typename Parse>
  std::optional<Parsed<Parse>> parse(const LineReader& file, const Line& line, Parse&& parse) {
    try {
      return parse_line(line, parse);
    } catch (const RowFault& fault) {
      report(Count::malformed_rows, place(file, fault.column), fault.what);
      return std::nullopt;
    }
  }
  template <typename Parse>
  static Parsed<Parse> parse_first(const LineReader& file, const Line& line, const char* expected,
                                   Parse&& parse) {
    try {
      return parse_line(line, parse);
    } catch (const RowFault& fault) {
      throw std::runtime_error(place(file, fault.column) + ": " + fault.what + "; the first line is not " +
                               expected + ", so this is another kind of file");
    }
  }

  static std::string place(const LineReader& file, std::size_t column) {
    return file.path() + ":" + std::to_string(file.number()) + ":" + std::to_string(column);
  }

  [[gnu::cold]] void report(Count count, const std::string& place, const std::string& what) {
    ++counts_[index(count)];
    const std::string text = place + ": " + what;
    if (strict_) throw std::runtime_error(text + "; with strict: false it would be counted");
    auto& told = told_[index(count)];
    if (told == told_max) return;
    ++told;
    warn_(told == told_max ? text + " (more of this kind are only counted)" : text);
  }

  LineReader messages_;
  std::unique_ptr<LineReader> books_;
  std::uint32_t instrument_;
  bool strict_;
  Warn warn_;
  std::optional<Message> first_;  // until it is told
  BookRow row_;
  std::size_t depth_ = 0;
  std::vector<MarketEvent> events_;
  std::unique_ptr<RestingOrders> resting_;  // with an orderbook file
  std::uint64_t time_ = 0;
  std::array<std::uint64_t, type_names.size() + 1> message_counts_{};
  std::array<std::uint64_t, count_kinds> counts_{};
  std::array<std::uint32_t, count_kinds> told_{};
};

}  // namespace tickweir::lobster
