// The market vocabulary for C++: payload structs (generated from market.fbs) and their validation.
//
// Threading: plain data and pure functions; any thread.
// Units:     see market.fbs. Prices are integers in the venue's smallest unit, never floating point.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "tickweir/event.h"
#include "tickweir/market_events.h"

namespace tickweir::market {

static_assert(event_size<NewOrder> == 64, "a new order is one cache line");

namespace detail {

// Types from NewOrder's on; 0: nobody has that number.
inline constexpr auto sizes_min = [] {
  std::array<std::uint32_t, 64> sizes{};
  for_each_payload_type([&sizes]<typename T>(const char*) {
    static_assert(T::event_type - NewOrder::event_type < sizes.size(), "enlarge the table");
    sizes[T::event_type - NewOrder::event_type] = event_size<T>;
  });
  return sizes;
}();

}  // namespace detail

// The least that an event of this type is long, header included; 0: the type is not of this vocabulary.
constexpr std::uint32_t event_size_min(std::uint16_t type) {
  const std::uint32_t index = std::uint32_t{type} - NewOrder::event_type;  // wraps below it
  return index < detail::sizes_min.size() ? detail::sizes_min[index] : 0;
}

// The largest price and quantity a valid order may carry. Their product fits a signed 64-bit notional.
constexpr std::int64_t price_max = std::int64_t{1} << 36;
constexpr std::uint32_t quantity_max = (std::uint32_t{1} << 27) - 1;
// An iceberg shows itself in at most so many parts: so many executions one order may have to be given.
constexpr std::uint32_t parts_max = 4096;

// Instruments are numbered from 1.
constexpr bool is_valid_instrument(std::uint32_t instrument) {
  return instrument != 0;
}

constexpr RejectReason validate_quantity(std::uint32_t quantity) {
  if (quantity == 0) return RejectReason::InvalidQuantity;
  return quantity > quantity_max ? RejectReason::Overflow : RejectReason::None;
}
constexpr RejectReason validate_price(std::int64_t price) {
  if (price <= 0) return RejectReason::InvalidPrice;
  return price > price_max ? RejectReason::Overflow : RejectReason::None;
}

// What an order's `flags` say, and back.
constexpr PostOnly post_only_of(std::uint8_t flags) {
  return static_cast<PostOnly>(flags & 3U);
}
constexpr SelfTrade self_trade_of(std::uint8_t flags) {
  return static_cast<SelfTrade>(flags >> 2U & 7U);
}
constexpr bool cancels_on_disconnect(std::uint8_t flags) {
  return (flags & 32U) != 0;
}
constexpr std::uint8_t order_flags(PostOnly post_only, SelfTrade self_trade = SelfTrade::Allow,
                                   bool cancel_on_disconnect = false) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(post_only) |
                                   static_cast<unsigned>(self_trade) << 2U |
                                   (cancel_on_disconnect ? 32U : 0U));
}

// Stays in the book until it trades or is ended, as far as its time in force goes.
constexpr bool may_rest(TimeInForce time_in_force) {
  return time_in_force != TimeInForce::ImmediateOrCancel && time_in_force != TimeInForce::FillOrKill;
}
constexpr bool is_stop(OrderKind kind) {
  return kind == OrderKind::Stop || kind == OrderKind::StopLimit;
}
constexpr bool has_limit(OrderKind kind) {
  return kind == OrderKind::Limit || kind == OrderKind::StopLimit;
}

constexpr NewOrderExtended extended(const NewOrder& order) {
  return {.order_id = order.order_id,
          .price = order.price,
          .quantity = order.quantity,
          .instrument = order.instrument,
          .account = order.account,
          .side = order.side,
          .kind = order.kind,
          .time_in_force = order.time_in_force,
          .flags = order.flags};
}

namespace detail {

constexpr RejectReason validate_price_of(OrderKind kind, std::int64_t price) {
  if (has_limit(kind)) return validate_price(price);
  return price != 0 ? RejectReason::InvalidPrice : RejectReason::None;
}
constexpr RejectReason validate_flags(OrderKind kind, TimeInForce time_in_force, std::uint8_t flags) {
  const PostOnly post_only = post_only_of(flags);
  const bool only_rests = kind == OrderKind::Limit && may_rest(time_in_force);
  if (flags >= 64 || post_only > PostOnly::Slide || self_trade_of(flags) > SelfTrade::Decrement ||
      (post_only != PostOnly::No && !only_rests)) {
    return RejectReason::InvalidFlags;
  }
  return RejectReason::None;
}
// The fields that both forms of a new order have.
constexpr RejectReason validate_leading(const auto& order, OrderKind last_kind, TimeInForce last_time) {
  if (order.order_id == 0) return RejectReason::InvalidOrderId;
  if (!is_valid_instrument(order.instrument)) return RejectReason::InvalidInstrument;
  if (order.side != Side::Buy && order.side != Side::Sell) return RejectReason::InvalidSide;
  if (order.kind > last_kind) return RejectReason::InvalidKind;
  if (const auto reason = validate_price_of(order.kind, order.price); reason != RejectReason::None) {
    return reason;
  }
  if (const auto reason = validate_quantity(order.quantity); reason != RejectReason::None) return reason;
  if (order.time_in_force > last_time || (is_stop(order.kind) && !may_rest(order.time_in_force))) {
    return RejectReason::InvalidTimeInForce;
  }
  return validate_flags(order.kind, order.time_in_force, order.flags);
}
constexpr bool may_have_minimum(const NewOrderExtended& order) {
  if (order.kind == OrderKind::Market) return order.time_in_force != TimeInForce::FillOrKill;
  return order.kind == OrderKind::Limit && order.time_in_force == TimeInForce::ImmediateOrCancel;
}

}  // namespace detail

