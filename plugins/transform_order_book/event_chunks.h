// Goes through the live events of a batch, a chunk at a time, after a look ahead at what they will touch.
//
// Threading: one thread. Memory: none; some pointers on the stack.
#pragma once

#include <array>
#include <cstdint>

#include "look_ahead.h"
#include "tickweir/batch.h"

namespace tickweir::book {

// What an event will touch, without a branch on its type, which nothing could predict.
inline Hint hint_of(const Event& event, std::uint32_t instruments) {
  static constexpr market::NewOrder none{};
  const bool is_request =
      event.type >= market::NewOrder::event_type && event.type <= market::VenueExecution::event_type;
  const bool is_new = event.type == market::NewOrder::event_type;
  const auto* const payload = reinterpret_cast<const market::NewOrder*>(&event + 1);
  const std::uint64_t& id = (is_request ? payload : &none)->order_id;  // the first field of each of them
  const market::NewOrder& order = is_new ? *payload : none;
  const std::uint32_t instrument = order.instrument < instruments ? order.instrument : 0;
  return {.id = id, .rank = rank_of(order.side, order.price), .place = place_of(instrument, order.side)};
}

// Calls `execute(event)` for each live event, in order.
template <typename Execute>
void for_each_in_chunks(const BatchView& batch, LookAhead& ahead, std::uint32_t instruments,
                        Execute&& execute) {
  std::array<const Event*, chunk_max> chunk;
  std::size_t count = 0;
  const auto finish = [&] {
    ahead.look(count, [&](std::size_t i) { return hint_of(*chunk[i], instruments); });
    for (std::size_t i = 0; i < count; ++i) execute(*chunk[i]);
    count = 0;
  };
  batch.for_each([&](const Event& event) {
    chunk[count++] = &event;
    if (count == chunk_max) finish();
  });
  finish();
}

}  // namespace tickweir::book
