// auction: an opening auction of 10,000 orders on each side, from the change of state that ends it to its
// last execution, against a textbook one: maps of lists with an index by id, as who cancels needs it, and a
// price found by a sum over all prices.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include "bench.h"
#include "order_flow.h"
#include "tickweir/market.h"
#include "transform_order_book/order_book.h"

namespace tickweir::bench {

namespace {

// As ids rise: a buy, a sell, a buy, ...; around 10,000, so that about half of all trades.
std::vector<market::NewOrder> make_orders(std::uint32_t a_side) {
  FlowRandom random(42);
  std::vector<market::NewOrder> orders;
  for (std::uint64_t id = 1; id <= std::uint64_t{a_side} * 2; ++id) {
    orders.push_back({.order_id = id,
                      .price = 9'800 + random.below(400),
                      .quantity = 1 + random.below(200),
                      .instrument = 1,
                      .side = id % 2 == 1 ? market::Side::Buy : market::Side::Sell,
                      .kind = market::OrderKind::Limit,
                      .time_in_force = market::TimeInForce::GoodTillCancel});
  }
  return orders;
}

struct TapeListener : book::Silent {
  [[nodiscard]] static constexpr bool wants_executions() { return true; }
  void execution(const market::Executed& value, bool) {
    tape(value.maker_order_id, value.taker_order_id, value.price, value.quantity);
  }
  Tape tape;
};

struct OurAuction {
  explicit OurAuction(const std::vector<market::NewOrder>& orders)
      : store({.orders = static_cast<std::uint32_t>(orders.size()), .instruments = 2}) {
    rules.request(market::TradingStatus{.instrument = 1, .state = market::TradingState::OpeningAuction});
    for (const market::NewOrder& order : orders) rules.request(order);
  }
  void trade() { rules.request(market::TradingStatus{.instrument = 1, .state = market::TradingState::Open}); }
  [[nodiscard]] const Tape& tape() const { return listener.tape; }

  book::BookStore store;
  TapeListener listener;
  book::Matching<TapeListener> rules{store, listener};
};

class TextbookAuction {
 public:
  explicit TextbookAuction(const std::vector<market::NewOrder>& orders) {
    for (const market::NewOrder& order : orders) {
      Queue& queue = order.side == market::Side::Buy ? bids_[-order.price] : asks_[order.price];
      queue.push_back(order);
      by_id_[order.order_id] = std::prev(queue.end());
    }
  }
  void trade() {
    const auto [price, most] = clearing();
    for (std::uint64_t left = most; left != 0;) {
      auto& buys = bids_.begin()->second;
      auto& sells = asks_.begin()->second;
      market::NewOrder& buy = buys.front();
      market::NewOrder& sell = sells.front();
      const std::uint32_t both = std::min(buy.quantity, sell.quantity);
      const auto traded = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, both));
      tape_(buy.order_id, sell.order_id, price, traded);
      left -= traded;
      if ((buy.quantity -= traded) == 0) by_id_.erase(buy.order_id), buys.pop_front();
      if ((sell.quantity -= traded) == 0) by_id_.erase(sell.order_id), sells.pop_front();
      if (buys.empty()) bids_.erase(bids_.begin());
      if (sells.empty()) asks_.erase(asks_.begin());
    }
  }
  [[nodiscard]] const Tape& tape() const { return tape_; }

 private:
  using Queue = std::list<market::NewOrder>;
  using Queues = std::map<std::int64_t, Queue>;  // bids by their negative price

  // Most is traded, then the smallest surplus, then the lowest price: there is no reference.
  [[nodiscard]] std::pair<std::int64_t, std::uint64_t> clearing() const {
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> at;  // by price: bids, asks
    std::int64_t demand = 0;
    for (const auto& [price, queue] : bids_) at[-price].first += sum_of(queue), demand += sum_of(queue);
    for (const auto& [price, queue] : asks_) at[price].second += sum_of(queue);
    std::tuple<std::int64_t, std::int64_t, std::int64_t> best{};  // traded, less surplus, less price
    std::int64_t supply = 0;
    for (const auto& [price, sums] : at) {
      supply += sums.second;
      best = std::max(best, {std::min(demand, supply), -std::abs(demand - supply), -price});
      demand -= sums.first;
    }
    return {-std::get<2>(best), static_cast<std::uint64_t>(std::get<0>(best))};
  }
  static std::int64_t sum_of(const Queue& queue) {
    std::int64_t sum = 0;
    for (const market::NewOrder& order : queue) sum += order.quantity;
    return sum;
  }

  Queues bids_, asks_;
  std::unordered_map<std::uint64_t, Queue::iterator> by_id_;
  Tape tape_;
};

template <typename Auction>
double ns_per_order(const std::vector<market::NewOrder>& orders, Tape& tape) {
  pin_to(0);
  const auto auction = std::make_unique<Auction>(orders);
  const std::uint64_t start = now_ns();
  auction->trade();
  const std::uint64_t elapsed = now_ns() - start;
  unpin();
  tape = auction->tape();
  return static_cast<double>(elapsed) / static_cast<double>(orders.size());
}

}  // namespace

std::vector<Row> auction(const Settings& settings) {
  const auto orders = make_orders(10'000);
  Tape ours, textbook;
  const Pairs pairs = run_pairs(
      settings, false, [&] { return ns_per_order<OurAuction>(orders, ours); },
      [&] { return ns_per_order<TextbookAuction>(orders, textbook); });
  check(ours == textbook && ours.count > orders.size() / 4, "both auctions trade the same, and much");
  const double ratio = pairs.ratio();
  return {
      {.name = "auction",
       .unit = "ns/order",
       .ours = median(pairs.ours),
       .baseline = median(pairs.baseline),
       .figure = ratio,
       .figure_text = "ratio",
       .target = "at most 0.5",
       .is_reached = ratio <= 0.5,
       .state = "-",
       .note = std::to_string(ours.count) + " executions of " + std::to_string(orders.size()) + " orders"}};
}

}  // namespace tickweir::bench
