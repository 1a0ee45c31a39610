// What both kinds of book count and report, besides what everybody may see.
//
// Threading: one thread. Memory: none of its own.
#pragma once

#include <array>
#include <cstdint>

#include "market_data.h"
#include "tickweir/market.h"

namespace tickweir::book {

using market::RejectReason;

constexpr std::size_t reject_reason_count = market::value_count<RejectReason>;

// Plain sums since the start, kept whatever the listener wants.
struct Counts {
  std::uint64_t accepted = 0;
  std::uint64_t executed = 0;
  std::uint64_t cancelled = 0;  // orders that left by cancel, reduce or as a remainder
  std::uint64_t expired = 0;
  std::uint64_t triggered = 0;
  std::uint64_t replaced = 0;
  std::uint64_t crossed = 0;  // rebuild: entries that left bid >= ask
  std::uint64_t excess = 0;   // rebuild: reductions and executions above what was open
  std::array<std::uint64_t, reject_reason_count> rejected{};  // by RejectReason
};

// What the rules of both modes are built from.
template <typename Listener>
class Reporting : public MarketData<Listener> {
 public:
  using MarketData<Listener>::MarketData;

  [[nodiscard]] const Counts& counts() const { return counts_; }

 protected:
  using MarketData<Listener>::store_;
  using MarketData<Listener>::listener_;

  // The order a request means; none if it is another's: an account or instrument that the
  // request gives (not 0) must be the order's.
  [[nodiscard]] [[gnu::always_inline]] Found find(std::uint64_t id, std::uint32_t instrument,
                                                  std::uint32_t account) const {
    const Found found = store_.find(instrument, id);
    if (found.index == 0) return {};
    const Order& order = store_.order(found.index);
    if (account != 0 && account != order.account) return {};
    if (instrument != 0 && instrument != store_.level_of(order).instrument()) return {};
    return found;
  }

  // Where each instrument has ids of its own, an id alone names no order.
  [[nodiscard]] bool lacks_instrument(const auto& request) const {
    return store_.limits().by_instrument && request.instrument == 0;
  }
  // The first thing wrong with a request about an order that is there already.
  [[nodiscard]] RejectReason judge_named(const auto& request) const {
    const RejectReason wrong = market::validate(request);
    if (wrong != RejectReason::InvalidOrderId && lacks_instrument(request)) [[unlikely]]
      return RejectReason::InvalidInstrument;
    return wrong;
  }

  std::uint64_t& rejected(RejectReason reason) { return counts_.rejected[static_cast<std::size_t>(reason)]; }

  template <typename Request>
  void reject(const Request& request, RejectReason reason) {
    ++rejected(reason);
    if (!listener_.wants_reports()) return;
    std::uint64_t order_id = 0;  // of a request that is about no single order
    std::uint32_t account = 0;
    if constexpr (requires { request.order_id; }) order_id = request.order_id;
    if constexpr (requires { request.account; }) account = request.account;
    listener_.report(market::Rejected{.order_id = order_id,
                                      .instrument = request.instrument,
                                      .account = account,
                                      .request_type = Request::event_type,
                                      .reason = reason});
  }

  // Of a request about an instrument alone: whether there is such a book.
  template <typename Request>
  bool has_book_or_reject(const Request& request) {
    RejectReason reason = market::validate(request);
    if (reason == RejectReason::None && !store_.has_book(request.instrument)) {
      reason = RejectReason::InstrumentLimit;
    }
    if (reason != RejectReason::None) reject(request, reason);
    return reason == RejectReason::None;
  }

  // Called before `quantity` is taken off the `open` quantity of an order.
  [[gnu::always_inline]] void tell_cancelled(const Order& order, std::uint32_t open, std::uint32_t quantity,
                                             market::CancelReason reason) {
    if (quantity == open) ++counts_.cancelled;
    if (!listener_.wants_reports()) return;
    listener_.report(market::Cancelled{.order_id = order.id,
                                       .quantity = quantity,
                                       .remaining = open - quantity,
                                       .instrument = store_.level_of(order).instrument(),
                                       .account = order.account,
                                       .reason = reason});
  }

  // `price`: where it is, if not where it was put.
  [[gnu::always_inline]] void tell_accepted(const auto& order, std::int64_t price) {
    ++counts_.accepted;
    if (!listener_.wants_reports()) return;
    listener_.report(market::Accepted{.order_id = order.order_id,
                                      .price = price,
                                      .quantity = order.quantity,
                                      .instrument = order.instrument,
                                      .account = order.account,
                                      .side = order.side,
                                      .kind = order.kind,
                                      .time_in_force = order.time_in_force,
                                      .flags = order.flags});
  }

  void tell_replaced(const market::Replace& request, std::int64_t price, std::uint32_t instrument,
                     std::uint32_t account) {
    ++counts_.replaced;
    if (!listener_.wants_reports()) return;
    listener_.report(market::Replaced{.order_id = request.order_id,
                                      .new_order_id = request.new_order_id,
                                      .price = price,
                                      .quantity = request.quantity,
                                      .instrument = instrument,
                                      .account = account});
  }

  Counts counts_;
};

}  // namespace tickweir::book
