// See market_stream.h.
#include "market_stream.h"

#include <array>
#include <cstdint>

#include "tickweir/market.h"
#include "tickweir/testing.h"

namespace tickweir::contract {
namespace {

using testing::event;
using testing::Fields;
using testing::OwnedEvent;
using Events = std::vector<OwnedEvent>;

constexpr const char* generator = TICKWEIR_PLUGIN_DIR "/source_generator.so";

Events generated(const char* count) {
  testing::Harness source(generator, {{"seed", "11"},
                                      {"events", count},
                                      {"instruments", "20"},
                                      {"live_orders", "3000"},
                                      {"duplicates", "0.05"},
                                      {"duplicate_delay", "7"}});
  source.poll();
  return source.output();
}

OwnedEvent unknown(std::uint16_t type, std::size_t bytes, const Fields& fields) {
  const std::vector<std::uint8_t> payload(bytes, std::uint8_t{0x5A});
  return {type, payload, fields};
}

// An instrument's day: mostly open.
market::TradingState state_of(std::size_t turn) {
  using enum market::TradingState;
  static constexpr std::array states{Open, Open, Halted,         Open, OpeningAuction, Open,
                                     Open, Open, ClosingAuction, Open, Closed,         Open};
  return states[turn / 15 % states.size()];
}

// An order like this one, but one that expires, waits or hides something.
OwnedEvent with_extras(std::size_t turn, const market::NewOrder& order, const Fields& fields) {
  market::NewOrderExtended asked = market::extended(order);
  asked.order_id += std::uint64_t{1} << 40;
  asked.kind = market::OrderKind::Limit;
  asked.price = order.price != 0 ? order.price : 1'000'000;
  asked.time_in_force = turn % 2 == 0 ? market::TimeInForce::GoodTillDate : market::TimeInForce::Day;
  if (turn % 2 == 0) asked.expiry_time = fields.time + 1000;
  if (turn % 3 == 0) asked.display_quantity = 1 + order.quantity / 4;
  if (turn % 3 == 1) {
    asked.kind = market::OrderKind::StopLimit;
    asked.stop_price = asked.price;
  }
  return event(asked, fields);
}

// One of fifteen, by turns, about the order that the generator sent just before.
OwnedEvent by_hand(std::size_t turn, const market::NewOrder& order, const Fields& fields) {
  Fields refused = fields;
  refused.verdict = 200;
  switch (turn % 15) {
    case 0:
      return event(market::Trade{.price = order.price, .quantity = 5, .instrument = order.instrument},
                   fields);
    case 1:
      return event(market::VenueExecution{.order_id = order.order_id,
                                          .venue_match_id = turn,
                                          .quantity = 1,
                                          .instrument = order.instrument,
                                          .printable = 1},
                   fields);
    case 2:
      return event(market::Executed{.match_id = turn,
                                    .maker_order_id = 1,
                                    .price = order.price,
                                    .quantity = 3,
                                    .instrument = order.instrument,
                                    .taker_side = market::Side::Buy},
                   fields);
    case 3:
      return event(market::Instrument{.instrument = order.instrument, .name = {'A', 'B', 'C'}}, fields);
    case 4:
      return event(market::TradingStatus{.instrument = order.instrument, .state = state_of(turn)}, fields);
    case 5:
      return testing::tick(fields.time);
    case 6:
      return unknown(40'000, 24, fields);
    case 7:
      return event(order, refused);
    case 8:
      return event(market::NewOrder{.order_id = 0, .quantity = 0, .instrument = 0}, fields);
    case 9:
      return event(market::Executed{.match_id = turn, .price = 1, .quantity = 1, .instrument = 3}, refused);
    case 10:
      return event(market::InstrumentRules{.instrument = order.instrument,
                                           .reference_price = order.price,
                                           .price_band = 100'000,
                                           .max_orders_per_account = 500},
                   fields);
    case 11:
      return with_extras(turn / 15, order, fields);
    case 12:
      return turn % 4 == 0 ? event(market::InstrumentCancel{.instrument = order.instrument}, fields)
                           : event(market::MassCancel{.account = order.account,
                                                      .instrument = order.instrument,
                                                      .side = order.side},
                                   fields);
    case 13:
      return event(market::SnapshotRequest{.instrument = order.instrument}, fields);
    default:
      return unknown(TICKWEIR_EVENT_FIRST_PAYLOAD + 44, 0, fields);
  }
}

Events make_stream(const char* count) {
  Events stream;
  std::uint64_t number = 0;
  for (const OwnedEvent& order : generated(count)) {
    stream.push_back(order);
    if (!order.is<market::NewOrder>()) continue;
    ++number;
    const Fields fields{.time = order.time(), .origin = make_origin(2, number)};
    stream.push_back(by_hand(number, order.as<market::NewOrder>(), fields));
  }
  return stream;
}

}  // namespace

const Events& market_stream() {
  static const Events stream = make_stream("6000");
  return stream;
}

const Events& long_market_stream() {
  static const Events stream = make_stream("8400");
  return stream;
}

Events unknown_events() {
  Events events;
  std::uint64_t number = 0;
  for (const std::uint16_t type : std::array<std::uint16_t, 4>{2, 255, 300, 65'535}) {
    for (const std::size_t bytes : std::array<std::size_t, 3>{0, 8, 200}) {
      ++number;
      events.push_back(unknown(type, bytes, {.time = 1000 + number, .origin = make_origin(1, number)}));
    }
  }
  return events;
}

Events short_events() {
  Events events;
  market::for_each_payload_type([&events]<typename T>(const char*) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{8}, sizeof(T) - 8}) {
      const std::uint64_t number = events.size() + 1;
      const Fields fields{.time = 1000 + number, .origin = make_origin(1, number)};
      events.push_back(unknown(T::event_type, bytes, fields));
    }
  });
  return events;
}

}  // namespace tickweir::contract
