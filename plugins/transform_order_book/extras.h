// What only few orders have, beside what every order has (book_store.h): when they end.
#pragma once

#include <cstdint>

#include "tickweir/market.h"

namespace tickweir::book {

// Bits of Order::extras: what there is to know of an order here. 0 for most.
enum class Extra : std::uint8_t {
  Day = 1,   // ends when its instrument closes
  Date = 2,  // ends at `expiry_time`
};

// No hidden padding: saved as it is.
struct Extras {
  std::uint64_t expiry_time = 0;  // of GoodTillDate, else 0
  market::TimeInForce time_in_force = market::TimeInForce::GoodTillCancel;
  std::uint8_t reserved = 0;
  std::uint16_t reserved2 = 0;
  std::uint32_t reserved3 = 0;

  // Bits of Extra.
  [[nodiscard]] std::uint8_t bits() const {
    const auto bit = [](Extra extra, bool is_so) { return is_so ? static_cast<unsigned>(extra) : 0U; };
    return static_cast<std::uint8_t>(bit(Extra::Day, time_in_force == market::TimeInForce::Day) |
                                     bit(Extra::Date, has_date()));
  }
  [[nodiscard]] bool has_date() const { return time_in_force == market::TimeInForce::GoodTillDate; }
};

}  // namespace tickweir::book
