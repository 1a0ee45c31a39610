// For random tests: what they draw from, and how long they go on. The same in every run unless the
// environment says otherwise, so that a change is judged by what it changed:
//   TICKWEIR_SEED=N    other draws, or those of a failure again
//   TICKWEIR_EFFORT=N  N times as many rounds
//
// Threading: any.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tickweir/note.h"

namespace tickweir::testing {

// What is there and no number counts as 0.
[[nodiscard]] inline std::uint64_t number_of_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

// Printed at the first call, so that what a test says when it fails has it.
[[nodiscard]] inline std::uint64_t seed() {
  static const std::uint64_t chosen = [] {
    const std::uint64_t number = number_of_environment("TICKWEIR_SEED", 1);
    std::printf("TICKWEIR_SEED=%llu\n", static_cast<unsigned long long>(number));
    return number;
  }();
  return chosen;
}

// At least 1: a test of no round says nothing.
[[nodiscard]] inline std::uint64_t effort() {
  return std::max<std::uint64_t>(1, number_of_environment("TICKWEIR_EFFORT", 1));
}

constexpr bool is_sanitized = std::string_view(TICKWEIR_BUILD_SANITIZER) != "none";

// How often to try what is tried `count` times at full speed. A sanitizer takes up to ten times as long for
// each, and finds what it finds in the first few.
template <std::integral T>
[[nodiscard]] T rounds(T count) {
  const T tried = is_sanitized ? (count + 3) / 4 : count;
  return tried * static_cast<T>(effort());
}

}  // namespace tickweir::testing
