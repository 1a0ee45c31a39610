// The stream of requests that order_book measures: deterministic, integers only.
//
// How it is made, so that anyone can make it again:
// - Random numbers: splitmix64 from seed 42; below(n) = (next() >> 32) * n >> 32.
// - Each instrument has a middle, 50,000 at first. A preload of `live` limit orders that do not cross, then
//   `commands` commands: of 1,000, below 550 an add, below 950 a cancel, below 975 a reduce, else a replace.
//   The last three are about a live order, drawn uniformly.
// - An add draws the instrument (below), then a side (below(2): 0 buys), then moves the middle by a tick with
//   probability 1/8 (below(16): 0 up, 1 down), kept within 2,000..98,000. Price = middle - offset for a buy,
//   plus it for a sell; offset = 100 * (sum of 12 times below(65,536) - 393,216) / 65,536 + mean, truncated;
//   mean is 40 while more than `live` orders are live, else 78. The price is kept within 1..100,000.
//   The preload takes |offset| + 1 so that nothing crosses.
// - Quantity: 1 + below(200), and of an add that meets the other side 1 + below(60) while more than `live`
//   orders are live, else 1 + below(10).
// - A reduce takes 1 + below(open - 1) and keeps the place in the queue; of an order with 1 open it is a
//   cancel. A replace keeps instrument and side, and draws middle, price and quantity as an add does.
// - Ids rise by one from 1, for adds and replaces alike.
//
// Threading: one thread. Memory: grows with the commands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "textbook_book.h"

namespace tickweir::bench {

enum class Op : std::uint8_t { add, cancel, reduce, replace };

struct Command {
  std::uint64_t id = 0;      // of the order that is meant; of an add, the new one
  std::uint64_t new_id = 0;  // of a replace
  std::uint32_t price = 0;
  std::uint32_t quantity = 0;
  std::uint32_t instrument = 0;  // from 1
  Op op = Op::add;
  bool is_buy = false;
  std::uint16_t reserved = 0;
};
static_assert(sizeof(Command) == 32);

// Sums what a book trades; two books that agree trade the same in the same order.
struct Tape {
  std::uint64_t count = 0;
  std::uint64_t quantity = 0;
  std::uint64_t notional = 0;
  std::uint64_t hash = 0;

  void operator()(std::uint64_t maker, std::uint64_t taker, std::int64_t price, std::uint32_t traded) {
    ++count;
    quantity += traded;
    notional += traded * static_cast<std::uint64_t>(price);
    const std::uint64_t mixed = maker * 0x9e3779b97f4a7c15U ^ taker ^
                                static_cast<std::uint64_t>(price) << 32U ^ std::uint64_t{traded} << 48U;
    hash = (hash ^ mixed) * 0xff51afd7ed558ccdU;
    hash ^= hash >> 32U;
  }
  bool operator==(const Tape&) const = default;
};

class FlowRandom {  // splitmix64
 public:
  explicit FlowRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>((next() >> 32U) * end >> 32U); }

 private:
  std::uint64_t state_;
};

struct Flow {
  std::vector<Command> preload;
  std::vector<Command> commands;
  std::uint64_t ids_end = 0;
  Tape tape;                  // what the textbook book traded
  std::uint64_t trading = 0;  // adds and replaces that traded
  std::uint64_t entries = 0;  // adds and replaces
  std::uint32_t live_max = 0;
};

