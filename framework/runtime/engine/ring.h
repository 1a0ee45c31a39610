// A ring of pointers between one producer and one consumer.
//
// Each side keeps its own index and a cached copy of the other's on a line of its own, and looks at the
// other's line only when the cached copy says full or empty.
//
// Threading: push() on the producer's thread, pop() on the consumer's; is_empty() on any.
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
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ >= capacity_) {
      // Acquire pairs with the release in pop(): the slot to be overwritten has been read.
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ >= capacity_) return false;
    }
    slots_[tail & mask_] = item;
    // Release pairs with the acquire in pop(): who sees the new tail sees the item and its block.
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  bool pop(Item& item) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    item = slots_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] bool is_empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  const std::uint32_t capacity_;
  const std::uint64_t mask_;
  std::vector<Item> slots_;
  alignas(128) std::atomic<std::uint64_t> tail_{0};  // producer's line
  std::uint64_t head_seen_ = 0;
  alignas(128) std::atomic<std::uint64_t> head_{0};  // consumer's line
  std::uint64_t tail_seen_ = 0;
};

}  // namespace tickweir
