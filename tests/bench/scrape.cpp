// scrape: what a Prometheus that asks every 100 ms costs a pipeline at full speed.
//
//   [core 0] source -> pass -> sink        [core 1] GET /metrics over TCP, every 100 ms
//
// Baseline: the same pipeline without anybody asking.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "bench.h"
#include "pipeline.h"
#include "runtime/admin/admin_server.h"
#include "runtime/admin/pages.h"
#include "runtime/engine/clock.h"

namespace tickweir::bench {

namespace {

std::string get_metrics(std::uint16_t port) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    [[maybe_unused]] const auto sent = send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[16 * 1024];
    for (ssize_t got = 0; (got = recv(connection, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  close(connection);
  return answer;
}

// Asks now and then until told to stop; how often.
class Scraper {
 public:
  explicit Scraper(const Pipeline& pipeline, Engine& engine) {
    view_ = {.graph = &pipeline.graph(), .telemetry = &engine.telemetry(),
             .state = [&engine] { return engine.state(); }, .stalls = [&engine] { return engine.stalls(); },
             .ticks_to_seconds = ticks_to_seconds, .log_lines = [] { return LogLineCounts{}; }};
    auto server = AdminServer::listen("127.0.0.1:0", [this](std::string_view path, std::string_view query) {
      return admin_page(view_, path, query);
    });
    check(static_cast<bool>(server), "the admin server listens");
    server_ = std::move(server.value());
    asking_ = std::thread([this] { ask(); });
  }
  ~Scraper() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    stopping_.notify_all();
    asking_.join();
  }

 private:
  void ask() {
    pin_to(1);
    std::unique_lock lock(mutex_);
    do {
      check(get_metrics(server_->port()).find("tickweir_component_sent_events_total") != std::string::npos,
            "a scrape brings the metrics");
    } while (!stopping_.wait_for(lock, std::chrono::milliseconds(100), [this] { return is_stopping_; }));
  }

  PipelineView view_;
  std::unique_ptr<AdminServer> server_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopping_ = false;
  std::thread asking_;
};

double events_per_second(std::uint64_t events, bool is_scraped) {
  Pipeline pipeline(
      "threads: { core: { cpus: \"0\", wait: spin } }\nstages:\n"
      "  source: { plugin: bench_source, thread: core, config: { events: " + std::to_string(events) + " } }\n"
      "  pass: { plugin: bench_pass, thread: core, inputs: [source] }\n"
      "  sink: { plugin: bench_sink, thread: core, inputs: [pass] }\n");
  std::unique_ptr<Scraper> scraper;
  if (is_scraped) scraper = std::make_unique<Scraper>(pipeline, pipeline.engine());
  const std::uint64_t elapsed = pipeline.run();
  check(*pipeline.cells("sink", "number_sum") == events * (events - 1) / 2, "every event arrives once");
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> scrape(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 10'000 : 600'000'000;
  const Pairs pairs = run_pairs(settings, true, [&] { return events_per_second(events, true); },
                                [&] { return events_per_second(events, false); });
  const double ratio = pairs.ratio();
  return {{.name = "scrape every 100 ms",
           .unit = "M events/s",
           .ours = median(pairs.ours) * 1e-6,
           .baseline = median(pairs.baseline) * 1e-6,
           .figure = ratio,
           .figure_text = "ratio",
           .target = "at least 0.98",
           .is_reached = ratio >= 0.98,
           .state = pairs.state,
           .note = ""}};
}

}  // namespace tickweir::bench
