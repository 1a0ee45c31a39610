// An event is a 32-byte header and a payload of fixed layout. This file gives the header its C++ name,
// ties payload structs to their type numbers, and reads and builds events in place.
//
// Threading: plain data; whoever holds the batch may touch it.
// Memory:    views only. Nothing here allocates or owns.
// Units:     time in ns since the Unix epoch; sizes in bytes.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tickweir/assert.h"
#include "tickweir/plugin.h"

namespace tickweir {

static_assert(std::endian::native == std::endian::little, "the event layout is little-endian");

using Event = tickweir_event;
static_assert(sizeof(Event) == 32 && offsetof(Event, sequence) == 8 && offsetof(Event, origin) == 24);

constexpr std::uint16_t event_type_tick = TICKWEIR_EVENT_TICK;
constexpr std::uint32_t event_alignment = 8;

// A payload: trivially copyable, a multiple of 8 bytes, with its number as `event_type` (256 or above).
template <typename T>
concept Payload = std::is_trivially_copyable_v<T> && sizeof(T) % event_alignment == 0 &&
                  requires { { T::event_type } -> std::convertible_to<std::uint16_t>; };

// Size of a whole event with this payload.
template <Payload T>
constexpr std::uint32_t event_size = sizeof(Event) + sizeof(T);

// The payload of `event`, which must be of that type: asserted by type and by size, so never for an event
// that nobody has looked at.
template <Payload T>
[[nodiscard]] T& payload(Event& event) {
  TICKWEIR_ASSERT(event.type == T::event_type);
  TICKWEIR_ASSERT(event.size >= event_size<T>);
  return *reinterpret_cast<T*>(&event + 1);
}
template <Payload T>
[[nodiscard]] const T& payload(const Event& event) {
  TICKWEIR_ASSERT(event.type == T::event_type);
  TICKWEIR_ASSERT(event.size >= event_size<T>);
  return *reinterpret_cast<const T*>(&event + 1);
}

// The same of an event that may be anything, as all that comes from outside: nullptr if it is of another
// type, or too short for its type.
template <Payload T>
[[nodiscard]] T* payload_if(Event& event) {
  const bool fits = event.type == T::event_type && event.size >= event_size<T>;
  return fits ? reinterpret_cast<T*>(&event + 1) : nullptr;
}
template <Payload T>
[[nodiscard]] const T* payload_if(const Event& event) {
  return payload_if<T>(const_cast<Event&>(event));
}

// Of one of these types, but too short for it: such an event must not be read.
template <Payload... Types>
[[nodiscard]] constexpr bool is_too_short(const Event& event) {
  return ((event.type == Types::event_type && event.size < event_size<Types>) || ...);
}

// Origin: 24 bits of source, 40 bits of the source's own number, which wraps.
constexpr std::uint64_t origin_number_mask = (std::uint64_t{1} << 40) - 1;
constexpr std::uint64_t make_origin(std::uint32_t source, std::uint64_t number) {
  return std::uint64_t{source} << 40 | (number & origin_number_mask);
}
constexpr std::uint32_t origin_source(std::uint64_t origin) {
  return static_cast<std::uint32_t>(origin >> 40);
}
constexpr std::uint64_t origin_number(std::uint64_t origin) { return origin & origin_number_mask; }

}  // namespace tickweir
