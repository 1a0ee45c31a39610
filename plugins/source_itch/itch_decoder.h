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

// The sink's next payload, if it wants one, filled.
template <typename Payload, typename Sink>
inline void put(Sink& sink, std::uint64_t time, std::uint64_t origin, const Payload& value) {
  if (auto* at = sink.open(Payload::event_type, sizeof(Payload), time, origin))
    std::memcpy(at, &value, sizeof value);
}

class Decoder {
 public:
  // `midnight`: of the session's date, ns since the Unix epoch.
  Decoder(std::uint64_t midnight, std::uint32_t source_number)
      : midnight_(midnight), source_(source_number) {}

  // `number` becomes the origin's number. Everything is counted, by type.
  template <typename Sink>
  inline Outcome decode(const std::uint8_t* message, std::uint32_t length, std::uint64_t number, Sink& sink) {
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
    } else {
      emit_rare(message, time, origin, sink);
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

  // What is too seldom to be worth room in the loop.
  template <typename Sink>
  [[gnu::noinline]] static void emit_rare(const std::uint8_t* m, std::uint64_t time, std::uint64_t origin,
                                          Sink& sink) {
    switch (m[0]) {
      case 'P': {
        const HiddenTrade in(m);
        return put(sink, time, origin,
                   market::Trade{.price = in.price,
                                 .quantity = in.shares,
                                 .instrument = stock_locate(m),
                                 .side = side_of(in.side)});
      }
      case 'Q': {
        const CrossTrade in(m);
        if (in.shares == 0) return;  // a cross in which nothing traded is sent too, and is no trade
        return put(sink, time, origin,
                   market::Trade{.price = in.price, .quantity = in.shares, .instrument = stock_locate(m)});
      }
      case 'R':
        return emit_instrument(m, time, origin, sink);
      case 'H': {
        const TradingAction in(m);
        market::TradingStatus out{.instrument = stock_locate(m), .state = state_of(in.state)};
        std::memcpy(out.reason, in.reason, sizeof out.reason);
        return put(sink, time, origin, out);
      }
      case 'h': {
        const OperationalHalt in(m);  // the flags say that it concerns one market only, and which
        return put(sink, time, origin,
                   market::TradingStatus{
                       .instrument = stock_locate(m), .state = state_of(in.action), .flags = in.market});
      }
      default:
        return;  // counted; the vocabulary has no event for it
    }
  }

  template <typename Sink>
  static void emit_instrument(const std::uint8_t* m, std::uint64_t time, std::uint64_t origin, Sink& sink) {
    const StockDirectory in(m);
    market::Instrument out{.instrument = stock_locate(m), .lot_size = in.round_lot, .price_unit = price_unit};
    std::size_t letters = 8;
    while (letters > 0 && in.stock[letters - 1] == ' ') --letters;
    std::memcpy(out.name, in.stock, letters);
    put(sink, time, origin, out);
  }

  std::uint64_t midnight_;
  std::uint64_t last_time_ = 0;
  std::uint64_t time_reversals_ = 0;
  std::uint32_t source_;
  std::array<std::uint64_t, 256> counts_{};
};

}  // namespace tickweir::itch
