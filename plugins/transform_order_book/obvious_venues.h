// For tests: what sharding means, written in the most obvious way: each instrument is a venue of its own, an
// ObviousBook with ids and match ids of its own. SEMANTICS.md, Shards, says it in words.
//
// Only `orders` is not as specified: here it holds for each instrument.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "obvious_book.h"

namespace tickweir::book {

template <typename Request>
concept ObviousRequest = requires(ObviousBook& book, const Request& request) {
  book.request(request);
};

class ObviousVenues {
 public:
  ObviousVenues(const Limits& limits, bool matches) : limits_(limits), matches_(matches) {
    for (std::uint32_t i = 0; i < limits.instruments; ++i) static_cast<void>(venue(i));
  }

  std::vector<std::string> take_lines() { return std::exchange(lines_, {}); }

  void advance(std::uint64_t time) {
    now_ = std::max(now_, time);
    for (auto& [instrument, book] : books_) book.advance(now_), take(book);
  }

  template <ObviousRequest Request>
  void request(const Request& request) {
    constexpr bool is_new = requires {
      request.time_in_force;
    };
    constexpr bool is_about_order = requires {
      request.order_id;
    };
    if constexpr (is_about_order && !is_new) {
      if (request.instrument == 0) return refuse_nameless(request);
    }
    ObviousBook& book = venue(request.instrument);
    book.request(request);
    take(book);
  }
  // Of all instruments: as one for each, by instrument, with one sum.
  void request(const market::MassCancel& mass) {
    if (mass.instrument != 0 || market::validate(mass) != RejectReason::None) {
      ObviousBook& book = venue(mass.instrument);
      book.request(mass);
      return take(book);
    }
    unsigned long long orders = 0, quantity = 0;
    std::string reason;
    for (auto& [instrument, book] : books_) {
      book.request(mass);
      auto lines = book.take_lines();
      unsigned long long some = 0, of_them = 0;
      std::sscanf(lines.back().c_str(), "masscancelled %llu orders x%llu", &some, &of_them);
      orders += some, quantity += of_them;
      reason = lines.back().substr(lines.back().rfind(' '));
      lines_.insert(lines_.end(), lines.begin(), lines.end() - 1);
    }
    lines_.push_back("masscancelled " + std::to_string(orders) + " orders x" + std::to_string(quantity) +
                     reason);
  }

 private:
  ObviousBook& venue(std::uint32_t instrument) {
    const auto found = books_.find(instrument);
    if (found != books_.end()) return found->second;
    const std::uint64_t first_match_id = (std::uint64_t{instrument} << 40) + 1;
    ObviousBook& book = books_.try_emplace(instrument, limits_, matches_, true, first_match_id).first->second;
    book.tell_orders();
    book.advance(now_);
    return book;
  }
  void take(ObviousBook& book) {
    for (auto& line : book.take_lines()) lines_.push_back(std::move(line));
  }
  // Who is meant, only the instrument can tell.
  void refuse_nameless(const auto& request) {
    auto reason = RejectReason::InvalidInstrument;
    if constexpr (requires { market::validate(request); }) {
      const auto wrong = market::validate(request);
      if (wrong == RejectReason::InvalidOrderId) reason = wrong;
    }
    if (matches_) {
      lines_.push_back("rejected " + std::to_string(request.order_id) + " " +
                       std::string(market::name_of(reason)));
    }
  }

  Limits limits_;
  bool matches_;
  std::uint64_t now_ = 0;
  std::map<std::uint32_t, ObviousBook> books_;
  std::vector<std::string> lines_;
};

}  // namespace tickweir::book
