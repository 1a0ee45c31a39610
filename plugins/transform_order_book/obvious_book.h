// For tests: the whole venue written in the most obvious way, maps and lists, for both modes. SEMANTICS.md
// says in words what it does. It is slow on purpose: whether an order could be filled is found by filling it
// in a copy.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "obvious_steps.h"

namespace tickweir::book {

class ObviousBook : private ObviousSteps {
 public:
  // `keeps_place`: a replace at the same price for no more keeps its place in the queue.
  ObviousBook(const Limits& limits, bool matches, bool keeps_place = true, std::uint64_t first_match_id = 1)
      : ObviousSteps(matches, first_match_id), limits_(limits), keeps_place_(keeps_place) {}

  // From here on, each change of a visible order too.
  void tell_orders() { told_.orders = true; }
  std::vector<std::string> take_lines() { return std::exchange(told_.lines, {}); }

  // Event time goes on to `time`: called with each event, before its request. Whatever is due expires, each
  // order by itself: by instrument, the earliest expiry time first, then the lowest id.
  void advance(std::uint64_t time) {
    now_ = std::max(now_, time);
    while (const auto id = next_due()) expire(*id);
  }

  void request(const market::NewOrder& order) {
    if (const auto reason = market::validate(order); reason != RejectReason::None) {
      return refuse(order.order_id, reason);
    }
    request(market::extended(order));
  }

  void request(NewOrderExtended order) {
    if (const auto reason = judge(order); reason != RejectReason::None) {
      return refuse(order.order_id, reason);
    }
    begin(order.instrument);
    told_.report(market::Accepted{
        .order_id = order.order_id, .price = order.price, .quantity = order.quantity, .side = order.side});
    ObviousOrder arriving{.asked = order, .open = order.quantity};
    if (market::is_stop(order.kind)) {
      wait(arriving);
    } else {
      arrive(arriving);
    }
    finish(order.instrument);
  }

  void request(const market::Cancel& cancel) {
    if (!known(cancel)) return;
    cancel_order(cancel.order_id, matches_ ? CancelReason::Requested : CancelReason::Venue);
  }

  void request(const market::Reduce& reduce) {
    if (!known(reduce)) return;
    ObviousOrder& order = orders_.at(reduce.order_id);
    begin(order.asked.instrument);
    const std::uint32_t quantity = std::min(reduce.quantity, order.open);
    const std::uint32_t shown_before = order.shown;
    order.open -= quantity;
    order.shown = std::min(order.shown, order.open);  // what is hidden goes first
    tell_cancelled(order, quantity, CancelReason::Reduced);
    end_of_change(order, shown_before);
  }

  void request(const market::Replace& replace) {
    if (!known(replace)) return;
    ObviousOrder old = orders_.at(replace.order_id);
    NewOrderExtended wanted = old.asked;
    wanted.order_id = replace.new_order_id;
    wanted.price = replace.price;
    wanted.quantity = replace.quantity;
    if (const auto reason = judge_replace(old, wanted); reason != RejectReason::None) {
      return refuse(replace.order_id, reason);
    }
    begin(wanted.instrument);
    const bool stays =
        matches_ && keeps_place_ && wanted.price == old.asked.price && wanted.quantity <= old.open;
    if (stays) {
      rename(old, wanted);
    } else {
      leave(old.id());
      tell_level(wanted.instrument, wanted.side, old.asked.price);
    }
    told_.report(market::Replaced{.order_id = replace.order_id,
                                  .new_order_id = wanted.order_id,
                                  .price = wanted.price,
                                  .quantity = wanted.quantity});
    if (stays) {
      tell_level(wanted.instrument, wanted.side, wanted.price);
    } else {
      arrive({.asked = wanted, .open = wanted.quantity});
    }
    finish(wanted.instrument);
  }

  void request(const market::VenueExecution& venue) {
    if (venue.quantity == 0 || !known(venue)) return;
    ObviousOrder& order = orders_.at(venue.order_id);
    begin(order.asked.instrument);
    const std::uint32_t quantity = std::min(venue.quantity, order.open);
    const std::uint32_t shown_before = order.shown;
    order.open -= quantity;
    order.shown -= quantity;
    const std::int64_t price = venue.price != 0 ? venue.price : order.asked.price;
    books_[order.asked.instrument].last_price = price;
    told_.execution({.match_id = ++matches_told_,
                     .maker_order_id = venue.order_id,
                     .price = price,
                     .quantity = quantity,
                     .maker_remaining = order.open},
                    venue.printable != 0);
    end_of_change(order, shown_before);
  }

