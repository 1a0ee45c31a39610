// A set of instruments, for those of an account's orders.
//
// Threading: one thread. Memory: one bit an instrument, reserved in the constructor.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "reserved.h"

namespace tickweir::book {

class InstrumentSet {
 public:
  // Of numbers below `instruments`.
  explicit InstrumentSet(std::uint32_t instruments) : words_(std::size_t{instruments} / 64 + 1) {}

  void add(std::uint32_t number) { words_[number / 64] |= std::uint64_t{1} << number % 64; }

  // Calls `take(number)` for each, the lowest first. The set is empty afterwards.
  template <typename Take>
  void take_all(Take&& take) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] == 0) continue;
      for (std::uint64_t left = std::exchange(words_[i], 0); left != 0; left &= left - 1) {
        take(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(left)));
      }
    }
  }

 private:
  Reserved<std::uint64_t> words_;
};

}  // namespace tickweir::book
