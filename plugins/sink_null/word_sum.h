// The sum, modulo 2^64, of the 8-byte words of a batch's live events: reading them all, nearly for free.
//
// A sum does not depend on the order of its terms, so it is the same for any batch size and thread
// layout. It tells two streams apart; it is no protection against tampering.
//
// Threading: pure functions. Memory: none.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "tickweir/batch.h"

namespace tickweir {

// `bytes` must be a multiple of 8, as whole events are.
[[nodiscard]] inline std::uint64_t word_sum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + sizeof sum <= bytes.size(); at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  return sum;
}

[[nodiscard]] inline std::uint64_t word_sum(const BatchView& batch) {
  if (batch.live_count() == batch.event_count()) return word_sum(batch.bytes());
  std::uint64_t sum = 0;
  batch.for_each([&sum](const Event& event) {
    sum += word_sum({reinterpret_cast<const std::uint8_t*>(&event), event.size});
  });
  return sum;
}

// To 32 bits, which a metric, a double, shows without rounding.
[[nodiscard]] constexpr std::uint64_t fold_sum(std::uint64_t sum) {
  return (sum ^ (sum >> 32)) & 0xffff'ffffU;
}

}  // namespace tickweir
