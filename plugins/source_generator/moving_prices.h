// Prices of orders: around a middle for each instrument, which wanders between bounds.
//
// Threading: one owner. Memory: 16 bytes an instrument, in the constructor.
// Units:     1/10000 of a currency; a tick is a cent.
#pragma once

#include <cstdint>
#include <vector>

#include "random.h"

namespace tickweir::order_flow {

class MovingPrices {
 public:
  // Middles begin at 10 to 210 of a currency.
  MovingPrices(std::uint32_t instruments, Random& random) {
    markets_.reserve(instruments);
    for (std::uint32_t i = 0; i < instruments; ++i) {
      const std::int64_t middle = lowest + Random::scale(random.next_32(), span) / tick * tick;
      markets_.push_back({.middle = middle, .start = middle});
    }
  }

  // The price of an order in the instrument at `index`, from 32 random bits. One in five is priced 1 to 8
  // ticks through the middle, the others rest 1 to 16 ticks away from it. Always above 0.
  std::int64_t next(std::uint32_t index, bool is_buy, std::uint32_t bits) {
    Market& market = markets_[index];
    if ((bits & 0xff) < 8) move(market, (bits & 0x100) != 0);
    const bool crosses = Random::scale(bits << 8, 5) == 0;
    const std::int64_t distance = 1 + static_cast<std::int64_t>(crosses ? bits >> 29 : bits >> 28);
    const bool is_below = is_buy != crosses;
    return market.middle + (is_below ? -distance : distance) * tick;
  }

 private:
  static constexpr std::int64_t tick = 100;
  static constexpr std::int64_t lowest = 100'000;
  static constexpr std::uint32_t span = 2'000'000;
  static constexpr std::int64_t drift_max = 500 * tick;

  struct Market {
    std::int64_t middle;
    std::int64_t start;
  };

  // By a tick; at its bounds the middle turns.
  static void move(Market& market, bool up) {
    const std::int64_t step = up ? tick : -tick;
    const std::int64_t moved = market.middle + step - market.start;
    market.middle += moved > drift_max || moved < -drift_max ? -step : step;
  }

  std::vector<Market> markets_;
};

}  // namespace tickweir::order_flow
