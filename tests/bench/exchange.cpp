// exchange: pipelines/exchange.yaml as it is, under `tickweir load` from another process on the same cores.
//
//   source_tcp -> dedup -> log -> book -> bundles -> log, every order durable before its acknowledgement
//
// "segments prepared": the logs' files lie there before the first order, as in the long run, when those of
// dropped segments are used again.
//
// Users quote 2,490,000 orders/s of hand-written systems (log not synced, no matching), 200,000/s safe.
#include <filesystem>
#include <thread>

#include "bench.h"
#include "served.h"

namespace tickweir::bench {

namespace {

namespace fs = std::filesystem;

Answers served(const Settings& settings, const Load& load, const std::vector<Override>& others = {}) {
  const std::string folder = settings.folder + "/exchange";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::uint16_t port = free_port();
  std::vector<Override> overrides{{"stages.orders.config.listen", "127.0.0.1:" + std::to_string(port)},
                                  {"metrics.listen", "127.0.0.1:0"},
                                  {"stages.log.config.path", folder + "/orders"},
                                  {"stages.trades.config.path", folder + "/trades"},
                                  {"snapshots.path", folder + "/snapshots"}};
  overrides.insert(overrides.end(), others.begin(), others.end());
  if (settings.is_smoke) {
    overrides.push_back({"stages.log.config.segment_bytes", "1MiB"});
    overrides.push_back({"stages.trades.config.segment_bytes", "1MiB"});
  }
  Pipeline pipeline(TICKWEIR_SOURCE_DIR "/pipelines/exchange.yaml", overrides);
  const Answers answers = serve(pipeline, "log", port, load);
  fs::remove_all(folder);
  return answers;
}

Row answer_row(const std::string& name, const Answers& paced) {
  return {.name = name,
          .unit = "us",
          .ours = paced.p50_us,
          .figure = paced.p50_us,
          .figure_text = "p50 us",
          .target = "below 250, p99 below 5,000",
          .is_reached = paced.p50_us < 250 && paced.p99_us < 5'000,
          .state = "-",
          .note = "p99 " + std::to_string(static_cast<int>(paced.p99_us)) + " us"};
}

Row rate_row(const std::string& name, const Settings& settings, const std::vector<Override>& others = {}) {
  std::vector<double> rates;
  for (std::uint32_t i = 0; i < (settings.is_smoke ? 1 : settings.repetitions); ++i) {
    const Load load{.events = settings.is_smoke ? 20'000U : 8'000'000U};
    rates.push_back(served(settings, load, others).events_per_second * 1e-6);
  }
  return {.name = name,
          .unit = "M orders/s",
          .ours = median(rates),
          .figure = median(rates),
          .figure_text = "M orders/s",
          .target = "above 8",
          .is_reached = median(rates) > 8,
          .state = "-",
          .note = "4 connections; the load takes a core's share"};
}

}  // namespace

std::vector<Row> exchange(const Settings& settings) {
  const std::string bytes = settings.is_smoke ? "2MiB" : "768MiB";
  const std::vector<Override> prepared{{"stages.log.config.prepare", bytes},
                                       {"stages.trades.config.prepare", bytes}};
  const Load paced{.events = settings.is_smoke ? 2'000U : 3'000'000U, .rate = 1'000'000};
  // The last CPU: the first one mostly has the system's own work.
  const std::string last_cpu = std::to_string(std::thread::hardware_concurrency() - 1);
  return {rate_row("exchange: full speed", settings),
          rate_row("exchange: full speed, segments prepared", settings, prepared),
          answer_row("exchange: answer at 1,000,000/s", served(settings, paced)),
          answer_row("exchange: the same, segments prepared", served(settings, paced, prepared)),
          answer_row("exchange: the same, its core pinned",
                     served(settings, paced, {{"threads.core.cpus", last_cpu}}))};
}

}  // namespace tickweir::bench
