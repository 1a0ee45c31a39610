// For tests: the obvious book and the fast one behind one face: a row of text in, lines of text out.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "obvious_venues.h"

namespace tickweir::book {

class ObviousRunner {
 public:
  explicit ObviousRunner(const Limits& limits, bool matches = true, bool keeps_place = true)
      : book_(limits, matches, keeps_place) {
    book_.tell_orders();
  }
  std::vector<std::string> give(const std::string& row) {
    std::visit(
        [this]<typename T>(const T& request) {
          if constexpr (std::is_same_v<T, AtTime>) {
            book_.advance(request.time);
          } else {
            book_.request(request);
          }
        },
        parse_request(row));
    return book_.take_lines();
  }
  [[nodiscard]] const ObviousBook& book() const { return book_; }

 private:
  ObviousBook book_;
};

// Where each instrument has ids of its own.
class ObviousVenuesRunner {
 public:
  explicit ObviousVenuesRunner(const Limits& limits, bool matches = true) : venues_(limits, matches) {}
  std::vector<std::string> give(const std::string& row) {
    std::visit(
        [this]<typename T>(const T& request) {
          if constexpr (std::is_same_v<T, AtTime>) {
            venues_.advance(request.time);
          } else {
            venues_.request(request);
          }
        },
        parse_request(row));
    return venues_.take_lines();
  }

 private:
  ObviousVenues venues_;
};

// Rules: Matching or Rebuilding.
template <template <typename> typename Rules>
class FastRunner {
 public:
  explicit FastRunner(const Limits& limits, std::int64_t level_width = 1)
      : recorder_{.levels = true, .top = true, .orders = true, .width = level_width},
        store_(limits),
        rules_(store_, recorder_) {}
  std::vector<std::string> give(const std::string& row) {
    std::visit(
        [this](const auto& request) {
          if constexpr (requires { rules_.advance(request.time); }) {
            rules_.advance(request.time);
          } else if constexpr (requires { rules_.request(request); }) {
            rules_.request(request);
          } else if constexpr (requires { rules_.follow(request); }) {
            static_cast<void>(rules_.follow(request));
          } else {
            recorder_.lines.emplace_back("the fast book does not know this request");
          }
        },
        parse_request(row));
    return std::exchange(recorder_.lines, {});
  }

 private:
  Recorder recorder_;
  BookStore store_;
  Rules<Recorder> rules_;
};

}  // namespace tickweir::book
