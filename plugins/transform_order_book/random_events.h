// For tests: random streams as events for the stage.
#pragma once

#include <cstdint>
#include <random>
#include <variant>
#include <vector>

#include "random_rows.h"
#include "request_text.h"
#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace tickweir::book {

using Events = std::vector<testing::OwnedEvent>;

// Requests to a venue. Time goes on by ticks, and by requests that follow.
inline Events random_requests(RandomRows rows, std::size_t count) {
  std::uint64_t time = 0;
  Events events;
  while (events.size() < count) {
    const std::uint64_t number = events.size() + 1;
    std::visit(
        [&]<typename T>(const T& request) {
          if constexpr (std::is_same_v<T, AtTime>) {
            time = request.time;
            if (time % 2 == 0) events.push_back(testing::tick(time));
          } else {
            events.push_back(testing::event(
                request, {.time = time, .origin = make_origin(1, number), .sequence = number}));
          }
        },
        parse_request(rows.next()));
  }
  return events;
}

// A word of a venue's feed. An order's instrument follows from its id, and is 0 for some.
inline testing::OwnedEvent random_word(std::mt19937_64& random, std::uint64_t number) {
  const testing::Fields fields{.time = number * 10, .origin = make_origin(1, number), .sequence = number};
  const std::uint64_t id = 1 + random() % 250;
  const auto instrument = static_cast<std::uint32_t>(id % 4);
  const auto price = static_cast<std::int64_t>(100 + random() % 40);
  const auto quantity = static_cast<std::uint32_t>(1 + random() % 20);
  switch (random() % 9) {
    case 0:
      return testing::event(market::Cancel{.order_id = id, .instrument = instrument}, fields);
    case 1:
      return testing::event(market::Reduce{.order_id = id, .quantity = quantity, .instrument = instrument},
                            fields);
    case 2:
      return testing::event(market::Replace{.order_id = id,
                                            .new_order_id = instrument + random() % 62 * 4,
                                            .price = price,
                                            .quantity = quantity,
                                            .instrument = instrument},
                            fields);
    case 8:
      return testing::event(
          market::VenueExecution{
              .order_id = id, .quantity = quantity, .instrument = instrument, .printable = 1},
          fields);
    default:
      return testing::event(market::NewOrder{.order_id = id,
                                             .price = price,
                                             .quantity = quantity,
                                             .instrument = instrument,
                                             .account = static_cast<std::uint32_t>(random() % 3),
                                             .side = random() % 2 == 0 ? Side::Buy : Side::Sell,
                                             .kind = market::OrderKind::Limit,
                                             .time_in_force = market::TimeInForce::GoodTillCancel},
                            fields);
  }
}

inline Events random_feed(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  Events events;
  for (std::uint64_t i = 1; i <= count; ++i) events.push_back(random_word(random, i));
  return events;
}

}  // namespace tickweir::book
