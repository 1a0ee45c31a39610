// What can be told of an event at a glance: its kind, a small number for counting, and its instrument.
//
// Threading: constants and pure functions. Memory: a table of under 1 KiB, made at compile time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tickweir/event.h"
#include "tickweir/market.h"

namespace tickweir::observe {

namespace detail {

constexpr std::uint32_t count_payload_types() {
  std::uint32_t count = 0;
  market::for_each_payload_type([&count]<typename T>(const char*) { count += T::event_type != 0 ? 1 : 0; });
  return count;
}

}  // namespace detail

// Kinds: one for each payload type of the vocabulary, then ticks, then what is not known.
constexpr std::uint32_t tick_kind = detail::count_payload_types();
constexpr std::uint32_t other_kind = tick_kind + 1;
constexpr std::uint32_t kind_count = other_kind + 1;

namespace detail {

struct Facts {
  std::uint16_t kind = other_kind;
  std::uint16_t instrument_at = 0;  // offset in the event; 0: it is about no one instrument
  std::uint32_t size = 0;           // of the whole event, at least
};
constexpr std::uint32_t facts_count = 64;  // types from 256 on

constexpr std::array<Facts, facts_count> make_facts() {
  std::array<Facts, facts_count> table{};
  std::uint16_t kind = 0;
  market::for_each_payload_type([&]<typename T>(const char*) {
    static_assert(T::event_type - TICKWEIR_EVENT_FIRST_PAYLOAD < facts_count, "enlarge facts_count");
    Facts facts{.kind = kind++, .instrument_at = 0, .size = event_size<T>};
    if constexpr (requires(T value) { value.instrument; }) {
      facts.instrument_at = static_cast<std::uint16_t>(sizeof(Event) + offsetof(T, instrument));
    }
    table[T::event_type - TICKWEIR_EVENT_FIRST_PAYLOAD] = facts;
  });
  return table;
}

inline constexpr auto facts = make_facts();

constexpr std::array<const char*, kind_count> make_names() {
  std::array<const char*, kind_count> names{};
  std::uint32_t kind = 0;
  market::for_each_payload_type([&]<typename T>(const char* name) { names[kind++] = name; });
  names[tick_kind] = "Tick";
  names[other_kind] = "other";
  return names;
}

}  // namespace detail

inline constexpr std::array<const char*, kind_count> kind_names = detail::make_names();

struct Seen {
  std::uint32_t kind = other_kind;
  std::uint32_t instrument = 0;  // 0: about no one instrument
};

// An event that is too short for its type is of the kind other.
[[nodiscard]] inline Seen look_at(const Event& event) {
  const std::uint32_t index = std::uint32_t{event.type} - TICKWEIR_EVENT_FIRST_PAYLOAD;  // wraps below it
  if (index >= detail::facts_count) return {.kind = event.type == event_type_tick ? tick_kind : other_kind};
  const detail::Facts& facts = detail::facts[index];
  if (event.size < facts.size) return {};
  Seen seen{.kind = facts.kind};
  if (facts.instrument_at != 0) {
    std::memcpy(&seen.instrument, reinterpret_cast<const std::uint8_t*>(&event) + facts.instrument_at,
                sizeof seen.instrument);
  }
  return seen;
}

}  // namespace tickweir::observe
