// Fills an open batch as fast as memory allows, for a source that brings many events a call.
//
// Emitter::append() keeps the batch's counts in the batch, up to date after every event. A BatchFiller keeps
// them in itself, so that a loop holds them in registers, and writes them back in commit(). Use it for one
// open batch within one call:
//
//   BatchFiller filler(*out.raw().outputs[0], event_size<Order>);
//   while (!filler.is_full() && next(order)) filler.add(time, origin, order);
//   filler.commit();
//
// Threading: the stage's thread, during poll() or process().
// Ownership: borrows the batch; nothing else may touch it until commit().
// Memory:    writes only within the batch. Errors: adding to a full one is our bug, and asserted.
#pragma once

#include <cstdint>
#include <new>

#include "tickweir/event.h"

namespace tickweir {

class BatchFiller {
 public:
  // `event_bytes_max`: no event that will be added is larger.
  BatchFiller(tickweir_batch& batch, std::uint32_t event_bytes_max)
      : batch_(&batch),
        at_(batch.data + batch.used_bytes),
        end_(batch.data + batch.capacity_bytes),
        event_bytes_max_(event_bytes_max),
        room_(batch.event_count_max - batch.event_count) {
    if (batch.event_count == 0) return;
    any_size_ = batch.stride != 0 ? batch.stride : UINT32_MAX;
    every_size_ = batch.stride;
  }

  // There is no room for one more event of the largest size.
  [[nodiscard]] bool is_full() const { return room_ == 0 || end_ - at_ < event_bytes_max_; }

  // Appends an event with its header filled; returns where its payload of `bytes`, a multiple of 8, goes.
  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time, std::uint64_t origin) {
    TICKWEIR_ASSERT(!is_full());
    const std::uint32_t size = static_cast<std::uint32_t>(sizeof(Event)) + bytes;
    auto* event = reinterpret_cast<Event*>(at_);
    *event = {
        .size = size, .type = type, .verdict = 0, .flags = 0, .sequence = 0, .time = time, .origin = origin};
    any_size_ |= size;
    every_size_ &= size;
    --room_;
    at_ += size;
    return reinterpret_cast<std::uint8_t*>(event + 1);
  }

  template <Payload T>
  void add(std::uint64_t time, std::uint64_t origin, const T& value) {
    ::new (open(T::event_type, sizeof(T), time, origin)) T(value);
  }

  // Makes the batch say what is in it.
  void commit() {
    batch_->event_count = batch_->event_count_max - room_;
    batch_->used_bytes = static_cast<std::uint32_t>(at_ - batch_->data);
    batch_->stride = any_size_ == every_size_ ? any_size_ : 0;
  }

 private:
  tickweir_batch* batch_;
  std::uint8_t* at_;
  std::uint8_t* end_;
  std::ptrdiff_t event_bytes_max_;
  std::uint32_t room_;
  // All sizes joined by or, and by and: equal when there is only one.
  std::uint32_t any_size_ = 0;
  std::uint32_t every_size_ = UINT32_MAX;
};

}  // namespace tickweir
