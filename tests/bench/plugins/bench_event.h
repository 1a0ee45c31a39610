// The 64-byte event that benchmarks send.
#pragma once

#include <cstdint>

namespace tickweir::bench {

struct Sample {
  static constexpr std::uint16_t event_type = 400;
  std::uint64_t number = 0;
  std::uint64_t touched = 0;
  std::uint64_t filler[2] = {};
};

}  // namespace tickweir::bench
