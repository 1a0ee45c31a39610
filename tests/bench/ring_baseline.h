// The ring that a careful engineer writes by hand: 64-byte events in place, cached indices, one line each,
// published in groups. The baseline for edges; it has no pools, no policies, no books.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "plugins/bench_event.h"
#include "tickweir/event.h"

namespace tickweir::bench {

class RingBaseline {
 public:
  struct alignas(64) Slot {
    Event event;
    Sample sample;
  };
  static constexpr std::uint64_t capacity = 4096;

  RingBaseline() : slots_(capacity) {}

  // Waits for room. Publishes after every `group` events.
  void push(std::uint64_t number, std::uint64_t time, std::uint64_t group) {
    while (tail_ - head_seen_ == capacity) {
      publish();
      head_seen_ = head_.load(std::memory_order_acquire);
    }
    Slot& slot = slots_[tail_ % capacity];
    slot.event = {.size = sizeof(Slot), .type = Sample::event_type, .verdict = 0, .flags = 0, .sequence = 0,
                  .time = time, .origin = number + 1};
    slot.sample = {.number = number};
    if (++tail_ % group == 0) publish();
  }
  void publish() { tail_shared_.store(tail_, std::memory_order_release); }

  // Visits all that has been published; how many.
  template <typename Visit>
  std::uint64_t pop_all(Visit&& visit) {
    const std::uint64_t tail = tail_shared_.load(std::memory_order_acquire);
    const std::uint64_t first = read_;
    while (read_ != tail) {
      visit(slots_[read_ % capacity]);
      if (++read_ % 64 == 0) head_.store(read_, std::memory_order_release);
    }
    if (read_ != first) head_.store(read_, std::memory_order_release);
    return read_ - first;
  }

 private:
  std::vector<Slot> slots_;
  alignas(128) std::atomic<std::uint64_t> tail_shared_{0};
  alignas(128) std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
  alignas(128) std::atomic<std::uint64_t> head_{0};
  std::uint64_t read_ = 0;
};

}  // namespace tickweir::bench
