// A deterministic flow of orders: new ones around a moving price, some of which cross the market, and
// cancels, reduces and replaces of orders sent before; some events are sent twice.
//
// The flow is a function of the settings alone. It does not see what a book does with the orders: an
// order it cancels may have traded away already, as happens to real clients.
//
// Threading: one owner. Memory: all in the constructor: 32 bytes a live order, 16 an instrument, 80 a
//            delayed duplicate. Errors: none; settings must be in the ranges of the plugin's options.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "arrival.h"
#include "moving_prices.h"
#include "random.h"
#include "tickweir/event.h"
#include "tickweir/market.h"

namespace tickweir::order_flow {

struct Settings {
  std::uint64_t seed = 1;
  Arrival arrival = Arrival::full_speed;
  double rate = 100'000;  // events per second, unless at full speed
  std::uint32_t instruments = 100;
  double cancels = 0.3;  // shares of all requests; what they leave are new orders
  double reduces = 0.05;
  double replaces = 0.1;
  double duplicates = 0;              // share of requests that are sent a second time
  std::uint32_t duplicate_delay = 0;  // requests between the two
  std::uint32_t live_orders = 65'536;
  std::uint32_t source = 0;  // of the origin
};

struct Counts {
  std::uint64_t new_orders = 0;
  std::uint64_t cancels = 0;
  std::uint64_t reduces = 0;
  std::uint64_t replaces = 0;
  std::uint64_t duplicates = 0;
};

// A share as a threshold for 32 random bits: 1 is always, 0 never.
constexpr std::uint64_t threshold_of(double share) {
  return static_cast<std::uint64_t>(share * 0x1.0p32 + 0.5);
}

class Generator {
 public:
  explicit Generator(const Settings& settings)
      : random_(settings.seed),
        prices_(settings.instruments, random_),
        settings_(settings),
        cancel_below_(threshold_of(settings.cancels)),
        reduce_below_(cancel_below_ + threshold_of(settings.reduces)),
        replace_below_(reduce_below_ + threshold_of(settings.replaces)),
        duplicate_below_(threshold_of(settings.duplicates)) {
    live_.resize(settings.live_orders);
    if (settings.duplicates > 0) delayed_.resize(std::size_t{settings.duplicate_delay} + 1);
  }

  // Sends the next event, stamped `time`: one call of out.emit(0, time, origin, payload), as of an Emitter.
  template <typename Out>
  void next(Out& out, std::uint64_t time) {
    if (delayed_count_ != 0 && delayed_[delayed_first_].due <= number_) return send_delayed(out, time);
    const std::uint64_t bits = random_.next();
    const std::uint64_t kind = bits >> 32;
    const auto rest = static_cast<std::uint32_t>(bits);
    const bool is_full = live_count_ == live_.size();
    if (live_count_ == 0 || (kind >= replace_below_ && !is_full)) {
      send(out, time, new_order(rest), counts_.new_orders);
    } else if (kind < cancel_below_ || kind >= replace_below_) {
      send(out, time, cancel(rest), counts_.cancels);
    } else if (kind < reduce_below_) {
      send(out, time, reduce(rest), counts_.reduces);
    } else {
      send(out, time, replace(rest), counts_.replaces);
    }
  }

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t live_count() const { return live_count_; }

 private:
  struct LiveOrder {
    std::uint64_t order_id;
    std::uint32_t quantity;
    std::uint32_t instrument;
    std::uint32_t account;
    market::Side side;
  };
  struct Delayed {
    std::uint64_t due = 0;  // when so many requests have been sent
    std::uint64_t origin = 0;
    std::uint16_t type = 0;
    std::array<std::uint8_t, sizeof(market::Replace)> payload = {};  // the largest of the four
  };

  template <typename Out, typename Request>
  void send(Out& out, std::uint64_t time, const Request& request, std::uint64_t& count) {
    const std::uint64_t origin = make_origin(settings_.source, ++number_);
    ++count;
    out.emit(0, time, origin, request);
    if (duplicate_below_ == 0 || random_.next_32() >= duplicate_below_) return;
    std::size_t slot = delayed_first_ + delayed_count_++;
    if (slot >= delayed_.size()) slot -= delayed_.size();
    Delayed& copy = delayed_[slot];
    copy.due = number_ + settings_.duplicate_delay;
    copy.origin = origin;
    copy.type = Request::event_type;
    std::memcpy(copy.payload.data(), &request, sizeof request);
  }

