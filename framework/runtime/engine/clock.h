// The engine's clock: a cheap counter for durations, and a time of day that never jumps for sources.
//
// Threading: any thread. On x86-64 it reads the time stamp counter, which counts at a fixed rate and in
// step on all cores on the machines this is made for; elsewhere the monotonic clock in ns.
// Units:     clock_ticks() counts ticks; only differences mean anything. The rest is ns since the Unix epoch.
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

// The system's clock. Whoever sets it moves this; so for what is shown only.
inline std::uint64_t wall_ns() {
  return read_clock_ns(CLOCK_REALTIME);
}

// A moment, by both clocks.
struct TimeBase {
  std::uint64_t wall = 0;
  std::uint64_t monotonic = 0;
};
constexpr std::uint64_t time_since(const TimeBase& base, std::uint64_t monotonic) {
  return base.wall + (monotonic - base.monotonic);
}

// What the system's clock showed when it was first asked, which the engine does before its threads start,
// and the time that has passed since. It goes at the rate of the system's clock, slewed by NTP as that is,
// but when that one is set this one goes on: else time would stand still after a step back, and all
// deadlines end at once after a step forward. It does not count while the machine sleeps.
inline std::uint64_t steady_wall_ns() {
  static const TimeBase base{.wall = wall_ns(), .monotonic = read_clock_ns(CLOCK_MONOTONIC)};
  return time_since(base, read_clock_ns(CLOCK_MONOTONIC));
}

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
inline double ticks_to_seconds(std::uint64_t ticks) {
  return static_cast<double>(ticks_to_ns(ticks)) * 1e-9;
}

}  // namespace tickweir
