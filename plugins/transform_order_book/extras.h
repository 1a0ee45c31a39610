// What only few orders have, beside what every order has (book_store.h): when they end,
// what they wait for, what they hide.
#pragma once

#include <cstdint>

#include "tickweir/market.h"

namespace tickweir::book {

// Bits of Order::extras: what there is to know of an order here. 0 for most.
enum class Extra : std::uint8_t {
  Day = 1,      // ends when its instrument closes
  Date = 2,     // ends at `expiry_time`
  Stop = 4,     // waits for its stop price, and is in no book before
  Iceberg = 8,  // shows a part of itself: Order::quantity; while it waits, that is all of it
};

// No hidden padding: saved as it is.
struct Extras {
  std::uint64_t expiry_time = 0;  // of GoodTillDate, else 0
  // Of an order that waits, else 0.
  std::int64_t stop_price = 0;
  std::int64_t limit_price = 0;  // 0: enters as a market order
  std::int64_t protection = 0;   // of that
  std::uint32_t hidden = 0;      // of an iceberg that rests: open besides what it shows
  std::uint32_t display =
      0;  // of an iceberg, else 0: shows no more than this at a time; may be above what is open
  market::TimeInForce time_in_force = market::TimeInForce::GoodTillCancel;
  market::Side side = market::Side::None;  // of an order that waits
  std::uint16_t reserved = 0;
  std::uint32_t reserved2 = 0;

  bool operator==(const Extras&) const = default;

  // Bits of Extra.
  [[nodiscard]] std::uint8_t bits() const {
    const auto bit = [](Extra extra, bool is_so) { return is_so ? static_cast<unsigned>(extra) : 0U; };
    return static_cast<std::uint8_t>(bit(Extra::Day, time_in_force == market::TimeInForce::Day) |
                                     bit(Extra::Date, has_date()) | bit(Extra::Stop, waits()) |
                                     bit(Extra::Iceberg, display != 0));
  }
  [[nodiscard]] bool has_date() const { return time_in_force == market::TimeInForce::GoodTillDate; }
  [[nodiscard]] bool waits() const { return stop_price != 0; }
  // What is left of them when it enters.
  [[nodiscard]] Extras entered() const {
    return {.expiry_time = expiry_time, .hidden = hidden, .display = display, .time_in_force = time_in_force};
  }
};

}  // namespace tickweir::book
