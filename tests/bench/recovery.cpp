// recovery: the exchange with 1,000,000 orders in its book: how long a snapshot stops it, and how long a
// start takes with 1,000,000 events after the last snapshot; and how fast a whole log of the stream of
// order_flow.h is replayed when there is no snapshot.
//
// The pause is the time for which all threads stood still, by the engine's own cells. A start is timed from
// the pipeline's making to the end of the replay, the loading of the snapshot included. A replay that does
// not lead to the very trades that are stored fails.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "bench.h"
#include "order_requests.h"
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
    // Asleep: there are no more cores than the replay itself has work for.
    while (read_cell(cells.replayed_events) < events) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

 private:
  std::uint16_t port_;
  Pipeline pipeline_;
  std::unique_ptr<Client> client_;
};

// From the pipeline's making to the end of the replay, in ns.
double replay_ns(const std::string& folder, std::uint64_t orders, std::uint64_t events) {
  const std::uint64_t begin = now_ns();
  Exchange exchange(folder, orders);
  exchange.start();
  exchange.wait_for_replay(events);
  const auto taken = static_cast<double>(now_ns() - begin);
  exchange.stop();
  return taken;
}

std::string fresh_folder(const Settings& settings) {
  std::string folder = settings.folder + "/recovery";
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

Row replay_row(const Settings& settings) {
  const std::uint32_t live = settings.is_smoke ? 1'000 : 100'000;
  const Flow flow = FlowMaker(100, live, 20 * live).make(20 * live);
  const std::string folder = fresh_folder(settings);
  {
    Exchange exchange(folder, live);
    exchange.start();
    exchange.connect();
    for (const auto* commands : {&flow.preload, &flow.commands}) {
      for (const Command& command : *commands) {
        visit(command, [&](const auto& request) { exchange.send(request); });
      }
    }
    exchange.finish_sending();
    exchange.stop();
  }
  const std::uint64_t events = flow.preload.size() + flow.commands.size();
  std::vector<double> rates;
  for (std::uint32_t i = 0; i < settings.repetitions; ++i) {
    fs::remove_all(folder + "/snapshots");
    rates.push_back(static_cast<double>(events) * 1e3 / replay_ns(folder, live, events));
  }
  fs::remove_all(folder);
  return {.name = "recovery: replay",
          .unit = "M events/s",
          .ours = median(rates),
          .figure = median(rates),
          .figure_text = "M events/s",
          .target = "at least 5",
          .is_reached = median(rates) >= 5,
          .state = "-",
          .note = "the whole log through book, bundles and the log of trades, 100 instruments, " +
                  std::to_string(flow.tape.count) + " trades; the start of the pipeline included"};
}

}  // namespace

std::vector<Row> recovery(const Settings& settings) {
  const std::uint64_t orders = settings.is_smoke ? 2'000 : 1'000'000;
  const std::string folder = fresh_folder(settings);
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
  const double start_ms = replay_ns(folder, orders, orders) * 1e-6;
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
           .note = "snapshot of 1,000,000 orders, then 1,000,000 events of the log"},
          replay_row(settings)};
}

}  // namespace tickweir::bench
