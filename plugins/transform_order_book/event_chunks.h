// Goes through the live events of a batch, a chunk at a time, after a look ahead at what they will touch.
//
// Threading: one thread. Memory: none; some pointers on the stack.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "look_ahead.h"
#include "tickweir/batch.h"

namespace tickweir::book {

// What a whole event will touch, without a branch on its type, which nothing could predict.
inline Hint hint_of(const Event& event, std::uint32_t instruments) {
  static constexpr market::NewOrder none{};
  const bool is_request =
      event.type >= market::NewOrder::event_type && event.type <= market::NewOrderExtended::event_type;
  const bool is_new = event.type == market::NewOrder::event_type ||
                      event.type == market::NewOrderExtended::event_type;  // whose first fields are the same
  const auto* const payload = reinterpret_cast<const market::NewOrder*>(&event + 1);
  const std::uint64_t& id = (is_request ? payload : &none)->order_id;  // the first field of each of them
  const market::NewOrder& order = is_new ? *payload : none;
  const std::uint32_t instrument = order.instrument < instruments ? order.instrument : 0;
  return {.id = id, .rank = rank_of(order.side, order.price), .place = place_of(instrument, order.side)};
}

// The least size of an event by its type, from the first type of the vocabulary on; the last entry is for
// others.
inline constexpr auto least_sizes = [] {
  std::array<std::uint32_t, 65> sizes;
  sizes.fill(sizeof(Event));
  market::for_each_payload_type([&sizes]<typename T>(const char*) {
    static_assert(T::event_type - market::NewOrder::event_type < 64);
    sizes[T::event_type - market::NewOrder::event_type] = event_size<T>;
  });
  return sizes;
}();
// Long enough for what its type promises; an event that is not must not be read.
inline bool is_whole(const Event& event) {
  const std::uint32_t from_first = std::uint32_t{event.type} - market::NewOrder::event_type;
  return event.size >= least_sizes[std::min(from_first, 64U)];
}

// Calls `execute(event)` for each live event, in order. Returns how many were left out: too short for their
// type.
template <typename Execute>
std::uint64_t for_each_in_chunks(const BatchView& batch, LookAhead& ahead, std::uint32_t instruments,
                                 Execute&& execute) {
  std::uint64_t too_short = 0;
  std::array<const Event*, chunk_max> chunk;
  std::size_t count = 0;
  const auto finish = [&] {
    ahead.look(count, [&](std::size_t i) { return hint_of(*chunk[i], instruments); });
    for (std::size_t i = 0; i < count; ++i) execute(*chunk[i]);
    count = 0;
  };
  batch.for_each([&](const Event& event) {
    if (!is_whole(event)) {
      ++too_short;
      return;
    }
    chunk[count++] = &event;
    if (count == chunk_max) finish();
  });
  finish();
  return too_short;
}

}  // namespace tickweir::book
