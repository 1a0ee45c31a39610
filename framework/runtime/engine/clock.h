// The engine's clock: a cheap counter for durations, and wall time for sources.
//
// Threading: any thread. On x86-64 it reads the time stamp counter, which counts at a fixed rate and in
// step on all cores on the machines this is made for; elsewhere the monotonic clock in ns.
// Units:     clock_ticks() counts ticks; only differences mean anything. wall_ns() is ns since the
//            Unix epoch.
#pragma once

#include <cstdint>
#include <ctime>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace tickweir {

inline std::uint64_t read_clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t wall_ns() { return read_clock_ns(CLOCK_REALTIME); }

inline std::uint64_t clock_ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return read_clock_ns(CLOCK_MONOTONIC);
#endif
}

std::uint64_t measure_ns_per_tick_q32();

// ns per tick as a fixed-point number with 32 fraction bits, measured once against the monotonic clock, which
// takes about 10 ms: the engine asks for it before its threads start.
inline std::uint64_t ns_per_tick_q32() {
  static const std::uint64_t factor = measure_ns_per_tick_q32();
  return factor;
}

inline std::uint64_t ticks_to_ns(std::uint64_t ticks) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(ticks) * ns_per_tick_q32() >> 32);
}
inline double ticks_to_seconds(std::uint64_t ticks) { return static_cast<double>(ticks_to_ns(ticks)) * 1e-9; }

}  // namespace tickweir
