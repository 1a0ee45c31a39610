// The rule of the price band and what it remembers, apart from the stage so that tests and loops can use them
// alone.
//
// Threading: one owner. Units: prices as in market.fbs, the band in basis points.
// Memory:    one price an instrument, in the constructor.
// Errors:    load() throws on what makes no sense.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tickweir/market.h"
#include "tickweir/state.h"

namespace tickweir::price_band {

// Only a valid price may become a reference: arithmetic on it then stays in range.
constexpr bool is_reference(std::int64_t price) {
  return market::validate_price(price) == market::RejectReason::None;
}

// Whether the limit of an order, of either form, lies more than `band` away from `reference`, a valid price
// or 0: no trade yet.
constexpr bool is_outside(const auto& order, std::int64_t reference, std::int64_t band) {
  if (!market::has_limit(order.kind) || reference == 0) return false;
  const std::int64_t reach = reference * band / 10'000;
  return order.price < reference - reach || order.price > reference + reach;
}

// The price of the last trade of each instrument below a number.
class LastPrices {
 public:
  explicit LastPrices(std::uint64_t instruments) : prices_(instruments) {}

  // 0: no trade yet, or none of the instruments that are watched.
  [[nodiscard]] std::int64_t of(std::uint32_t instrument) const {
    return instrument < prices_.size() ? prices_[instrument] : 0;
  }
  // False: not taken, by its instrument or its price.
  bool set(std::uint32_t instrument, std::int64_t price) {
    if (instrument >= prices_.size() || !is_reference(price)) return false;
    prices_[instrument] = price;
    return true;
  }

  // Those that are known, by rising instrument. `instruments` must be the same where it is loaded.
  void save(StateWriter& out) const {
    out.put<std::uint64_t>(state_format);
    out.put<std::uint64_t>(prices_.size());
    out.put<std::uint64_t>(prices_.size() - static_cast<std::uint64_t>(std::ranges::count(prices_, 0)));
    for_each_known([&out](std::uint64_t instrument, std::int64_t price) {
      out.put(instrument);
      out.put(price);
    });
  }
  void load(StateReader& in) {
    in.expect("format", state_format);
    in.expect("instruments", prices_.size());
    std::uint64_t next = 0;
    for (auto left = in.get_count(prices_.size()); left != 0; --left) {
      const auto instrument = in.get<std::uint64_t>();
      const auto price = in.get<std::int64_t>();
      if (instrument < next || instrument >= prices_.size() || !is_reference(price)) {
        throw std::runtime_error("price " + std::to_string(price) + " of instrument " +
                                 std::to_string(instrument) + " in the saved state makes no sense");
      }
      prices_[instrument] = price;
      next = instrument + 1;
    }
  }
  // For people.
  void show(TextWriter& out) const {
    for_each_known([&out](std::uint64_t instrument, std::int64_t price) {
      out.line("instrument " + std::to_string(instrument) + ": last trade at " + std::to_string(price));
    });
  }

 private:
  static constexpr std::uint64_t state_format = 1;

  void for_each_known(auto&& see) const {
    for (std::uint64_t i = 0; i < prices_.size(); ++i) {
      if (prices_[i] != 0) see(i, prices_[i]);
    }
  }

  std::vector<std::int64_t> prices_;  // by instrument; 0: none yet
};

}  // namespace tickweir::price_band
