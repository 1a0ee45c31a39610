// durable: events made durable by a log, 64 bytes each.
//
//   source -> log -> sink, on one core; the log's own thread on the other
//
// Baseline of `durable`: a bare loop of pwrite and fdatasync over the same bytes in the same groups, into a
// file that lies there already. Baseline of `durable: back ends`: the best of the others, the same pipeline
// with one word changed. Baseline of `verify`: reading the same files with read().
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

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

// Groups of at most `group`: four batches of 250 make one of 1,000. Leaves the log in its folder.
double log_events_per_second(const Settings& settings, const std::string& backend, std::uint64_t events,
                             std::uint32_t group, const std::string& segment_bytes = "256MiB") {
  const std::string folder = log_folder(settings);
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::string segment =
      backend == "wal_segment" ? ", segment_bytes: " + (settings.is_smoke ? "1MiB" : segment_bytes) : "";
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
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

double bare_events_per_second(const Settings& settings, std::uint64_t events) {
  constexpr std::size_t event_bytes = event_size<Sample>;
  const std::string folder = log_folder(settings);
  fs::remove_all(folder);
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

// Back ends take turns, and the best turn of each counts: what else the disk has to do only ever costs.
Row back_ends_row(const Settings& settings, std::uint64_t events) {
  std::map<std::string, double> best;
  const auto measure = [&](const std::string& name, double rate) { best[name] = std::max(best[name], rate); };
  double over_segments = 0;
  for (std::uint32_t turn = 0; turn < (settings.is_smoke ? 1U : 3U); ++turn) {
    for (const char* backend : {"wal_rocksdb", "wal_lmdb", "wal_sqlite"}) {
      measure(backend, log_events_per_second(settings, backend, settings.is_smoke ? events : events / 2,
                                             group_events));
    }
    measure("wal_segment", log_events_per_second(settings, "wal_segment", events, 65536));
    over_segments =
        std::max(over_segments, log_events_per_second(settings, "wal_segment", 4 * events, 65536, "64MiB"));
  }
  const double ours = best["wal_segment"];
  best.erase("wal_segment");
  double best_other = 0;
  std::string others;
  for (const auto& [name, rate] : best) {
    best_other = std::max(best_other, rate);
    others += (others.empty() ? "" : ", ") + name + " " + std::to_string(rate * 1e-6).substr(0, 4);
  }
  return {.name = "durable: back ends",
          .unit = "M events/s",
          .ours = ours * 1e-6,
          .baseline = best_other * 1e-6,
          .figure = ours / best_other,
          .figure_text = "ratio",
          .target = "at least 5",
          .is_reached = ours >= 5 * best_other,
          .state = "-",
          .note = "groups as large as the disk makes them, within a segment; " +
                  std::to_string(over_segments * 1e-6).substr(0, 4) +
                  " while the next segments are being made; " + others + " at groups of 1,000"};
}

// As after a restart of the machine: nothing of the log lies in the page cache.
void forget(const std::string& log) {
  for (const auto& entry : fs::directory_iterator(log)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    check(file >= 0 && ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0,
          "the page cache can be emptied");
    ::close(file);
  }
}

// Bytes of events a second through `tickweir wal verify`, by its own clock.
double verified_bytes_per_second(const std::string& log, std::uint64_t events) {
  const std::string command =
      "'" TICKWEIR_BINARY "' --plugin-path '" TICKWEIR_PLUGIN_DIR "' wal verify --json 'wal_segment:" + log +
      "'";
  forget(log);
  FILE* const out = ::popen(command.c_str(), "r");
  check(out != nullptr, "the program can be started");
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), out)) text.append(part.data(), got);
  check(::pclose(out) == 0, "the log is sound");
  const auto found = nlohmann::json::parse(text).at("logs").at(0);
  check(found.at("events") == events, "every event is verified");
  return found.at("bytes").get<double>() / found.at("seconds").get<double>();
}

double read_bytes_per_second(const std::string& log) {
  std::vector<char> room(1 << 20);
  std::uint64_t bytes = 0;
  forget(log);
  const std::uint64_t begin = now_ns();
  for (const auto& entry : fs::directory_iterator(log)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    check(file >= 0, "the log's files can be read");
    ssize_t got = 0;
    while ((got = ::read(file, room.data(), room.size())) > 0) bytes += static_cast<std::uint64_t>(got);
    ::close(file);
  }
  return static_cast<double>(bytes) * 1e9 / static_cast<double>(now_ns() - begin);
}

// Many segments: the last one is read twice, by the start and by the check.
Row verify_row(const Settings& settings, std::uint64_t events) {
  log_events_per_second(settings, "wal_segment", events, 65536, "16MiB");
  const std::string log = log_folder(settings) + "/log";
  const Pairs pairs = run_pairs(
      settings, false, [&] { return verified_bytes_per_second(log, events); },
      [&] { return read_bytes_per_second(log); });
  return {.name = "verify",
          .unit = "GB/s",
          .ours = median(pairs.ours) * 1e-9,
          .baseline = median(pairs.baseline) * 1e-9,
          .figure = pairs.ratio(),
          .figure_text = "ratio",
          .target = "at least 0.5",
          .is_reached = pairs.ratio() >= 0.5,
          .state = pairs.state,
          .note = "events of 64 bytes, nothing in the page cache"};
}

}  // namespace

std::vector<Row> durable(const Settings& settings) {
  // 64 MB: a quarter of a segment, before which the next one is not begun.
  const std::uint64_t events = settings.is_smoke ? 10'000 : 1'000'000;
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

  rows.push_back(back_ends_row(settings, events));
  rows.push_back(verify_row(settings, events));
  fs::remove_all(log_folder(settings));
  return rows;
}

}  // namespace tickweir::bench
