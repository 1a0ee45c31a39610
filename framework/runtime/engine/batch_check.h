// Whether a batch that a plugin filled is sound. Called once per emitted batch.
//
// Batches of equal sizes, the usual case, are checked by arithmetic and their two ends; batches of mixed
// sizes are walked.
#pragma once

#include "tickweir/event.h"

namespace tickweir {

inline const char* wrong_with_event(const Event& event) {
  if (event.size < sizeof(Event)) return "emitted an event smaller than its header";
  if (event.size % event_alignment != 0) return "emitted an event whose size is not a multiple of 8";
  if (event.type == TICKWEIR_EVENT_NONE) return "emitted an event without a type";
  if (event.verdict != 0) return "emitted an event that carries a verdict";
  return nullptr;
}

// What is wrong with it as "<the stage> ...", or nullptr.
inline const char* wrong_with_batch(const tickweir_batch& batch) {
  if (batch.event_count > batch.event_count_max) return "emitted more events than a batch may hold";
  if (batch.used_bytes > batch.capacity_bytes) return "wrote past the end of a batch";
  if (batch.refused_count != 0) return "emitted an event that carries a verdict";
  const std::uint8_t* const end = batch.data + batch.used_bytes;
  if (batch.stride != 0) {
    if (std::uint64_t{batch.stride} * batch.event_count != batch.used_bytes) {
      return "emitted events whose sizes do not add up";
    }
    const auto& first = *reinterpret_cast<const Event*>(batch.data);
    const auto& last = *reinterpret_cast<const Event*>(end - batch.stride);
    if (first.size != batch.stride || last.size != batch.stride) return "emitted an event with a wrong size";
    const char* const wrong = wrong_with_event(first);
    return wrong != nullptr ? wrong : wrong_with_event(last);
  }
  std::uint32_t count = 0;
  for (const std::uint8_t* at = batch.data; at != end; ++count) {
    const auto& event = *reinterpret_cast<const Event*>(at);
    if (static_cast<std::size_t>(end - at) < sizeof(Event)) return "emitted a piece of an event";
    if (const char* wrong = wrong_with_event(event)) return wrong;
    if (event.size > static_cast<std::size_t>(end - at)) return "emitted an event larger than its batch";
    at += event.size;
  }
  return count == batch.event_count ? nullptr : "emitted events whose sizes do not add up";
}

// Of the last event; 0 for an empty batch.
inline std::uint64_t last_time_of(const tickweir_batch& batch) {
  std::uint64_t time = 0;
  const std::uint8_t* at = batch.data + (batch.stride != 0 ? batch.used_bytes - batch.stride : 0);
  for (const std::uint8_t* const end = batch.data + batch.used_bytes; at != end;) {
    const auto& event = *reinterpret_cast<const Event*>(at);
    time = event.time;
    at += event.size;
  }
  return time;
}

}  // namespace tickweir
