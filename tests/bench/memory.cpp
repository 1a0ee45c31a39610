// memory: resident memory at full speed over two threads: flat, and within what the pipeline file allows.
//
// --long: over 10 minutes; otherwise 10 s.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "bench.h"
#include "pipeline.h"

namespace tickweir::bench {

namespace {

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0);
}

}  // namespace

std::vector<Row> memory(const Settings& settings) {
  constexpr std::uint32_t capacity = 64;
  constexpr std::uint32_t block_kib = 32;
  Pipeline pipeline("batch: { max_bytes: " + std::to_string(block_kib) +
                    "KiB }\n"
                    "threads: { a: { wait: adaptive }, b: { wait: adaptive } }\nstages:\n"
                    "  source: { plugin: bench_source, thread: a, config: { events: 1000000000000000 } }\n"
                    "  pass: { plugin: bench_pass, thread: a, inputs: [source] }\n"
                    "  sink: { plugin: bench_sink, thread: b, inputs: [{ from: pass, capacity: " +
                    std::to_string(capacity) + " }] }\n");
  const double before = resident_mib();
  pipeline.start();
  const auto pause = [&](std::uint64_t milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
  const std::uint64_t seconds = settings.is_long ? 600 : 10;
  pause(settings.is_smoke ? 10 : 2000);
  const double early = resident_mib();
  pause(settings.is_smoke ? 10 : seconds * 1000 - 2000);
  const double late = resident_mib();
  pipeline.engine().stop();
  pipeline.finish();
  // In the edge, one in each stage's hands, one open, one batch's overflow; threads and their stacks beside.
  const double allowed = (capacity + 8) * block_kib / 1024.0 + 2.0;
  const double growth = late - early;
  const std::string span = "over " + std::to_string(seconds) + " s at full speed";
  return {{.name = "memory: growth",
           .unit = "MiB",
           .ours = growth,
           .baseline = 0,
           .figure = growth,
           .figure_text = "MiB",
           .target = "at most 0.25 MiB",
           .is_reached = growth <= 0.25,
           .state = "-",
           .note = span},
          {.name = "memory: bound",
           .unit = "MiB",
           .ours = late - before,
           .baseline = allowed,
           .figure = late - before,
           .figure_text = "MiB",
           .target = "at most what the edge allows",
           .is_reached = late - before <= allowed,
           .state = "-",
           .note = "capacity 64 batches of 32 KiB"}};
}

}  // namespace tickweir::bench
