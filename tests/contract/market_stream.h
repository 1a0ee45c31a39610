// A stream of market events that has something for every stage: generated orders, events made by hand in
// between, event types that nobody knows, ticks, and events refused before they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tickweir/testing_events.h"

namespace tickweir::contract {

inline constexpr std::uint64_t wall_time = 1'767'700'000'000'000'000;  // after every event of the stream

// The same events each time. Times never decrease.
[[nodiscard]] const std::vector<testing::OwnedEvent>& market_stream();
// The same, of 10,000 events and some more.
[[nodiscard]] const std::vector<testing::OwnedEvent>& long_market_stream();

// Events whose type no plugin here knows, some too short for anything, of different sizes.
[[nodiscard]] std::vector<testing::OwnedEvent> unknown_events();
// Events of every type that is known, with a payload that is missing, of 8 bytes, or cut by its last 8.
[[nodiscard]] std::vector<testing::OwnedEvent> short_events();

}  // namespace tickweir::contract
