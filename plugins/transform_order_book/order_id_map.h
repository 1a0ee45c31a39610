// From order id to pool index: open addressing, linear probing, deletion by backward shift.
//
// Threading: one thread. Memory: all of it in the constructor, 16 bytes a slot, at most half full.
// Errors:    more than `keys_max` keys, key 0 and a key put twice are bugs of the caller, and asserted.
// Cost:      one cache line for most lookups. No tombstones, so it does not slow down with age.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tickweir/assert.h"

namespace tickweir::book {

class OrderIdMap {
 public:
  explicit OrderIdMap(std::uint32_t keys_max)
      : keys_max_(keys_max),
        slots_(std::bit_ceil(std::size_t{keys_max} * 2)),
        mask_(slots_.size() - 1),
        shift_(std::countl_zero(mask_)) {}

  [[nodiscard]] std::uint32_t size() const { return size_; }

  // The value of `key`; 0 when it is not there.
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    for (std::size_t at = home(key);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.key == key) return slot.value;
      if (slot.key == 0) return 0;
    }
  }

  void put(std::uint64_t key, std::uint32_t value) {
    TICKWEIR_ASSERT(key != 0 && size_ < keys_max_);
    std::size_t at = home(key);
    for (; slots_[at].key != 0; at = (at + 1) & mask_) TICKWEIR_ASSERT(slots_[at].key != key);
    slots_[at] = {key, value};
    ++size_;
  }

  void erase(std::uint64_t key) {
    std::size_t hole = home(key);
    for (; slots_[hole].key != key; hole = (hole + 1) & mask_) TICKWEIR_ASSERT(slots_[hole].key != 0);
    // Pull back each later key of the run that may legally lie in the hole.
    for (std::size_t at = (hole + 1) & mask_; slots_[at].key != 0; at = (at + 1) & mask_) {
      const std::size_t from_home = (at - home(slots_[at].key)) & mask_;
      if (from_home < ((at - hole) & mask_)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;  // 0: empty
    std::uint32_t value = 0;
    std::uint32_t reserved = 0;
  };

  // Fibonacci hashing: ids that rise by one spread evenly.
  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    return (key * 0x9E37'79B9'7F4A'7C15ULL) >> shift_;
  }

  std::uint32_t keys_max_;
  std::uint32_t size_ = 0;
  std::vector<Slot> slots_;
  std::size_t mask_;
  int shift_;
};

}  // namespace tickweir::book
