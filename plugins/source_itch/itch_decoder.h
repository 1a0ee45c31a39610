// One ITCH message in, at most one market event out, written straight into the sink's memory.
//
// A sink is anything with  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time,
// std::uint64_t origin)  that returns unwritten memory for the payload of a new event, aligned to 8, or
// nullptr when nobody wants it.
//
// Threading: one thread. Memory: fixed; nothing is allocated.
// Errors:    none thrown. A message of an unknown type or of a wrong length gives no event and says so.
// Units:     event time = midnight of the session's date + the message's timestamp, ns since the Unix epoch.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "itch_messages.h"
#include "order_shapes.h"
#include "tickweir/market.h"

namespace tickweir::itch {

// No event of a source_itch is larger.
constexpr std::uint32_t event_bytes_max = event_size<market::VenueExecution>;
static_assert(event_bytes_max >= event_size<market::Replace> && event_bytes_max >= event_size<market::Trade>);

enum class Outcome { decoded, unknown_type, too_short, too_long };

// Price units in one unit of the currency.
constexpr std::int64_t price_unit = 10'000;

constexpr market::Side side_of(std::uint8_t letter) {
  if (letter == 'B') return market::Side::Buy;
  return letter == 'S' ? market::Side::Sell : market::Side::None;
}
constexpr market::TradingState state_of(std::uint8_t letter) {
  switch (letter) {
    case 'T':
      return market::TradingState::Open;
    case 'H':
      return market::TradingState::Halted;
    case 'P':
      return market::TradingState::Paused;
    case 'Q':
      return market::TradingState::QuoteOnly;
    default:
      return market::TradingState::Unknown;
  }
}

// An event of a kind that is too seldom to be decoded in place.
struct RareEvent {
  std::uint16_t type = 0;  // 0: none
  std::uint32_t bytes = 0;
  alignas(8) std::array<std::uint8_t, 32> payload;
};
template <typename Payload>
RareEvent rare_event(const Payload& value) {
  RareEvent event{.type = Payload::event_type, .bytes = sizeof(Payload), .payload = {}};
  static_assert(sizeof value <= sizeof event.payload);
  std::memcpy(event.payload.data(), &value, sizeof value);
  return event;
}

class Decoder {
 public:
  // `midnight`: of the session's date, ns since the Unix epoch.
  Decoder(std::uint64_t midnight, std::uint32_t source_number)
      : midnight_(midnight), source_(source_number) {}

  // `number` becomes the origin's number. Everything is counted, by type.
  template <typename Sink>
  [[gnu::always_inline]] inline Outcome decode(const std::uint8_t* message, std::uint32_t length,
                                               std::uint64_t number, Sink& sink) {
    const std::uint8_t type = message[0];
    if (length != lengths[type]) [[unlikely]]
      return judge(type, length);
    ++counts_[type];
    const std::uint64_t time = midnight_ + timestamp(message);
    time_reversals_ += time < last_time_ ? 1U : 0U;
    last_time_ = time;
    const std::uint64_t origin = make_origin(source_, number);
    if (const std::uint8_t shape = shape_of[type]; shape != 0) [[likely]] {
      const Shape& known = shapes[shape];
      if (auto* payload = sink.open(known.event_type, known.bytes, time, origin))
        fill(known, message, payload);
    } else if (const RareEvent rare = decode_rare(message); rare.type != 0) {
      if (auto* payload = sink.open(rare.type, rare.bytes, time, origin)) {
        std::memcpy(payload, rare.payload.data(), rare.bytes);
      }
    }
    return Outcome::decoded;
  }

  // Messages of a right length since the last call of reset_counts(), by type byte.
  [[nodiscard]] std::uint64_t count(char type) const { return counts_[static_cast<unsigned char>(type)]; }
  // Messages whose timestamp lies before that of the message decoded before them; likewise.
  [[nodiscard]] std::uint64_t time_reversals() const { return time_reversals_; }
  void reset_counts() {
    counts_.fill(0);
    time_reversals_ = 0;
  }

 private:
  static Outcome judge(std::uint8_t type, std::uint32_t length) {
    if (lengths[type] == 0) return Outcome::unknown_type;
    return length < lengths[type] ? Outcome::too_short : Outcome::too_long;
  }

  // Kept out of the loop, and without the sink, so that the loop can keep the sink in registers.
  [[gnu::noinline]] static RareEvent decode_rare(const std::uint8_t* m) {
    switch (m[0]) {
      case 'P': {
        const HiddenTrade in(m);
        return rare_event(market::Trade{.price = in.price,
                                        .quantity = in.shares,
                                        .instrument = stock_locate(m),
                                        .side = side_of(in.side)});
      }
      case 'Q': {
        const CrossTrade in(m);
        if (in.shares == 0) return {};  // a cross in which nothing traded is sent too, and is no trade
        return rare_event(
            market::Trade{.price = in.price, .quantity = in.shares, .instrument = stock_locate(m)});
      }
      case 'R':
        return instrument(m);
      case 'H': {
        const TradingAction in(m);
        market::TradingStatus out{.instrument = stock_locate(m), .state = state_of(in.state)};
        std::memcpy(out.reason, in.reason, sizeof out.reason);
        return rare_event(out);
      }
      case 'h': {
        const OperationalHalt in(m);  // the flags say that it concerns one market only, and which
        return rare_event(market::TradingStatus{
            .instrument = stock_locate(m), .state = state_of(in.action), .flags = in.market});
      }
      default:
        return {};  // counted; the vocabulary has no event for it
    }
  }

  static RareEvent instrument(const std::uint8_t* m) {
    const StockDirectory in(m);
    market::Instrument out{.instrument = stock_locate(m), .lot_size = in.round_lot, .price_unit = price_unit};
    std::size_t letters = 8;
    while (letters > 0 && in.stock[letters - 1] == ' ') --letters;
    std::memcpy(out.name, in.stock, letters);
    return rare_event(out);
  }

  std::uint64_t midnight_;
  std::uint64_t last_time_ = 0;
  std::uint64_t time_reversals_ = 0;
  std::uint32_t source_;
  std::array<std::uint64_t, 256> counts_{};
};

}  // namespace tickweir::itch
