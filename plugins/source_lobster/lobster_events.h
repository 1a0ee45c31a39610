// A message as a market event.
//
// Threading: pure functions; any thread. Memory, errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "lobster_rows.h"
#include "tickweir/market.h"

namespace tickweir::lobster {

using MarketEvent =
    std::variant<market::NewOrder, market::Cancel, market::Reduce, market::Replace, market::VenueExecution,
                 market::Trade, market::TradingStatus, market::Instrument>;
// No event of a source_lobster is larger.
constexpr std::uint32_t event_bytes_max = event_size<market::VenueExecution>;
static_assert(event_bytes_max >= event_size<market::Replace>);

constexpr market::Side opposite(market::Side side) {
  return side == market::Side::Buy ? market::Side::Sell : market::Side::Buy;
}
constexpr market::NewOrder new_order(std::uint64_t id, market::Side side, std::int64_t price,
                                     std::uint32_t quantity, std::uint32_t instrument) {
  return {.order_id = id, .price = price, .quantity = quantity, .instrument = instrument, .side = side};
}
constexpr market::TradingState state_of(std::int64_t price) {
  if (price == 0) return market::TradingState::QuoteOnly;
  return price == 1 ? market::TradingState::Open : market::TradingState::Halted;
}

// None: a cross in which nothing traded.
constexpr std::optional<MarketEvent> event_of(const Message& message, std::uint32_t instrument) {
  const auto quantity = static_cast<std::uint32_t>(message.size);
  switch (message.type) {
    case MessageType::submission:
      return new_order(message.order_id, message.side, message.price, quantity, instrument);
    case MessageType::partial_cancel:
      return market::Reduce{.order_id = message.order_id, .quantity = quantity, .instrument = instrument};
    case MessageType::deletion:
      return market::Cancel{.order_id = message.order_id, .instrument = instrument};
    case MessageType::execution:
      return market::VenueExecution{.order_id = message.order_id,
                                    .price = message.price,
                                    .quantity = quantity,
                                    .instrument = instrument,
                                    .printable = 1};
    case MessageType::hidden_execution:  // the direction is that of the order that rested
      return market::Trade{.price = message.price,
                           .quantity = message.size,
                           .instrument = instrument,
                           .side = opposite(message.side)};
    case MessageType::cross_trade:
      if (message.size == 0) return std::nullopt;
      return market::Trade{.price = message.price, .quantity = message.size, .instrument = instrument};
    case MessageType::halt:
      return market::TradingStatus{.instrument = instrument, .state = state_of(message.price)};
  }
  return std::nullopt;
}

}  // namespace tickweir::lobster