class FlowMaker {
 public:
  FlowMaker(std::uint32_t instruments, std::uint32_t live, std::uint32_t commands)
      : live_wanted_(live),
        instruments_(instruments),
        ids_end_(std::uint64_t{live} + commands + 1),
        middles_(instruments + 1, 50'000),
        place_(ids_end_),
        instrument_of_(ids_end_),
        book_(instruments + 1, ids_end_, *this) {}

  Flow make(std::uint32_t commands) {
    flow_.ids_end = ids_end_;
    for (std::uint32_t i = 0; i < live_wanted_; ++i) flow_.preload.push_back(draw_passive());
    while (flow_.commands.size() < commands) flow_.commands.push_back(draw());
    return std::move(flow_);
  }

  // What the book trades.
  void operator()(std::uint64_t maker, std::uint64_t taker, std::int64_t price, std::uint32_t traded) {
    flow_.tape(maker, taker, price, traded);
    if (book_.open(maker) == traded) forget(maker);
  }

 private:
  Command draw() {
    const std::uint32_t kind = random_.below(1000);
    if (kind < 550 || live_.empty())
      return enter(draw_order(1 + random_.below(instruments_), random_.below(2) == 0));
    const std::uint64_t id = live_[random_.below(static_cast<std::uint32_t>(live_.size()))];
    if (kind >= 975) return replace(id);
    Command command{.id = id, .instrument = instrument_of_[id] / 2, .op = Op::cancel};
    const std::uint32_t open = book_.open(id);
    if (kind >= 950 && open > 1) {
      command.op = Op::reduce;
      command.quantity = 1 + random_.below(open - 1);
      book_.reduce(id, command.quantity);
    } else {
      book_.cancel(id);
      forget(id);
    }
    return command;
  }

  Command draw_passive() {
    Command order{.instrument = 1 + random_.below(instruments_), .is_buy = random_.below(2) == 0};
    const std::int64_t offset = draw_offset(78);
    const std::int64_t away = (offset < 0 ? -offset : offset) + 1;
    order.price = static_cast<std::uint32_t>(50'000 + (order.is_buy ? -away : away));
    order.quantity = 1 + random_.below(200);
    return enter(order);
  }

  std::int64_t draw_offset(std::int64_t mean) {
    std::int64_t sum = -393'216;
    for (int i = 0; i < 12; ++i) sum += random_.below(65'536);
    return sum * 100 / 65'536 + mean;
  }

  Command draw_order(std::uint32_t instrument, bool is_buy) {
    Command order{.instrument = instrument, .is_buy = is_buy};
    std::int64_t& middle = middles_[instrument];
    const std::uint32_t move = random_.below(16);
    if (move == 0 && middle < 98'000) ++middle;
    if (move == 1 && middle > 2'000) --middle;
    const bool is_above = live_.size() > live_wanted_;
    const std::int64_t offset = draw_offset(is_above ? 40 : 78);
    const std::int64_t price = std::clamp<std::int64_t>(middle + (is_buy ? -offset : offset), 1, 100'000);
    const std::int64_t met = book_.meets(instrument, is_buy);
    const bool crosses = met != 0 && (is_buy ? price >= met : price <= met);
    order.price = static_cast<std::uint32_t>(price);
    order.quantity = 1 + random_.below(!crosses ? 200 : is_above ? 60 : 10);
    return order;
  }

  Command enter(Command order) {
    order.id = next_id_++;
    const std::uint64_t trades = flow_.tape.count;
    const std::uint32_t left =
        book_.add(order.id, order.instrument, order.is_buy, order.price, order.quantity);
    count_entry(order.id, order, left, trades);
    return order;
  }

  Command replace(std::uint64_t id) {
    const std::uint32_t where = instrument_of_[id];
    Command command = draw_order(where / 2, where % 2 == 0);
    command.op = Op::replace;
    command.id = id;
    command.new_id = next_id_++;
    forget(id);
    const std::uint64_t trades = flow_.tape.count;
    const std::uint32_t left = book_.replace(id, command.new_id, command.price, command.quantity);
    count_entry(command.new_id, command, left, trades);
    return command;
  }

  void count_entry(std::uint64_t id, const Command& order, std::uint32_t left, std::uint64_t trades_before) {
    ++flow_.entries;
    if (flow_.tape.count != trades_before) ++flow_.trading;
    if (left == 0) return;
    instrument_of_[id] = order.instrument * 2 + (order.is_buy ? 0 : 1);
    place_[id] = static_cast<std::uint32_t>(live_.size());
    live_.push_back(id);
    flow_.live_max = std::max(flow_.live_max, static_cast<std::uint32_t>(live_.size()));
  }

  void forget(std::uint64_t id) {
    const std::uint64_t last = live_.back();
    live_[place_[id]] = last;
    place_[last] = place_[id];
    live_.pop_back();
  }

  FlowRandom random_{42};
  std::uint32_t live_wanted_;
  std::uint32_t instruments_;
  std::uint64_t ids_end_;
  std::uint64_t next_id_ = 1;
  std::vector<std::int64_t> middles_;
  std::vector<std::uint64_t> live_;
  std::vector<std::uint32_t> place_;          // in live_, by id
  std::vector<std::uint32_t> instrument_of_;  // times 2, plus 1 for sells, by id
  Flow flow_;
  TextbookBook<FlowMaker> book_;
};

}  // namespace tickweir::bench
