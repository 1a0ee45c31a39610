// For tests: requests as rows of text, read and written.
//
//   new 1 B 100x10            limit order 1: buy 10 at 100       new 1 S mktx10     market
//       ioc | fok | day | gtd:500                 its time in force; gtd: until time 500
//       post | slide                              post-only: reject, or slide
//       stp:newest | stp:oldest | stp:both | stp:decrement       self-trade prevention
//       stop:105  protect:3  min:5  show:5        stop price, protection, minimum and display quantity
//       disconnect                                cancel it when its client is disconnected
//   cancel 1     reduce 1 x3     replace 1 2 101x5       order 1 becomes order 2
//   exec 1 x3    exec 1 x3 @p99     exec 1 x3 hidden     what a venue's feed says
//   masscancel #7   masscancel #7 B @2   masscancel #7 disconnect   clear   snapshot
//   status open | halted | paused | quote | closed | opening | closing
//       market:B                                  at that market only
//   rules tick:5 lot:10 ref:100 band:20 quantity:1000 notional:5000 orders:2
//   at 500                    event time from here on
// Everywhere: #7 account 7, @2 instrument 2 (else 1).
#pragma once

#include <array>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "tickweir/market.h"

namespace tickweir::book {

struct AtTime {
  std::uint64_t time = 0;
};
using Request =
    std::variant<market::NewOrder, market::NewOrderExtended, market::Cancel, market::Reduce, market::Replace,
                 market::VenueExecution, market::MassCancel, market::InstrumentCancel,
                 market::SnapshotRequest, market::TradingStatus, market::InstrumentRules, AtTime>;

namespace text {

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};
constexpr std::array time_words{Word<market::TimeInForce>{"ioc", market::TimeInForce::ImmediateOrCancel},
                                Word<market::TimeInForce>{"fok", market::TimeInForce::FillOrKill},
                                Word<market::TimeInForce>{"day", market::TimeInForce::Day}};
constexpr std::array post_words{Word<market::PostOnly>{"post", market::PostOnly::Reject},
                                Word<market::PostOnly>{"slide", market::PostOnly::Slide}};
constexpr std::array self_trade_words{Word<market::SelfTrade>{"stp:newest", market::SelfTrade::CancelNewest},
                                      Word<market::SelfTrade>{"stp:oldest", market::SelfTrade::CancelOldest},
                                      Word<market::SelfTrade>{"stp:both", market::SelfTrade::CancelBoth},
                                      Word<market::SelfTrade>{"stp:decrement", market::SelfTrade::Decrement}};
constexpr std::array state_words{Word<market::TradingState>{"open", market::TradingState::Open},
                                 Word<market::TradingState>{"halted", market::TradingState::Halted},
                                 Word<market::TradingState>{"paused", market::TradingState::Paused},
                                 Word<market::TradingState>{"quote", market::TradingState::QuoteOnly},
                                 Word<market::TradingState>{"closed", market::TradingState::Closed},
                                 Word<market::TradingState>{"opening", market::TradingState::OpeningAuction},
                                 Word<market::TradingState>{"closing", market::TradingState::ClosingAuction}};

template <typename Number>
Number number_in(std::string_view text, std::string_view word) {
  Number value{};
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) {
    throw std::runtime_error("\"" + std::string(word) + "\": expected a number, found \"" +
                             std::string(text) + "\"");
  }
  return value;
}

// The words of a row, whatever its verb; each word may stand anywhere behind the verb.
class Row {
 public:
  explicit Row(const std::string& row) {
    std::istringstream words(row);
    words >> verb;
    for (std::string word; words >> word;) take(word);
  }

  std::string verb;
  market::NewOrderExtended order{.instrument = 1};
  market::InstrumentRules rules{};
  market::TradingState state = market::TradingState::Unknown;
  std::uint8_t only_market = 0;
  std::uint64_t new_id = 0;
  int numbers = 0;  // plain ones: ids, or a time
  bool printable = true;

