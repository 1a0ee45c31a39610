// one_edge: one producer, one consumer, 64-byte events written on one core and read on the other.
//
//   [core 0] source --edge--> sink [core 1]
//
// Baseline: a hand-written ring of events with cached indices that publishes every 64.
#include <atomic>
#include <memory>
#include <thread>

#include "bench.h"
#include "pipeline.h"
#include "plugins/bench_event.h"
#include "ring_baseline.h"

namespace tickweir::bench {

namespace {

double pipeline_events_per_second(std::uint64_t events) {
  Pipeline pipeline(
      "threads: { a: { cpus: \"0\", wait: spin }, b: { cpus: \"1\", wait: spin } }\nstages:\n"
      "  source: { plugin: bench_source, thread: a, config: { events: " + std::to_string(events) + " } }\n"
      "  sink: { plugin: bench_sink, thread: b, inputs: [{ from: source, capacity: 16 }] }\n");
  const std::uint64_t elapsed = pipeline.run();
  check(*pipeline.cells("sink", "number_sum") == events * (events - 1) / 2, "every event arrives once");
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

double ring_events_per_second(std::uint64_t events) {
  auto ring = std::make_unique<RingBaseline>();
  std::atomic<bool> go{false};
  std::thread producer([&] {
    pin_to(0);
    while (!go.load(std::memory_order_acquire)) {
    }
    for (std::uint64_t i = 0; i < events; ++i) ring->push(i, i, 64);
    ring->publish();
  });
  pin_to(1);
  std::uint64_t sum = 0;
  const std::uint64_t start = now_ns();
  go.store(true, std::memory_order_release);
  for (std::uint64_t got = 0; got < events;) {
    got += ring->pop_all(
        [&](const RingBaseline::Slot& slot) { sum += slot.sample.number + slot.sample.touched; });
  }
  const std::uint64_t elapsed = now_ns() - start;
  producer.join();
  unpin();
  check(sum == events * (events - 1) / 2, "every event arrives once through the ring");
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> one_edge(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 100'000 : 60'000'000;
  const Pairs pairs = run_pairs(settings, true, [&] { return pipeline_events_per_second(events); },
                                [&] { return ring_events_per_second(events); });
  const double ratio = pairs.ratio();
  return {{.name = "one_edge",
           .unit = "M events/s",
           .ours = median(pairs.ours) * 1e-6,
           .baseline = median(pairs.baseline) * 1e-6,
           .figure = ratio,
           .figure_text = "ratio",
           .target = "at least 0.8",
           .is_reached = ratio >= 0.8,
           .state = pairs.state,
           .note = std::to_string(pairs.thrown_away) + " pairs thrown away"}};
}

}  // namespace tickweir::bench
