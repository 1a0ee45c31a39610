// Puts the decoder's events straight into an open batch.
//
// The counts of the batch are kept here while it is being filled, and written back by commit(): the loop
// that decodes then holds them in registers, which is worth a quarter of its time.
//
// Threading: one thread. Ownership: borrows the batch. Memory: writes only within the batch's capacity.
// Errors:    none; open() on a full sink is our bug, and asserted.
#pragma once

#include <cstdint>

#include "tickweir/event.h"
#include "tickweir/market.h"

namespace tickweir::itch {

class BatchSink {
 public:
  // No event of a source_itch is larger.
  static constexpr std::uint32_t event_bytes_max = event_size<market::VenueExecution>;
  static_assert(event_bytes_max >= event_size<market::Replace> &&
                event_bytes_max >= event_size<market::Trade>);

  explicit BatchSink(tickweir_batch& batch)
      : batch_(&batch),
        at_(batch.data + batch.used_bytes),
        end_(batch.data + batch.capacity_bytes),
        room_(batch.event_count_max - batch.event_count) {
    if (batch.event_count == 0) return;
    any_size_ = batch.stride != 0 ? batch.stride : UINT32_MAX;
    every_size_ = batch.stride;
  }

  // Is there no room for one more event of any kind?
  [[nodiscard]] bool full() const { return room_ == 0 || end_ - at_ < event_bytes_max; }

  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time, std::uint64_t origin) {
    TICKWEIR_ASSERT(!full());
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
  std::uint32_t room_;
  // All sizes joined by or, and by and: equal when there is only one.
  std::uint32_t any_size_ = 0;
  std::uint32_t every_size_ = UINT32_MAX;
};

}  // namespace tickweir::itch
