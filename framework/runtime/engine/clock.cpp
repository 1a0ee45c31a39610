#include "runtime/engine/clock.h"

namespace tickweir {

std::uint64_t measure_ns_per_tick_q32() {
#if defined(__x86_64__)
  constexpr std::uint64_t measured_ns_min = 10'000'000;
  const std::uint64_t start_ns = read_clock_ns(CLOCK_MONOTONIC_RAW);
  const std::uint64_t start_ticks = clock_ticks();
  std::uint64_t elapsed_ns = 0;
  while (elapsed_ns < measured_ns_min) elapsed_ns = read_clock_ns(CLOCK_MONOTONIC_RAW) - start_ns;
  const std::uint64_t elapsed_ticks = clock_ticks() - start_ticks;
  return (elapsed_ns << 32) / elapsed_ticks;
#else
  return std::uint64_t{1} << 32;
#endif
}

}  // namespace tickweir
