// Which orders are due: a binary heap, the earliest time first, that knows where each slot is, so that an
// order that ends otherwise is taken out.
//
// Those that are due at once are told by instrument, so that what is told of one instrument, and when, does
// not hang on which others are kept beside it.
//
// Threading: one thread. Memory: all of it reserved in the constructor, 52 bytes an order; touched when used.
// Errors:    a slot put twice or not there is a bug of the caller, and asserted.
// Cost:      O(log n) for each that comes or goes; nothing while none is due.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "reserved.h"
#include "tickweir/assert.h"

namespace tickweir::book {

class ExpiryHeap {
 public:
  struct Due {
    std::uint64_t time = 0;
    std::uint64_t id = 0;
    std::uint32_t instrument = 0;
    std::uint32_t slot = 0;
  };
  // Slots from 1 to `slots`.
  explicit ExpiryHeap(std::uint32_t slots)
      : heap_(std::size_t{slots} + 1), places_(std::size_t{slots} + 1), due_(slots) {}

  // Whether any is due.
  [[nodiscard]] bool is_due(std::uint64_t now) const { return next_time_ <= now && count_ != 0; }
  // All that are: by instrument, then time, then id. They stay in the heap; good until the next call.
  [[nodiscard]] std::span<const Due> all_due(std::uint64_t now) {
    std::size_t found = 0;
    const auto see = [&](std::uint32_t at) {
      if (at <= count_ && heap_[at].time <= now) due_[found++] = heap_[at];
    };
    see(1);
    for (std::size_t i = 0; i < found; ++i) {  // below one that is not due none is
      const std::uint32_t at = places_[due_[i].slot];
      see(at * 2);
      see(at * 2 + 1);
    }
    const std::span<Due> due(&due_[0], found);
    std::sort(due.begin(), due.end(), [](const Due& one, const Due& other) {
      return std::tie(one.instrument, one.time, one.id) < std::tie(other.instrument, other.time, other.id);
    });
    return due;
  }

  void put(const Due& due) {
    TICKWEIR_ASSERT(places_[due.slot] == 0);
    rise(++count_, due);
    next_time_ = heap_[1].time;
  }
  void erase(std::uint32_t slot) {
    const std::uint32_t at = std::exchange(places_[slot], 0);
    TICKWEIR_ASSERT(at != 0);
    const Due last = heap_[count_--];
    if (at <= count_) {
      if (at > 1 && last.time < heap_[at / 2].time) {
        rise(at, last);
      } else {
        sink(at, last);
      }
    }
    next_time_ = count_ != 0 ? heap_[1].time : never;
  }

 private:
  void set(std::uint32_t at, const Due& due) {
    heap_[at] = due;
    places_[due.slot] = at;
  }
  // Puts `due` at this place or above it.
  void rise(std::uint32_t at, const Due& due) {
    for (; at > 1 && due.time < heap_[at / 2].time; at /= 2) set(at, heap_[at / 2]);
    set(at, due);
  }
  // Puts `due` at this place or below it.
  void sink(std::uint32_t at, const Due& due) {
    while (at <= count_ / 2) {
      std::uint32_t child = at * 2;
      if (child < count_ && heap_[child + 1].time < heap_[child].time) ++child;
      if (heap_[child].time >= due.time) break;
      set(at, heap_[child]);
      at = child;
    }
    set(at, due);
  }

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  Reserved<Due> heap_;              // from 1 on
  Reserved<std::uint32_t> places_;  // by slot: where it is in the heap; 0: it is not
  Reserved<Due> due_;               // room for all_due()
  std::uint32_t count_ = 0;
  std::uint64_t next_time_ = never;  // when the first is due
};

}  // namespace tickweir::book
