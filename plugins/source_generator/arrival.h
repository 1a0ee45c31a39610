// When events arrive: at full speed, evenly, or at random (a Poisson process).
//
// Threading: a value with one owner. Units: ns; rates in events per second.
// Exact:     even arrivals keep the fraction of a nanosecond, so a million events at 3 a second do not drift.
// The same on one machine for one seed; std::log may differ in its last bit between C libraries.
#pragma once

#include <cmath>
#include <cstdint>

#include "random.h"

namespace tickweir::order_flow {

enum class Arrival : std::int64_t { full_speed, constant, poisson };

// At full speed, simulated time still goes on: by this much from event to event.
constexpr std::uint64_t full_speed_step = 1'000;

class ArrivalTimes {
 public:
  ArrivalTimes(Arrival arrival, double rate, std::uint64_t seed)
      : random_(~seed),
        arrival_(arrival),
        mean_(arrival == Arrival::full_speed ? full_speed_step : 1e9 / rate),
        step_(split(mean_)) {}

  // Time of the event that is due next.
  [[nodiscard]] std::uint64_t time() const { return time_; }

  // The first event of even arrivals comes at `start`, that of a Poisson process one interval later.
  void start(std::uint64_t time) {
    time_ = time;
    fraction_ = 0;
    if (arrival_ == Arrival::poisson) advance();
  }

  // Goes on to the event after it.
  void advance() {
    const Interval step =
        arrival_ == Arrival::poisson ? split(poisson_interval(random_.next(), mean_)) : step_;
    const std::uint64_t fraction = std::uint64_t{fraction_} + step.fraction;
    time_ += step.whole + (fraction >> 32);
    fraction_ = static_cast<std::uint32_t>(fraction);
  }

  // Time runs elsewhere (a wall clock at full speed): never back.
  void follow(std::uint64_t now) { time_ = now > time_ ? now : time_; }

  static double poisson_interval(std::uint64_t bits, double mean) {
    return -std::log(Random::unit(bits)) * mean;
  }

 private:
  struct Interval {
    std::uint64_t whole;
    std::uint32_t fraction;  // in 2^-32 ns
  };
  static Interval split(double nanoseconds) {
    const double whole = std::floor(nanoseconds);
    return {static_cast<std::uint64_t>(whole), static_cast<std::uint32_t>((nanoseconds - whole) * 0x1.0p32)};
  }

  Random random_;
  Arrival arrival_;
  double mean_;
  Interval step_;
  std::uint64_t time_ = 0;
  std::uint32_t fraction_ = 0;
};

}  // namespace tickweir::order_flow