  template <typename Out>
  void send_delayed(Out& out, std::uint64_t time) {
    const Delayed& copy = delayed_[delayed_first_];
    switch (copy.type) {
      case market::NewOrder::event_type:
        resend<market::NewOrder>(out, time, copy);
        break;
      case market::Cancel::event_type:
        resend<market::Cancel>(out, time, copy);
        break;
      case market::Reduce::event_type:
        resend<market::Reduce>(out, time, copy);
        break;
      default:
        resend<market::Replace>(out, time, copy);
        break;
    }
    if (++delayed_first_ == delayed_.size()) delayed_first_ = 0;
    --delayed_count_;
    ++counts_.duplicates;
  }

  template <typename Request, typename Out>
  static void resend(Out& out, std::uint64_t time, const Delayed& copy) {
    Request request;
    std::memcpy(&request, copy.payload.data(), sizeof request);
    out.emit(0, time, copy.origin, request);
  }

  market::NewOrder new_order(std::uint32_t bits) {
    const std::uint64_t more = random_.next();
    const std::uint32_t index = Random::scale(bits, settings_.instruments);
    const auto side = (more & 1) != 0 ? market::Side::Buy : market::Side::Sell;
    LiveOrder& order = live_[live_count_++];
    order = {.order_id = ++order_id_,
             .quantity = 100 * (1 + static_cast<std::uint32_t>(more >> 1 & 15)),
             .instrument = index + 1,
             .account = 1 + static_cast<std::uint32_t>(more >> 5 & 1023),
             .side = side};
    return {.order_id = order.order_id,
            .price = prices_.next(index, side == market::Side::Buy, static_cast<std::uint32_t>(more >> 32)),
            .quantity = order.quantity,
            .instrument = order.instrument,
            .account = order.account,
            .side = side};
  }

  market::Cancel cancel(std::uint32_t bits) {
    const std::uint32_t index = Random::scale(bits, live_count_);
    const LiveOrder order = live_[index];
    forget(index);
    return {.order_id = order.order_id, .instrument = order.instrument, .account = order.account};
  }

  // Leaves at least one, unless there is only one.
  market::Reduce reduce(std::uint32_t bits) {
    const std::uint32_t index = Random::scale(bits, live_count_);
    LiveOrder& order = live_[index];
    const market::Reduce request{.order_id = order.order_id,
                                 .quantity = order.quantity == 1 ? 1 : 1 + random_.below(order.quantity - 1),
                                 .instrument = order.instrument,
                                 .account = order.account};
    order.quantity -= request.quantity;
    if (order.quantity == 0) forget(index);
    return request;
  }

  market::Replace replace(std::uint32_t bits) {
    LiveOrder& order = live_[Random::scale(bits, live_count_)];
    const std::uint64_t more = random_.next();
    const std::uint64_t replaced = order.order_id;
    order.order_id = ++order_id_;
    order.quantity = 100 * (1 + static_cast<std::uint32_t>(more & 15));
    return {.order_id = replaced,
            .new_order_id = order.order_id,
            .price = prices_.next(order.instrument - 1, order.side == market::Side::Buy,
                                  static_cast<std::uint32_t>(more >> 32)),
            .quantity = order.quantity,
            .instrument = order.instrument,
            .account = order.account};
  }

  void forget(std::uint32_t index) { live_[index] = live_[--live_count_]; }

  Random random_;
  MovingPrices prices_;
  Settings settings_;
  std::uint64_t cancel_below_;
  std::uint64_t reduce_below_;
  std::uint64_t replace_below_;
  std::uint64_t duplicate_below_;
  std::uint64_t number_ = 0;    // requests so far: the number of the last origin
  std::uint64_t order_id_ = 0;  // the last that was given
  Counts counts_;
  std::vector<LiveOrder> live_;  // the first live_count_ of them
  std::uint32_t live_count_ = 0;
  std::vector<Delayed> delayed_;  // a ring: copies that are still to be sent, oldest first
  std::size_t delayed_first_ = 0;
  std::size_t delayed_count_ = 0;
};

}  // namespace tickweir::order_flow
