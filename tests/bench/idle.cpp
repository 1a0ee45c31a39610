// idle: what a pipeline costs that has nothing to do, with adaptive waits, two threads.
#include <sys/resource.h>

#include <chrono>
#include <thread>

#include "bench.h"
#include "pipeline.h"

namespace tickweir::bench {

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::vector<Row> idle(const Settings& settings) {
  Pipeline pipeline(
      "threads: { a: { wait: adaptive }, b: { wait: adaptive } }\nstages:\n"
      "  source: { plugin: bench_source, thread: a, config: { events: 0 } }\n"
      "  sink: { plugin: bench_sink, thread: b, inputs: [source] }\n");
  pipeline.start();
  const double cpu_before = cpu_seconds();
  const std::uint64_t before = now_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(settings.is_smoke ? 10 : 3000));
  const double cpu = cpu_seconds() - cpu_before;
  const double percent = 100.0 * cpu / (static_cast<double>(now_ns() - before) * 1e-9);
  pipeline.engine().stop();
  pipeline.finish();
  return {{.name = "idle, adaptive", .unit = "% of a core", .ours = percent, .baseline = 0, .figure = percent,
           .figure_text = "%", .target = "under 1 %", .is_reached = percent < 1, .state = "-",
           .note = "a source that does not say when to ask again is asked every 10 ms"}};
}

}  // namespace tickweir::bench
