// Which orders are due next: the earliest time first, of the same time the lowest id. A binary heap that
// knows where each slot is, so that an order that ends otherwise is taken out.
//
// Threading: one thread. Memory: all of it reserved in the constructor, 28 bytes an order; touched when used.
// Errors:    a slot put twice or not there is a bug of the caller, and asserted. Cost: O(log n).
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "reserved.h"
#include "tickweir/assert.h"

namespace tickweir::book {

class ExpiryHeap {
 public:
  struct Due {
    std::uint64_t time = 0;
    std::uint64_t id = 0;
    std::uint64_t slot = 0;
    [[nodiscard]] bool is_before(const Due& other) const {
      return time != other.time ? time < other.time : id < other.id;
    }
  };
  // Slots from 1 to `slots`.
  explicit ExpiryHeap(std::uint32_t slots) : heap_(std::size_t{slots} + 1), places_(std::size_t{slots} + 1) {}

  // Whether any is due.
  [[nodiscard]] bool is_due(std::uint64_t now) const { return next_time_ <= now && count_ != 0; }
  // It is there.
  [[nodiscard]] std::uint32_t next_slot() const { return static_cast<std::uint32_t>(heap_[1].slot); }

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
      if (at > 1 && last.is_before(heap_[at / 2])) {
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
    for (; at > 1 && due.is_before(heap_[at / 2]); at /= 2) set(at, heap_[at / 2]);
    set(at, due);
  }
  // Puts `due` at this place or below it.
  void sink(std::uint32_t at, const Due& due) {
    while (at <= count_ / 2) {
      std::uint32_t child = at * 2;
      if (child < count_ && heap_[child + 1].is_before(heap_[child])) ++child;
      if (!heap_[child].is_before(due)) break;
      set(at, heap_[child]);
      at = child;
    }
    set(at, due);
  }

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  Reserved<Due> heap_;              // from 1 on
  Reserved<std::uint32_t> places_;  // by slot: where it is in the heap; 0: it is not
  std::uint32_t count_ = 0;
  std::uint64_t next_time_ = never;  // when the first is due
};

}  // namespace tickweir::book
