// Reading, judging and filling batches.
//
//   BatchView   what a sink or transform reads        (read-only)
//   Batch       what a filter may judge and annotate  (in place)
//   Emitter     where sources and transforms put new events
//
// Threading: the thread of the stage, during the call.
// Ownership: lent for the call. Keep no pointer into a batch afterwards.
// Memory:    nothing here allocates; Emitter gets fresh batches from the runtime's pool.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "tickweir/counters.h"
#include "tickweir/event.h"

namespace tickweir {

namespace detail {

// Most events are as long as a cache line: see market.h, NewOrder.
constexpr std::uint32_t line_bytes = 64;

// Calls `visit(event)` for each event without a verdict, in order. When all events have one size the
// address of the next event does not wait for a load; when that size is a line, not even for an addition,
// which a loop as short as a counter's feels (by a third).
template <typename EventT, typename Visit>
inline void for_each_event(const tickweir_batch& batch, Visit&& visit) {
  auto* at = batch.data;
  auto* const end = at + batch.used_bytes;
  const std::uint32_t stride = batch.stride;
  if (stride == line_bytes && batch.refused_count == 0) {
    for (; at != end; at += line_bytes) visit(*reinterpret_cast<EventT*>(at));
  } else if (stride != 0 && batch.refused_count == 0) {
    for (; at != end; at += stride) visit(*reinterpret_cast<EventT*>(at));
  } else if (stride != 0) {
    for (; at != end; at += stride) {
      auto& event = *reinterpret_cast<EventT*>(at);
      if (event.verdict == 0) visit(event);
    }
  } else {
    while (at != end) {
      auto& event = *reinterpret_cast<EventT*>(at);
      at += event.size;
      if (event.verdict == 0) visit(event);
    }
  }
}

}  // namespace detail

class BatchView {
 public:
  explicit BatchView(const tickweir_batch& raw) : raw_(&raw) {}

  // Events that nobody has refused.
  [[nodiscard]] std::uint32_t live_count() const { return raw_->event_count - raw_->refused_count; }
  // All events, refused ones included.
  [[nodiscard]] std::uint32_t event_count() const { return raw_->event_count; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {raw_->data, raw_->used_bytes}; }
  [[nodiscard]] const tickweir_batch& raw() const { return *raw_; }

  // Visits each live event in order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    detail::for_each_event<const Event>(*raw_, std::forward<Visit>(visit));
  }

 private:
  const tickweir_batch* raw_;
};

// Where an event that a sharded stage emits belongs: see plugin.h, tickweir_transform.
inline std::uint64_t place_of(const BatchView& batch, const Event& cause, std::uint32_t rank) {
  const auto offset = reinterpret_cast<const std::uint8_t*>(&cause) - batch.raw().data;
  return static_cast<std::uint64_t>(offset) << 32 | rank;
}

class Batch {
 public:
  Batch(tickweir_batch& raw, std::uint32_t verdict_base, std::uint64_t* drop_cells)
      : raw_(&raw), verdict_base_(verdict_base), drop_cells_(drop_cells) {}

  [[nodiscard]] std::uint32_t live_count() const { return raw_->event_count - raw_->refused_count; }
  [[nodiscard]] std::uint32_t event_count() const { return raw_->event_count; }
  [[nodiscard]] tickweir_batch& raw() { return *raw_; }

  // Visits each live event in order; it may be changed, except for its size, type and verdict.
  template <typename Visit>
  void for_each(Visit&& visit) {
    detail::for_each_event<Event>(*raw_, std::forward<Visit>(visit));
  }

  // Refuses a live event for the reason with that index in the descriptor. It stays in the batch,
  // later stages do not see it, and it is counted. An enum that mirrors the table reads best.
  void drop(Event& event, std::uint32_t reason) {
    TICKWEIR_ASSERT(event.verdict == 0);
    event.verdict = static_cast<std::uint8_t>(verdict_base_ + reason);
    ++raw_->refused_count;
    Counter(drop_cells_ + reason).add();
  }