// Of an iceberg that shows no more than `display` at a time; 0: is none.
constexpr bool has_too_many_parts(std::uint32_t display, std::uint32_t quantity) {
  return display != 0 && std::uint64_t{display} * parts_max < quantity;
}

// The first thing wrong with a request, by field; None when it may enter a book. A market order carries
// price 0, a stop that becomes one too.
constexpr RejectReason validate(const NewOrder& order) {
  return detail::validate_leading(order, OrderKind::Market, TimeInForce::Day);
}
constexpr RejectReason validate(const NewOrderExtended& order) {
  const auto reason = detail::validate_leading(order, OrderKind::StopLimit, TimeInForce::GoodTillDate);
  if (reason != RejectReason::None) return reason;
  const auto is_price = [](std::int64_t price) { return validate_price(price) == RejectReason::None; };
  if (is_stop(order.kind) ? !is_price(order.stop_price) : order.stop_price != 0) {
    return RejectReason::InvalidStopPrice;
  }
  if (order.protection != 0 && (has_limit(order.kind) || !is_price(order.protection))) {
    return RejectReason::InvalidProtection;
  }
  if ((order.time_in_force == TimeInForce::GoodTillDate) != (order.expiry_time != 0)) {
    return RejectReason::InvalidExpiry;
  }
  if (order.minimum_quantity > order.quantity ||
      (order.minimum_quantity != 0 && !detail::may_have_minimum(order))) {
    return RejectReason::InvalidMinimumQuantity;
  }
  const bool may_show_less = has_limit(order.kind) && may_rest(order.time_in_force);
  if (order.display_quantity > order.quantity || (order.display_quantity != 0 && !may_show_less) ||
      has_too_many_parts(order.display_quantity, order.quantity)) {
    return RejectReason::InvalidDisplayQuantity;
  }
  return RejectReason::None;
}
constexpr RejectReason validate(const Cancel& cancel) {
  return cancel.order_id == 0 ? RejectReason::InvalidOrderId : RejectReason::None;
}
constexpr RejectReason validate(const Reduce& reduce) {
  if (reduce.order_id == 0) return RejectReason::InvalidOrderId;
  return validate_quantity(reduce.quantity);
}
constexpr RejectReason validate(const Replace& replace) {
  if (replace.order_id == 0 || replace.new_order_id == 0) return RejectReason::InvalidOrderId;
  if (const auto reason = validate_price(replace.price); reason != RejectReason::None) return reason;
  return validate_quantity(replace.quantity);
}
constexpr RejectReason validate(const MassCancel& request) {
  if (request.account == 0) return RejectReason::InvalidAccount;
  if (request.side > Side::Sell) return RejectReason::InvalidSide;
  const bool is_known = request.reason == CancelReason::None || request.reason == CancelReason::Requested ||
                        request.reason == CancelReason::Disconnected;
  return is_known ? RejectReason::None : RejectReason::InvalidKind;
}
constexpr RejectReason validate(const InstrumentCancel& request) {
  return is_valid_instrument(request.instrument) ? RejectReason::None : RejectReason::InvalidInstrument;
}
constexpr RejectReason validate(const SnapshotRequest& request) {
  return is_valid_instrument(request.instrument) ? RejectReason::None : RejectReason::InvalidInstrument;
}
constexpr RejectReason validate(const TradingStatus& status) {
  if (!is_valid_instrument(status.instrument)) return RejectReason::InvalidInstrument;
  return status.state > TradingState::ClosingAuction ? RejectReason::InvalidState : RejectReason::None;
}
constexpr RejectReason validate(const InstrumentRules& rules) {
  if (!is_valid_instrument(rules.instrument)) return RejectReason::InvalidInstrument;
  for (const std::int64_t price : {rules.tick_size, rules.reference_price, rules.price_band}) {
    if (price < 0 || price > price_max) return RejectReason::InvalidRules;
  }
  return RejectReason::None;
}

}  // namespace tickweir::market
