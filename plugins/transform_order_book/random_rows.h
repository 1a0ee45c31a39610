// For tests: random streams of request rows, and a search for the shortest stream that still shows a fault.
#pragma once

#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "order_book.h"

namespace tickweir::book {

// Mostly sensible rows about few ids, so that they are live, dead and live again; some are wrong.
class RandomRows {
 public:
  RandomRows(std::uint64_t seed, const Limits& limits, std::uint64_t width)
      : random_(seed), limits_(limits), width_(width) {}

  std::string next() {
    const std::uint64_t kind = below(100);
    if (kind < 52) return new_order();
    if (kind < 66) return "cancel " + id() + place() + owner();
    if (kind < 75) return "reduce " + id() + " x" + number(quantity()) + place();
    if (kind < 90)
      return "replace " + id() + " " + id() + " " + number(price()) + "x" + number(quantity()) +
             (limits_.by_instrument ? place() : " @0");
    if (kind < 93) return "at " + number(now_ += below(20));
    if (kind < 94) return mass_cancel();
    if (kind < 96) return rules();
    if (kind < 99) return status();
    return "snapshot @" + number(instrument());
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  static std::string number(std::uint64_t value) { return std::to_string(value); }
  std::string id() { return number(one_in(200) ? 0 : 1 + below(std::uint64_t{limits_.orders} * 2)); }
  std::uint64_t price() { return one_in(100) ? 0 : 1 + below(width_); }
  std::uint64_t quantity() { return one_in(100) ? 0 : 1 + below(20); }
  std::uint64_t instrument() {
    return one_in(100) ? limits_.instruments : 1 + below(limits_.instruments - 1);
  }
  // Of an order that is there: most need not say it, unless ids are of an instrument.
  std::string place() { return " @" + number(one_in(20) != limits_.by_instrument ? instrument() : 0); }
  std::string owner() { return one_in(4) ? " #" + number(below(3)) : ""; }
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }

  std::string new_order() {
    const bool is_market = one_in(12);
    const std::uint64_t size = quantity();
    std::ostringstream row;
    row << "new " << id()
        << (one_in(50)  ? ""
            : one_in(2) ? " B"
                        : " S")
        << " " << (is_market ? "mkt" : number(price())) << "x" << size << " @" << instrument() << " #"
        << below(3);
    if (one_in(8)) row << " ioc";
    if (one_in(8)) row << pick({" fok", " ioc min:"});
    return with_choices(row.str(), is_market, size);
  }
  std::string with_choices(std::string row, bool is_market, std::uint64_t size) {
    if (row.ends_with("min:")) row += number(1 + below(size + 1));
    const bool has_time = row.find(" ioc") != std::string::npos || row.find(" fok") != std::string::npos;
    if (!has_time && one_in(5)) {
      row += one_in(2) ? " day" : " gtd:" + number(now_ + below(60));
    }
    if (one_in(8)) row += pick({" post", " slide"});
    if (one_in(6)) row += " stop:" + number(price());
    if (is_market && one_in(2)) row += " protect:" + number(1 + below(width_ / 4 + 1));
    if (!is_market && one_in(5)) row += " show:" + number(1 + below(size + 1));
    if (one_in(3)) {
      row += pick({" stp:newest", " stp:oldest", " stp:both", " stp:decrement"});
    }
    if (one_in(4)) row += " disconnect";
    return row;
  }
  std::string mass_cancel() {
    if (one_in(4)) return "clear @" + number(instrument());
    std::string row = "masscancel #" + number(below(3));
    if (one_in(2)) row += " @" + number(instrument());
    if (one_in(3)) row += pick({" B", " S"});
    if (one_in(3)) row += " disconnect";
    return row;
  }
  std::string rules() {
    std::string row = "rules @" + number(instrument());
    if (one_in(3)) row += " tick:" + number(1 + below(3));
    if (one_in(4)) row += " lot:" + number(1 + below(3));
    if (one_in(2)) row += " ref:" + number(price());
    if (one_in(3)) row += " band:" + number(1 + below(width_));
    if (one_in(4)) row += " quantity:" + number(10 + below(10));
    if (one_in(4)) row += " notional:" + number(1 + below(width_ * 20));
    if (one_in(4)) row += " orders:" + number(1 + below(10));
    return row;
  }
  // Open most of the time.
  std::string status() {
    const std::string state =
        one_in(2) ? "open" : pick({"halted", "paused", "quote", "closed", "opening", "closing"});
    const std::string where = one_in(8) ? " market:B" : "";
    return "status " + state + where + " @" + number(instrument());
  }

  std::mt19937_64 random_;
  Limits limits_;
  std::uint64_t width_;
  std::uint64_t now_ = 0;
};

// The shortest stream found by leaving rows out, of which `fails(rows)` still holds: no single row of it can
// be left out. `rows` must fail.
template <typename Fails>
std::vector<std::string> shrink(std::vector<std::string> rows, Fails&& fails) {
  for (std::size_t length = rows.size() / 2 + 1;; length = length / 2 + length % 2) {
    bool was_shortened = false;
    for (std::size_t at = 0; at < rows.size();) {
      std::vector<std::string> fewer(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(at));
      const std::size_t behind = std::min(at + length, rows.size());
      fewer.insert(fewer.end(), rows.begin() + static_cast<std::ptrdiff_t>(behind), rows.end());
      if (fails(fewer)) {
        rows = std::move(fewer);
        was_shortened = true;
      } else {
        at += length;
      }
    }
    if (length == 1 && !was_shortened) return rows;
  }
}

}  // namespace tickweir::book
