// What the book knows of an instrument besides its orders: state, prices, rules, what was last told.
//
// The usual request needs none of it: of each instrument a *special* byte says what there is to look at, all
// of them so near each other that they stay in the cache; 0: nothing, go on.
//
// Threading: one thread.
// Memory:    reserved in the constructor, 193 bytes an instrument; touched only when used.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "reserved.h"
#include "tickweir/market.h"

namespace tickweir::book {

using market::TradingState;

// Bits of the special byte.
enum class Special : std::uint8_t {
  NotOpen = 1,  // orders are not matched as they come
  Rules = 2,    // orders must obey rules
  Stops = 4,    // orders wait for their stop price
};

// No hidden padding: saved as it is.
struct alignas(64) Instrument {
  std::int64_t last_price = 0;  // of the latest execution; 0: there was none
  // The lowest and highest of last_price when the event began and of its executions since. Kept only while
  // stops wait; between two events both are last_price.
  std::int64_t low = 0;
  std::int64_t high = 0;
  market::TopOfBook told_top{};

  std::int64_t reference_price = 0;  // 0: none was set
  std::uint64_t sequence = 0;        // of the latest OrderChanged
  market::AuctionPrice told_auction{};
  TradingState state = TradingState::Unknown;
  std::uint8_t reserved = 0;
  std::uint16_t reserved2 = 0;
  std::uint32_t reserved3 = 0;
  market::InstrumentRules rules{};
  std::uint64_t executions = 0;  // so far, where they are numbered by instrument
  std::array<std::uint64_t, 2> reserved4{};

  // Matches what arrives.
  [[nodiscard]] bool is_open() const { return state == TradingState::Open || state == TradingState::Unknown; }
  // Collects what arrives, for one price later.
  [[nodiscard]] bool is_collecting() const {
    return state == TradingState::QuoteOnly || state == TradingState::OpeningAuction ||
           state == TradingState::ClosingAuction;
  }
  // Has any but a reference price.
  [[nodiscard]] bool has_rules() const {
    return rules.tick_size != 0 || rules.lot_size != 0 || rules.price_band != 0 || rules.max_quantity != 0 ||
           rules.max_notional != 0 || rules.max_orders_per_account != 0;
  }
  bool operator==(const Instrument&) const = default;
};
static_assert(sizeof(Instrument) == 192);

class Instruments {
 public:
  explicit Instruments(std::uint32_t count) : instruments_(count), special_(count) {}

  [[nodiscard]] Instrument& operator[](std::uint32_t number) { return instruments_[number]; }
  [[nodiscard]] const Instrument& operator[](std::uint32_t number) const { return instruments_[number]; }

  [[nodiscard]] bool is_special(std::uint32_t number) const { return special_[number] != 0; }
  [[nodiscard]] bool is(std::uint32_t number, Special what) const {
    return (special_[number] & static_cast<std::uint8_t>(what)) != 0;
  }
  void set(std::uint32_t number, Special what, bool is_so) {
    const auto bit = static_cast<std::uint8_t>(what);
    special_[number] = static_cast<std::uint8_t>(is_so ? special_[number] | bit : special_[number] & ~bit);
  }

  // Returns the state before.
  TradingState set_state(std::uint32_t number, TradingState state) {
    const TradingState before = std::exchange(instruments_[number].state, state);
    set(number, Special::NotOpen, !instruments_[number].is_open());
    return before;
  }
  void set_rules(const market::InstrumentRules& rules) {
    Instrument& instrument = instruments_[rules.instrument];
    instrument.rules = rules;
    if (rules.reference_price != 0) instrument.reference_price = rules.reference_price;
    set(rules.instrument, Special::Rules, instrument.has_rules());
  }
  // As it was saved.
  void restore(std::uint32_t number, const Instrument& saved) {
    instruments_[number] = saved;
    set(number, Special::NotOpen, !saved.is_open());
    set(number, Special::Rules, saved.has_rules());
  }

  // An execution at this price.
  void traded(std::uint32_t number, std::int64_t price) {
    Instrument& instrument = instruments_[number];
    instrument.last_price = price;
    if (is(number, Special::Stops)) [[unlikely]] {
      instrument.low = instrument.low == 0 ? price : std::min(instrument.low, price);
      instrument.high = std::max(instrument.high, price);
    }
  }
  // Prices of events before count no more: when the first stop comes to wait, and at the end of each event.
  void forget_prices(std::uint32_t number) {
    Instrument& instrument = instruments_[number];
    instrument.low = instrument.high = instrument.last_price;
  }

 private:
  Reserved<Instrument> instruments_;
  Reserved<std::uint8_t> special_;
};

}  // namespace tickweir::book
