// recovery: the exchange with 1,000,000 orders in its book: how long a snapshot stops it, and how long a
// start takes with 1,000,000 events after the last snapshot.
//
// The pause is the time for which all threads stood still, by the engine's own cells. A start is timed from
// the pipeline's making to the end of the replay, the loading of the snapshot included.
#include <sched.h>

#include <algorithm>
#include <filesystem>

#include "bench.h"
#include "served.h"
#include "tickweir/client.h"
#include "tickweir/market.h"

namespace tickweir::bench {

namespace {

namespace fs = std::filesystem;

// Buys that nobody meets: they stay in the book.
market::NewOrder resting(std::uint64_t number) {
  return {.order_id = number,
          .price = static_cast<std::int64_t>(1 + number * 7 % 1000),
          .quantity = 10,
          .instrument = static_cast<std::uint32_t>(1 + number % 100),
          .account = 1,
          .side = market::Side::Buy};
}

class Exchange {
 public:
  Exchange(const std::string& folder, std::uint64_t orders)
      : port_(free_port()),
        pipeline_(TICKWEIR_SOURCE_DIR "/pipelines/exchange.yaml",
                  {{"stages.orders.config.listen", "127.0.0.1:" + std::to_string(port_)},
                   {"metrics.listen", "127.0.0.1:0"},
                   {"stages.log.config.path", folder + "/orders"},
                   {"stages.trades.config.path", folder + "/trades"},
                   {"stages.log.config.segment_bytes", "16MiB"},
                   {"stages.trades.config.segment_bytes", "1MiB"},
                   {"stages.book.config.orders", std::to_string(2 * orders)},
                   {"snapshots.path", folder + "/snapshots"},
                   {"snapshots.every", "24h"}}) {}

  void start() { pipeline_.start(); }
  void stop() {
    pipeline_.engine().stop();
    pipeline_.finish();
  }
  void connect() {
    client_ = std::make_unique<Client>(ClientSettings{.port = port_, .client = 1});
    client_->connect();
  }
  template <typename T>
  void send(const T& request) {
    while (client_->send(request) == 0) check(client_->work(10), "the connection lasts");
  }
  void finish_sending() { check(client_->finish(), "everything is answered"); }

  // The pause in ns.
  double take_snapshot() {
    const Cell& sum = pipeline_.engine().telemetry().snapshots->pause_ns.front();
    const Cell before = read_cell(sum);
    auto taken = pipeline_.engine().take_snapshot();
    check(static_cast<bool>(taken), "a snapshot is taken");
    return static_cast<double>(read_cell(sum) - before);
  }
  void wait_for_replay(std::uint64_t events) {
    const auto& stages = pipeline_.graph().stages;
    const auto log = std::ranges::find(stages, "log", &GraphStage::id) - stages.begin();
    const LogCells& cells = *pipeline_.engine().telemetry().logs[static_cast<std::size_t>(log)];
    while (read_cell(cells.replayed_events) < events) sched_yield();
  }

 private:
  std::uint16_t port_;
  Pipeline pipeline_;
  std::unique_ptr<Client> client_;
};

}  // namespace

std::vector<Row> recovery(const Settings& settings) {
  const std::uint64_t orders = settings.is_smoke ? 2'000 : 1'000'000;
  const std::string folder = settings.folder + "/recovery";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::vector<double> pauses;
  {
    Exchange exchange(folder, orders);
    exchange.start();
    exchange.connect();
    std::uint64_t number = 0;
    while (number < orders) exchange.send(resting(++number));
    exchange.finish_sending();
    for (int i = 0; i < 7; ++i) {
      for (std::uint64_t more = 0; more < 1'000; ++more) exchange.send(resting(++number));
      exchange.finish_sending();
      pauses.push_back(exchange.take_snapshot() * 1e-6);
    }
    for (std::uint64_t cancelled = 1; cancelled <= orders; ++cancelled) {
      exchange.send(market::Cancel{.order_id = cancelled, .instrument = 0, .account = 1});
    }
    exchange.finish_sending();
    exchange.stop();
  }
  const std::uint64_t begin = now_ns();
  Exchange again(folder, orders);
  again.start();
  again.wait_for_replay(orders);
  const double start_ms = static_cast<double>(now_ns() - begin) * 1e-6;
  again.stop();
  fs::remove_all(folder);
  const double pause = median(pauses);
  return {{.name = "recovery: pause of a snapshot",
           .unit = "ms",
           .ours = pause,
           .figure = pause,
           .figure_text = "ms",
           .target = "below 1",
           .is_reached = pause < 1,
           .state = "-",
           .note = "all threads, 1,000,000 orders in the book; worst of 7 " +
                   std::to_string(*std::ranges::max_element(pauses)).substr(0, 4) + " ms"},
          {.name = "recovery: start",
           .unit = "ms",
           .ours = start_ms,
           .figure = start_ms,
           .figure_text = "ms",
           .target = "below 500",
           .is_reached = start_ms < 500,
           .state = "-",
           .note = "snapshot of 1,000,000 orders, then 1,000,000 events of the log"}};
}

}  // namespace tickweir::bench
