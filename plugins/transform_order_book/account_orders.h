// How many orders each account has in each instrument that limits them.
//
// Threading: one thread. Memory: all of it reserved in the constructor, 36 bytes an order; touched when used.
// Errors:    calls that break a precondition are bugs of the caller.
#pragma once

#include <cstdint>

#include "order_id_map.h"
#include "reserved.h"

namespace tickweir::book {

class AccountOrders {
 public:
  // There are never more counts than orders.
  explicit AccountOrders(std::uint32_t orders) : counts_(std::size_t{orders} + 1), slots_(orders) {}

  [[nodiscard]] std::uint32_t count(std::uint32_t instrument, std::uint32_t account) const {
    return counts_[find(key_of(instrument, account))].count;
  }
  // `account` is not 0.
  void add(std::uint32_t instrument, std::uint32_t account) {
    const std::uint64_t key = key_of(instrument, account);
    std::uint32_t slot = find(key);
    if (slot == 0) {
      slot = take_slot();
      counts_[slot] = {.key = key};
      slots_.put(slots_.spot_of(key), slot);
    }
    ++counts_[slot].count;
  }
  // It has been added.
  void remove(std::uint32_t instrument, std::uint32_t account) {
    const std::uint64_t key = key_of(instrument, account);
    const std::uint32_t slot = find(key);
    TICKWEIR_ASSERT(slot != 0);
    if (--counts_[slot].count != 0) return;
    slots_.erase(slots_.spot_of(key), slot);
    counts_[slot].next = free_;
    free_ = slot;
  }

 private:
  struct Count {
    std::uint64_t key = 0;
    std::uint32_t count = 0;
    std::uint32_t next = 0;  // in the free list
  };
  static std::uint64_t key_of(std::uint32_t instrument, std::uint32_t account) {
    return std::uint64_t{instrument} << 32 | account;
  }
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    return slots_.find(slots_.spot_of(key),
                       [this, key](std::uint32_t slot) { return counts_[slot].key == key; });
  }
  std::uint32_t take_slot() {
    if (free_ == 0) return ++used_;
    const std::uint32_t slot = free_;
    free_ = counts_[slot].next;
    return slot;
  }

  Reserved<Count> counts_;  // by slot; 0 counts nothing
  OrderIdMap slots_;
  std::uint32_t free_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace tickweir::book