  void request(const market::MassCancel& mass) {
    auto reason = market::validate(mass);
    if (reason == RejectReason::None && mass.instrument >= limits_.instruments) {
      reason = RejectReason::InstrumentLimit;
    }
    if (reason != RejectReason::None) return refuse(0, reason);
    const bool only_marked = mass.reason == CancelReason::Disconnected;
    cancel_all({.instrument = mass.instrument,
                .account = mass.account,
                .reason = only_marked ? CancelReason::Disconnected : CancelReason::MassCancel},
               [&](const ObviousOrder& order) {
                 return order.asked.account == mass.account &&
                        (mass.instrument == 0 || order.asked.instrument == mass.instrument) &&
                        (mass.side == Side::None || order.asked.side == mass.side) &&
                        (!only_marked || market::cancels_on_disconnect(order.asked.flags));
               });
  }

  void request(const market::InstrumentCancel& all) {
    if (!has_book(all)) return;
    cancel_all({.instrument = all.instrument, .reason = CancelReason::MassCancel},
               [&](const ObviousOrder& order) { return order.asked.instrument == all.instrument; });
  }

  void request(const market::InstrumentRules& rules) {
    if (!has_book(rules)) return;
    begin(rules.instrument);
    ObviousInstrument& book = books_[rules.instrument];
    book.rules = rules;
    if (rules.reference_price != 0) book.reference_price = rules.reference_price;
    finish(rules.instrument);
  }

  void request(const market::TradingStatus& status) {
    if (!has_book(status) || status.flags != 0) return;
    begin(status.instrument);
    ObviousInstrument& book = books_[status.instrument];
    const TradingState before = std::exchange(book.state, status.state);
    const bool opens = book.is_open() && before != TradingState::Open && before != TradingState::Unknown;
    const bool closes = before == TradingState::ClosingAuction && book.state == TradingState::Closed;
    if (matches_ && (opens || closes)) uncross(status.instrument, before);
    finish(status.instrument);
    if (book.state == TradingState::Closed) {
      for (const std::uint64_t id : ids_in_order(book)) {
        if (orders_.at(id).asked.time_in_force == market::TimeInForce::Day) expire(id);
      }
    }
  }

  void request(const market::SnapshotRequest& wanted) {
    if (!has_book(wanted)) return;
    const ObviousInstrument& book = books_[wanted.instrument];
    std::vector<market::SnapshotOrder> visible;
    for (const std::uint64_t id : ids_in_order(book)) {
      const ObviousOrder& order = orders_.at(id);
      if (order.waits) continue;
      visible.push_back({.order_id = id,
                         .price = order.asked.price,
                         .quantity = order.shown,
                         .instrument = wanted.instrument,
                         .side = order.asked.side});
    }
    const auto count = static_cast<std::uint32_t>(visible.size());
    told_.snapshot(market::SnapshotBegin{.sequence = book.sequence,
                                         .last_price = book.last_price,
                                         .reference_price = book.reference_price,
                                         .order_count = count,
                                         .instrument = wanted.instrument,
                                         .state = book.state});
    for (const auto& order : visible) told_.snapshot(order);
    told_.snapshot(market::SnapshotEnd{
        .sequence = book.sequence, .order_count = count, .instrument = wanted.instrument});
  }

  // What an order has open, shown or not; 0 if it neither rests nor waits.
  [[nodiscard]] std::uint64_t open_of(std::uint64_t id) const {
    return orders_.contains(id) ? orders_.at(id).open : 0;
  }
  // What is open of all orders.
  [[nodiscard]] std::uint64_t open_quantity() const {
    std::uint64_t sum = 0;
    for (const auto& [id, order] : orders_) sum += order.open;
    return sum;
  }
  // Some instrument that is open has a bid at or above its ask.
  [[nodiscard]] bool is_crossed() const {
    return std::ranges::any_of(books_, [](const auto& one) {
      const std::int64_t ask = best_price(one.second, Side::Sell);
      return one.second.is_open() && ask != 0 && best_price(one.second, Side::Buy) >= ask;
    });
  }

 private:
  // ---- Whether a request may be followed --------------------------------------------------------------

  void refuse(std::uint64_t id, RejectReason reason) {
    if (matches_) told_.report(market::Rejected{.order_id = id, .reason = reason});
  }
  // A request about an instrument alone.
  template <typename Request>
  bool has_book(const Request& request) {
    auto reason = market::validate(request);
    if (reason == RejectReason::None && request.instrument >= limits_.instruments) {
      reason = RejectReason::InstrumentLimit;
    }
    if (reason != RejectReason::None) refuse(0, reason);
    return reason == RejectReason::None;
  }
  template <typename Request>
  bool known(const Request& request) {
    auto reason = RejectReason::None;
    if constexpr (requires { market::validate(request); }) reason = market::validate(request);
    if (reason == RejectReason::None && !is_known(request)) reason = RejectReason::UnknownOrder;
    if (reason != RejectReason::None) refuse(request.order_id, reason);
    return reason == RejectReason::None;
  }
  // An account or instrument of 0 in the request matches any.
  template <typename Request>
  bool is_known(const Request& request) const {
    const auto found = orders_.find(request.order_id);
    if (found == orders_.end()) return false;
    const NewOrderExtended& order = found->second.asked;
    if constexpr (requires { request.account; }) {
      if (request.account != 0 && request.account != order.account) return false;
    }
    return request.instrument == 0 || request.instrument == order.instrument;
  }

