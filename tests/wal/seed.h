// The seed of a random test: printed, and set by TICKWEIR_SEED, to try others or to repeat a failure. The
// same in every build unless told, so that a change is judged by what it changed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace tickweir {

[[nodiscard]] inline std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("TICKWEIR_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
    std::printf("TICKWEIR_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return seed;
}

}  // namespace tickweir
