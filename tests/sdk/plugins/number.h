// The payload that the test plugins speak: one number, and what to do wrong with it.
#pragma once

#include <cstdint>

#include "tickweir/event.h"

namespace tickweir::testing {

struct Number {
  static constexpr std::uint16_t event_type = 700;
  std::uint64_t value = 0;
  friend bool operator==(const Number&, const Number&) = default;
};

}  // namespace tickweir::testing
