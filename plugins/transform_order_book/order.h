// An order as it lies in its slot, how many there may be, and how matches of them are numbered.
//
// Threading: plain data. Memory: none.
#pragma once

#include <cstdint>

#include "extras.h"

namespace tickweir::book {

struct Limits {
  std::uint32_t orders = 1'048'576;    // live at once
  std::uint32_t instruments = 65'536;  // numbers below this have a book
  // Each instrument has order ids and match ids of its own, as if it were alone: see SEMANTICS.md, Shards.
  bool by_instrument = false;
};

// Of a match id, where each instrument has its own.
constexpr int match_number_bits = 40;
constexpr std::uint64_t match_numbers = std::uint64_t{1} << match_number_bits;
// There the first number of an instrument is at most this, which leaves it half of them to trade with.
constexpr std::uint64_t first_match_number_max = match_numbers / 2;

struct Order {
  std::uint64_t id = 0;
  std::uint32_t quantity = 0;  // open; of an iceberg: shown
  std::uint32_t account = 0;
  std::uint32_t previous = 0;  // in the level's queue
  std::uint32_t next = 0;      // in the queue, or in the free list
  std::uint32_t level = 0;
  std::uint8_t flags = 0;   // of market::NewOrder
  std::uint8_t extras = 0;  // bits of Extra
  std::uint16_t reserved = 0;

  [[nodiscard]] bool has(Extra extra) const { return (extras & static_cast<std::uint8_t>(extra)) != 0; }
};
static_assert(sizeof(Order) == 32);

}  // namespace tickweir::book