 private:
  void take(std::string_view word) {
    if (word == "B" || word == "S") {
      order.side = word == "B" ? market::Side::Buy : market::Side::Sell;
    } else if (word == "hidden") {
      printable = false;
    } else if (word == "disconnect") {
      order.flags |= market::order_flags(market::PostOnly::No, market::SelfTrade::Allow, true);
    } else if (!take_choice(word) && !take_named(word) && !take_marked(word)) {
      throw std::runtime_error("\"" + std::string(word) + "\" means nothing in a row");
    }
  }
  bool take_choice(std::string_view word) {
    for (const auto& known : time_words) {
      if (word == known.word) return order.time_in_force = known.value, true;
    }
    for (const auto& known : post_words) {
      if (word == known.word) return order.flags |= market::order_flags(known.value), true;
    }
    for (const auto& known : self_trade_words) {
      if (word == known.word)
        return order.flags |= market::order_flags(market::PostOnly::No, known.value), true;
    }
    for (const auto& known : state_words) {
      if (word == known.word) return state = known.value, true;
    }
    return false;
  }
  // name:number
  bool take_named(std::string_view word) {
    const auto colon = word.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = word.substr(0, colon);
    const auto set = [&](auto& field) {
      field = number_in<std::remove_reference_t<decltype(field)>>(word.substr(colon + 1), word);
      return true;
    };
    if (name == "market" && word.size() == colon + 2) {
      only_market = static_cast<std::uint8_t>(word.back());
      return true;
    }
    if (name == "gtd") order.time_in_force = market::TimeInForce::GoodTillDate;
    if (name == "gtd") return set(order.expiry_time);
    if (name == "stop") return set(order.stop_price);
    if (name == "protect") return set(order.protection);
    if (name == "min") return set(order.minimum_quantity);
    if (name == "show") return set(order.display_quantity);
    if (name == "tick") return set(rules.tick_size);
    if (name == "lot") return set(rules.lot_size);
    if (name == "ref") return set(rules.reference_price);
    if (name == "band") return set(rules.price_band);
    if (name == "quantity") return set(rules.max_quantity);
    if (name == "notional") return set(rules.max_notional);
    if (name == "orders") return set(rules.max_orders_per_account);
    return false;
  }
  // @2  #7  @p99  100x10  mktx10  x3  and plain numbers
  bool take_marked(std::string_view word) {
    if (word.starts_with("@p")) return order.price = number_in<std::int64_t>(word.substr(2), word), true;
    if (word[0] == '@') return order.instrument = number_in<std::uint32_t>(word.substr(1), word), true;
    if (word[0] == '#') return order.account = number_in<std::uint32_t>(word.substr(1), word), true;
    if (const auto cross = word.find('x'); cross != std::string_view::npos) {
      if (word.starts_with("mkt")) {
        order.kind = market::OrderKind::Market;
      } else if (cross != 0) {
        order.price = number_in<std::int64_t>(word.substr(0, cross), word);
      }
      order.quantity = number_in<std::uint32_t>(word.substr(cross + 1), word);
      return true;
    }
    if (word.find_first_of("0123456789") != 0) return false;
    (numbers++ == 0 ? order.order_id : new_id) = number_in<std::uint64_t>(word, word);
    return numbers <= 2;
  }
};

inline Request new_order(const Row& row) {
  market::NewOrderExtended order = row.order;
  if (order.stop_price != 0) {
    order.kind =
        order.kind == market::OrderKind::Market ? market::OrderKind::Stop : market::OrderKind::StopLimit;
  }
  const market::NewOrder plain{.order_id = order.order_id,
                               .price = order.price,
                               .quantity = order.quantity,
                               .instrument = order.instrument,
                               .account = order.account,
                               .side = order.side,
                               .kind = order.kind,
                               .time_in_force = order.time_in_force,
                               .flags = order.flags};
  if (market::extended(plain) == order) return plain;
  return order;
}

}  // namespace text

// Throws std::runtime_error, which says which word is wrong.
inline Request parse_request(const std::string& line) {
  const text::Row row(line);
  const market::NewOrderExtended& given = row.order;
  if (row.verb == "new") return text::new_order(row);
  if (row.verb == "cancel") {
    return market::Cancel{
        .order_id = given.order_id, .instrument = given.instrument, .account = given.account};
  }
  if (row.verb == "reduce") {
    return market::Reduce{.order_id = given.order_id,
                          .quantity = given.quantity,
                          .instrument = given.instrument,
                          .account = given.account};
  }
  if (row.verb == "replace") {
    return market::Replace{.order_id = given.order_id,
                           .new_order_id = row.new_id,
                           .price = given.price,
                           .quantity = given.quantity,
                           .instrument = given.instrument,
                           .account = given.account};
  }
  if (row.verb == "exec") {
    return market::VenueExecution{.order_id = given.order_id,
                                  .price = given.price,
                                  .quantity = given.quantity,
                                  .instrument = given.instrument,
                                  .printable = row.printable ? 1U : 0U};
  }
  if (row.verb == "masscancel") {
    return market::MassCancel{.account = given.account,
                              .instrument = line.find('@') == std::string::npos ? 0 : given.instrument,
                              .side = given.side,
                              .reason = market::cancels_on_disconnect(given.flags)
                                            ? market::CancelReason::Disconnected
                                            : market::CancelReason::None};
  }
  if (row.verb == "clear") return market::InstrumentCancel{.instrument = given.instrument};
  if (row.verb == "snapshot") return market::SnapshotRequest{.instrument = given.instrument};
  if (row.verb == "status") {
    return market::TradingStatus{
        .instrument = given.instrument, .state = row.state, .flags = row.only_market};
  }
  if (row.verb == "rules") {
    market::InstrumentRules rules = row.rules;
    rules.instrument = given.instrument;
    return rules;
  }
  if (row.verb == "at") return AtTime{given.order_id};
  throw std::runtime_error("\"" + row.verb +
                           "\" is not a request: expected new, cancel, reduce, replace, exec, "
                           "masscancel, clear, snapshot, status, rules or at");
}

// Calls `visit` with the request that the row stands for; a time alone is not one.
void visit_request(const std::string& line, auto&& visit) {
  std::visit(
      [&visit]<typename T>(const T& request) {
        if constexpr (!std::is_same_v<T, AtTime>) visit(request);
      },
      parse_request(line));
}

}  // namespace tickweir::book
