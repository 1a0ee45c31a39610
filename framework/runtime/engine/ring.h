// A ring between one producer and one consumer, for small items.
//
// Each slot carries the number of the item in it, so the consumer looks at one line only: the slot it waits
// for. The producer looks at the consumer's index only when its cached copy says full.
//
// Threading: push() and is_drained() on the producer's thread, pop(), front() and has_next() on the
//            consumer's.
// Errors:    push() says false when full; the limit is exact.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace tickweir {

template <typename Item>
class Ring {
 public:
  explicit Ring(std::uint32_t capacity)
      : capacity_(capacity), mask_(std::bit_ceil(capacity) - 1), slots_(mask_ + 1) {}

  bool push(const Item& item) {
    if (tail_ - head_seen_ >= capacity_) {
      // Acquire pairs with the release in pop(): the slot to be overwritten has been read.
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail_ - head_seen_ >= capacity_) return false;
    }
    Slot& slot = slots_[tail_ & mask_];
    slot.item = item;
    ++tail_;
    // Release pairs with the acquire in has_next(): who sees the number sees the item and its block.
    slot.number.store(tail_, std::memory_order_release);
    __builtin_prefetch(&slots_[tail_ & mask_], 1);
    return true;
  }

  // The item that pop() would give, or nullptr. Consumer.
  [[nodiscard]] const Item* front() const {
    return has_next() ? &slots_[head_.load(std::memory_order_relaxed) & mask_].item : nullptr;
  }

  bool pop(Item& item) {
    if (!has_next()) return false;
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    item = slots_[head & mask_].item;
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // Consumer: an item is there.
  [[nodiscard]] bool has_next() const {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    return slots_[head & mask_].number.load(std::memory_order_acquire) == head + 1;
  }
  // Producer: the consumer has taken everything.
  [[nodiscard]] bool is_drained() const { return head_.load(std::memory_order_acquire) == tail_; }

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> number{0};  // of the item: 1 for the first; 0: none yet
    Item item;
  };

  const std::uint32_t capacity_;
  const std::uint64_t mask_;
  std::vector<Slot> slots_;
  alignas(128) std::uint64_t tail_ = 0;  // producer's line
  std::uint64_t head_seen_ = 0;
  alignas(128) std::atomic<std::uint64_t> head_{0};  // consumer's line
};

}  // namespace tickweir