  // The first thing that is against an order; a post-only one may get another price.
  RejectReason judge(NewOrderExtended& order) {
    if (const auto reason = market::validate(order); reason != RejectReason::None) return reason;
    const bool expires = order.time_in_force == market::TimeInForce::GoodTillDate;
    if (expires && order.expiry_time <= now_) return RejectReason::InvalidExpiry;
    const bool is_plain =
        order.kind == market::OrderKind::Limit && order.time_in_force == market::TimeInForce::GoodTillCancel;
    if (!matches_ && !is_plain) return RejectReason::InvalidKind;
    if (order.instrument >= limits_.instruments) return RejectReason::InstrumentLimit;
    if (orders_.contains(order.order_id)) return RejectReason::DuplicateOrderId;
    if (const auto reason = judge_by_rules(order); reason != RejectReason::None) return reason;
    if (!may_stay(order)) return RejectReason::None;
    if (has_most_orders(order)) return RejectReason::AccountOrderLimit;
    return orders_.size() == limits_.orders ? RejectReason::OrderLimit : RejectReason::None;
  }
  RejectReason judge_by_rules(NewOrderExtended& order) {
    if (!matches_) return RejectReason::None;
    const ObviousInstrument& book = books_[order.instrument];
    if (const auto reason = judge_state(book, order); reason != RejectReason::None) return reason;
    if (const auto reason = judge_rules(book, order); reason != RejectReason::None) return reason;
    return judge_post_only(book, order);
  }
  RejectReason judge_replace(const ObviousOrder& old, NewOrderExtended& wanted) {
    if (old.waits) return RejectReason::InvalidKind;
    if (wanted.order_id != old.id() && orders_.contains(wanted.order_id))
      return RejectReason::DuplicateOrderId;
    if (market::has_too_many_parts(wanted.display_quantity, wanted.quantity)) {
      return RejectReason::InvalidDisplayQuantity;
    }
    return judge_by_rules(wanted);
  }
  bool has_most_orders(const NewOrderExtended& order) {
    const std::uint32_t most = books_[order.instrument].rules.max_orders_per_account;
    if (most == 0 || order.account == 0) return false;
    return std::ranges::count_if(orders_, [&order](const auto& one) {
             return one.second.asked.account == order.account &&
                    one.second.asked.instrument == order.instrument;
           }) >= most;
  }

  // ---- Orders that end, or become less ----------------------------------------------------------------

  [[nodiscard]] std::optional<std::uint64_t> next_due() const {
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> due;  // instrument, expiry time, id
    for (const auto& [id, order] : orders_) {
      const std::uint64_t expiry = order.asked.expiry_time;
      if (expiry != 0 && expiry <= now_) due.insert({order.asked.instrument, expiry, id});
    }
    return due.empty() ? std::nullopt : std::optional(std::get<2>(*due.begin()));
  }
  void expire(std::uint64_t id) {
    told_.report(market::Expired{.order_id = id, .quantity = orders_.at(id).open});
    end(id);
  }
  void cancel_order(std::uint64_t id, CancelReason reason) {
    ObviousOrder& order = orders_.at(id);
    tell_cancelled(order, std::exchange(order.open, 0), reason);
    end(id);
  }
  void end(std::uint64_t id) {
    ObviousOrder& order = orders_.at(id);
    begin(order.asked.instrument);
    order.open = 0;
    end_of_change(order, std::exchange(order.shown, 0));
  }
  // The order has less open than before; the event is over.
  void end_of_change(const ObviousOrder& changed, std::uint32_t shown_before) {
    const ObviousOrder order = changed;
    settle(order.id(), shown_before);
    if (order.shown != shown_before) tell_level(order.asked.instrument, order.asked.side, order.asked.price);
    finish(order.asked.instrument);
  }

  struct Scope {
    std::uint32_t instrument = 0;
    std::uint32_t account = 0;
    CancelReason reason = CancelReason::None;
  };
  // Each order as if by its own Cancel: by instrument, then as ids_in_order() has them.
  template <typename IsMeant>
  void cancel_all(const Scope& scope, IsMeant&& is_meant) {
    market::MassCancelled sum{
        .instrument = scope.instrument, .account = scope.account, .reason = scope.reason};
    for (const auto& [instrument, book] : books_) {
      for (const std::uint64_t id : ids_in_order(book)) {
        if (!is_meant(orders_.at(id))) continue;
        sum.quantity += orders_.at(id).open;
        ++sum.order_count;
        cancel_order(id, scope.reason);
      }
    }
    told_.report(sum);
  }

  Limits limits_;
  bool keeps_place_;
  std::uint64_t now_ = 0;
};

}  // namespace tickweir::book