 private:
  tickweir_batch* raw_;
  std::uint32_t verdict_base_;
  std::uint64_t* drop_cells_;
};

class Emitter {
 public:
  explicit Emitter(tickweir_emitter& raw) : raw_(&raw) {}

  // The C side, for a source that fills open batches in place and keeps their counts itself.
  [[nodiscard]] tickweir_emitter& raw() { return *raw_; }

  // False: nobody listens to this output, whatever is emitted there is not even built.
  [[nodiscard]] bool connected(std::uint32_t output) const { return raw_->outputs[output] != nullptr; }

  // Events that still fit into the open batch of `output` by count. A source stops polling at 0.
  [[nodiscard]] std::uint32_t room(std::uint32_t output = 0) const {
    const tickweir_batch* batch = raw_->outputs[output];
    return batch == nullptr ? 0 : batch->event_count_max - batch->event_count;
  }

  // Sharded stages: the place of the events appended from now on.
  void set_place(std::uint64_t place) { place_ = place, is_placed_ = true; }

  // Appends an event with `bytes` of payload (rounded up to 8, the padding zeroed) and returns it with
  // its header filled and its payload unwritten; nullptr when nobody listens. The pointer is good until
  // the next call on this output. `bytes` must fit: see Context::event_bytes_max.
  [[gnu::always_inline]] Event* append(std::uint32_t output, std::uint16_t type, std::uint32_t bytes,
                                       std::uint64_t time, std::uint64_t origin) {
    tickweir_batch* batch = raw_->outputs[output];
    if (batch == nullptr) return nullptr;
    const auto size = static_cast<std::uint32_t>((sizeof(Event) + bytes + 7U) & ~std::size_t{7});
    const bool is_full =
        batch->event_count == batch->event_count_max || batch->capacity_bytes - batch->used_bytes < size;
    if (is_full) [[unlikely]]
      batch = next_batch(output, size);
    auto* event = reinterpret_cast<Event*>(batch->data + batch->used_bytes);
    if (bytes % event_alignment != 0) {
      std::memset(reinterpret_cast<std::uint8_t*>(event) + size - event_alignment, 0, event_alignment);
    }
    *event = {.size = size,
              .type = type,
              .verdict = 0,
              .flags = 0,
              .sequence = place_,
              .time = time,
              .origin = origin};
    batch->stride = batch->event_count == 0 || batch->stride == size ? size : 0;
    ++batch->event_count;
    batch->used_bytes += size;
    return event;
  }

  // Appends an event with this payload. Does nothing when nobody listens.
  template <Payload T>
  [[gnu::always_inline]] void emit(std::uint32_t output, std::uint64_t time, std::uint64_t origin,
                                   const T& value) {
    if (Event* event = append(output, T::event_type, sizeof(T), time, origin)) {
      *reinterpret_cast<T*>(event + 1) = value;  // which memcpy would have made elsewhere first
    }
  }

  // Appends a copy of a whole event: header and payload, verdict cleared.
  void forward(std::uint32_t output, const Event& event) {
    const auto payload_bytes = static_cast<std::uint32_t>(event.size - sizeof(Event));
    if (Event* copy = append(output, event.type, payload_bytes, event.time, event.origin)) {
      if (!is_placed_) copy->sequence = event.sequence;
      copy->flags = event.flags;
      std::memcpy(copy + 1, &event + 1, payload_bytes);
    }
  }

 private:
  [[gnu::noinline]] tickweir_batch* next_batch(std::uint32_t output, std::uint32_t size) {
    raw_->advance(raw_->host, output);
    tickweir_batch* const batch = raw_->outputs[output];
    TICKWEIR_ASSERT(batch->capacity_bytes - batch->used_bytes >= size);
    return batch;
  }

  tickweir_emitter* raw_;
  std::uint64_t place_ = 0;  // 0 unless sharded
  bool is_placed_ = false;
};

}  // namespace tickweir
