// Random numbers that are the same on every compiler and library: splitmix64 seeds xoshiro256++
// (Blackman and Vigna, public domain). The standard's distributions are not used: they differ.
//
// Threading: a value with one owner. Memory: 32 bytes.
#pragma once

#include <bit>
#include <cstdint>

namespace tickweir::order_flow {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e37'79b9'7f4a'7c15U;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9U;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11ebU;
      word = mixed ^ (mixed >> 31);
    }
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  constexpr std::uint32_t next_32() { return static_cast<std::uint32_t>(next() >> 32); }
  // From 0 to `count` - 1. The bias, below count / 2^32, is of no matter here.
  constexpr std::uint32_t below(std::uint32_t count) { return scale(next_32(), count); }

  // Maps 32 random bits to 0 .. count - 1.
  static constexpr std::uint32_t scale(std::uint32_t bits, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::uint64_t{bits} * count >> 32);
  }
  // Maps 64 random bits to (0, 1]: never 0, so that its logarithm is finite.
  static constexpr double unit(std::uint64_t bits) {
    return static_cast<double>((bits >> 11) + 1) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_[4] = {};
};

}  // namespace tickweir::order_flow
