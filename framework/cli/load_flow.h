// What `tickweir load` does: orders over several connections to a source_tcp, timed from when each was due.
//
// Threading: one thread. Memory: a window for each connection. Errors: LoadResult::problem.
// Time: an event is due at start + index / rate, whatever happened to those before it, so a stall shows in
// the latency of every event that waited (no coordinated omission). At full speed an event is due when it is
// made.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tickweir/client.h"
#include "tickweir/counters.h"
#include "tickweir/market.h"

namespace tickweir {

constexpr std::uint64_t load_turn_ns = 50'000;  // a shorter wait is not worth a sleep

struct LoadPlan {
  ClientSettings client;                        // its id is that of the first connection, the others count on
  std::map<std::uint32_t, std::string> tokens;  // by client id
  std::uint32_t connections = 1;
  double rate = 0;           // events a second over all connections; 0: full speed
  std::uint64_t events = 0;  // over all connections; 0: until `duration_ns`
  std::uint64_t duration_ns = 0;
  std::uint64_t reconnects = 0;  // of each connection, spread evenly
  double duplicates = 0;  // share of events that are sent again after reconnects though they are answered
  std::uint64_t patience_ns = 10'000'000'000;  // for a source that is away or silent
  std::uint32_t burst = 1;  // so many events fall due on one connection, then as many on the next
};

// Of the first `due` events those of connection `index`.
[[nodiscard]] std::uint64_t load_share(const LoadPlan& plan, std::uint64_t due, std::uint32_t index);
// Which of all events is number `event`, counted from 0, of connection `index`.
[[nodiscard]] std::uint64_t load_position(const LoadPlan& plan, std::uint64_t event, std::uint32_t index);

struct LoadResult {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t duration_ns = 0;
  std::map<std::string, std::uint64_t> reasons;  // of refusals
  std::string problem;                           // why it ended early; "" if it did not
  std::vector<std::uint64_t> latency = std::vector<std::uint64_t>(HistogramLayout::cell_count);
  std::uint64_t latency_max = 0;

  // ns; the lower bound of the bucket, which is exact to 1/16.
  [[nodiscard]] std::uint64_t latency_at(double share) const;
};

// Orders that trade in pairs, so that no book grows: a sale follows each purchase at its price. From a fixed
// seed.
class LoadOrders {
 public:
  LoadOrders();
  [[nodiscard]] market::NewOrder make(std::uint32_t client, std::uint64_t number) const {
    market::NewOrder order = templates_[number & (count - 1)];
    order.order_id = std::uint64_t{client} << 40 | number;
    return order;
  }

 private:
  static constexpr std::size_t count = 4096;
  std::vector<market::NewOrder> templates_;
};

// One connection of the load.
class LoadConnection {
 public:
  LoadConnection(const LoadPlan& plan, const LoadOrders& orders, std::uint32_t index, LoadResult& result);

  // Connects; a source that is away is tried again until patience ends: so long after the first of the lost
  // connections that brought no answer. False: given up.
  [[nodiscard]] bool connect(std::uint64_t now);
  // Makes the events that are due, at most so many, and moves bytes, if there are any: whether some came,
  // `is_readable` says. False: given up.
  [[nodiscard]] bool work(std::uint64_t now, std::uint64_t due, bool is_readable);
  [[nodiscard]] std::uint64_t made() const { return made_; }
  [[nodiscard]] const Client& client() const { return client_; }
  void set_start(std::uint64_t start) { start_ = start; }

 private:
  [[nodiscard]] ClientSettings settings_for(std::uint32_t index);
  [[nodiscard]] std::uint64_t next_retry(std::uint64_t now) const;
  [[nodiscard]] bool goes_on(std::uint64_t now, const std::string& why);
  void make(std::uint64_t now, std::uint64_t due);
  void take_answers();
  [[nodiscard]] std::uint64_t due_time(std::uint64_t index) const;
  [[nodiscard]] bool is_reconnect_due(std::uint64_t now) const;

  const LoadPlan& plan_;
  const LoadOrders& orders_;
  LoadResult& result_;
  std::uint32_t index_;
  std::uint32_t id_;
  Client client_;
  std::uint64_t start_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t first_number_ = 0;  // the one before the first event
  std::uint64_t answered_ = 0;      // highest number
  std::uint64_t reconnects_left_;
  std::uint64_t away_since_ = 0;  // lost, and not answered since; 0: it is not
  std::uint64_t next_try_ = 0;
  struct Made {
    std::uint64_t last_number;
    std::uint64_t time;
  };
  std::deque<Made> made_at_;  // at full speed
};

// Runs it to its end, and waits for the answers.
[[nodiscard]] LoadResult run_load(const LoadPlan& plan);

}  // namespace tickweir
