// durable: events made durable by a log, 64 bytes each.
//
//   source -> log -> sink, on one core; the log's own thread on the other
//
// Baseline of `durable`: a bare loop of pwrite and fdatasync over the same bytes in the same groups, into a
// file that lies there already. Baseline of `durable: back ends`: the best of the others, the same pipeline
// with one word changed.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "bench.h"
#include "pipeline.h"
#include "plugins/bench_event.h"
#include "tickweir/event.h"

namespace tickweir::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t group_events = 1000;

std::string log_folder(const Settings& settings) {
  return settings.folder + "/durable";
}

// Groups of exactly `group`: four batches of 250 make one of 1,000.
double log_events_per_second(const Settings& settings, const std::string& backend, std::uint64_t events,
                             std::uint32_t group) {
  const std::string folder = log_folder(settings);
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::string segment = backend == "wal_segment" ? ", segment_bytes: 512MiB" : "";
  Pipeline pipeline(
      "batch: { max_events: 250 }\nthreads: { core: { cpus: \"0\", wait: adaptive } }\nstages:\n"
      "  source: { plugin: bench_source, thread: core, config: { events: " +
      std::to_string(events) +
      " } }\n"
      "  log: { plugin: " +
      backend + ", thread: core, inputs: [source], durability: { sync: group, max_events: " +
      std::to_string(group) + " }, config: { path: \"" + folder + "/log\"" + segment +
      " } }\n"
      "  sink: { plugin: bench_sink, thread: core, inputs: [log] }\n");
  const std::uint64_t elapsed = pipeline.run();
  const LogCells& cells = *pipeline.engine().telemetry().logs[1];
  check(read_cell(cells.durable_sequence) == events, "every event is durable");
  check(*pipeline.cells("sink", "number_sum") == events * (events - 1) / 2, "every event goes on");
  fs::remove_all(folder);
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

double bare_events_per_second(const Settings& settings, std::uint64_t events) {
  constexpr std::size_t event_bytes = event_size<Sample>;
  const std::string folder = log_folder(settings);
  fs::create_directories(folder);
  const std::string path = folder + "/bare";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(file >= 0, "the baseline's file can be made");
  std::vector<char> group(group_events * event_bytes);
  for (std::uint64_t at = 0; at < events; at += group_events) {
    check(::write(file, group.data(), group.size()) == static_cast<ssize_t>(group.size()), "there is room");
  }
  check(::fsync(file) == 0, "the file can be synced");
  pin_to(0);
  const std::uint64_t begin = now_ns();
  for (std::uint64_t at = 0; at < events; at += group_events) {
    for (std::uint32_t i = 0; i < group_events; ++i) {
      auto* const event = reinterpret_cast<Event*>(group.data() + i * event_bytes);
      *event = {.size = event_bytes, .type = Sample::event_type, .sequence = at + i + 1, .origin = at + i};
    }
    const auto offset = static_cast<off_t>(at * event_bytes);
    check(::pwrite(file, group.data(), group.size(), offset) == static_cast<ssize_t>(group.size()),
          "it writes");
    check(::fdatasync(file) == 0, "it syncs");
  }
  const std::uint64_t elapsed = now_ns() - begin;
  unpin();
  ::close(file);
  fs::remove_all(folder);
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> durable(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 10'000 : 2'000'000;
  const Pairs pairs = run_pairs(
      settings, false, [&] { return log_events_per_second(settings, "wal_segment", events, group_events); },
      [&] { return bare_events_per_second(settings, events); });
  const double ratio = pairs.ratio();
  std::vector<Row> rows{{.name = "durable",
                         .unit = "M events/s",
                         .ours = median(pairs.ours) * 1e-6,
                         .baseline = median(pairs.baseline) * 1e-6,
                         .figure = ratio,
                         .figure_text = "ratio",
                         .target = "at least 0.9",
                         .is_reached = ratio >= 0.9,
                         .state = pairs.state,
                         .note = "groups of 1,000"}};

  double best = 0;
  std::string others;
  for (const char* backend : {"wal_rocksdb", "wal_lmdb", "wal_sqlite"}) {
    const double rate =
        log_events_per_second(settings, backend, settings.is_smoke ? events : events / 4, group_events);
    best = std::max(best, rate);
    others +=
        std::string(others.empty() ? "" : ", ") + backend + " " + std::to_string(rate * 1e-6).substr(0, 4);
  }
  const double ours =
      log_events_per_second(settings, "wal_segment", settings.is_smoke ? events : 3 * events, 65536);
  rows.push_back({.name = "durable: back ends",
                  .unit = "M events/s",
                  .ours = ours * 1e-6,
                  .baseline = best * 1e-6,
                  .figure = ours / best,
                  .figure_text = "ratio",
                  .target = "at least 5",
                  .is_reached = ours >= 5 * best,
                  .state = pairs.state,
                  .note = "groups as large as the disk makes them; " + others + " at groups of 1,000"});
  return rows;
}

}  // namespace tickweir::bench
