// The 64-byte event that benchmarks send.
#pragma once

#include <cstdint>

namespace tickweir::bench {

struct Sample {
  static constexpr std::uint16_t event_type = 400;
  std::uint64_t number = 0;
  std::uint64_t touched = 0;
  std::uint64_t filler_a = 0;  // two fields: GCC builds a struct with an array on the stack first
  std::uint64_t filler_b = 0;
};

}  // namespace tickweir::bench
