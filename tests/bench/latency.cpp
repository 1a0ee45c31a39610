// latency: 100,000 events/s from one pinned, spinning thread to another; from an event's due time to the
// sink.
//
//   [core 0] paced source --edge--> sink [core 1]
//
// Baseline: the same pacing and the same clock around a hand-written ring. Times count from when an event was
// due, so a source that is held up does not hide it.
#include <atomic>
#include <ctime>
#include <memory>
#include <thread>

#include "bench.h"
#include "pipeline.h"
#include "ring_baseline.h"
#include "runtime/engine/clock.h"
#include "tickweir/counters.h"

namespace tickweir::bench {

namespace {

constexpr std::uint64_t interval_ns = 10'000;

struct Tail {
  double p50 = 0;
  double p999 = 0;
};

double quantile_ns(const Cell* cells, double share) {
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < HistogramLayout::bucket_count; ++i) total += cells[1 + i];
  auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total));
  for (std::uint32_t i = 0; i < HistogramLayout::bucket_count; ++i) {
    if (rank < cells[1 + i]) {
      // Within a bucket the values are taken as evenly spread.
      const auto low = static_cast<double>(HistogramLayout::lower_bound(i));
      const auto high = static_cast<double>(HistogramLayout::lower_bound(i + 1));
      return low + (high - low) * static_cast<double>(rank) / static_cast<double>(cells[1 + i]);
    }
    rank -= cells[1 + i];
  }
  return 0;
}

Tail tail_of(const Cell* cells) {
  return {.p50 = quantile_ns(cells, 0.5), .p999 = quantile_ns(cells, 0.999)};
}

Tail pipeline_tail(std::uint64_t events) {
  Pipeline pipeline(
      "threads: { a: { cpus: \"0\", wait: spin }, b: { cpus: \"1\", wait: spin } }\nstages:\n"
      "  source: { plugin: bench_source, thread: a, config: { events: " +
      std::to_string(events) + ", interval: " + std::to_string(interval_ns) +
      "ns } }\n"
      "  sink: { plugin: bench_sink, thread: b, inputs: [{ from: source, capacity: 16 }], config: { latency: "
      "true } }\n");
  pipeline.run();
  check(*pipeline.cells("sink", "number_sum") == events * (events - 1) / 2, "every event arrives once");
  return tail_of(pipeline.cells("sink", "latency"));
}

Tail ring_tail(std::uint64_t events) {
  auto ring = std::make_unique<RingBaseline>();
  std::thread producer([&] {
    pin_to(0);
    std::uint64_t due = wall_ns() + interval_ns;
    for (std::uint64_t next = 0; next < events;) {
      const std::uint64_t now = wall_ns();
      for (; due <= now && next < events; due += interval_ns, ++next) ring->push(next, due, 1);
    }
  });
  pin_to(1);
  std::vector<Cell> cells(HistogramLayout::cell_count);
  Histogram histogram(cells.data());
  std::uint64_t sum = 0;
  for (std::uint64_t got = 0; got < events;) {
    got += ring->pop_all([&](const RingBaseline::Slot& slot) {
      sum += slot.sample.number;
      const std::uint64_t now = wall_ns();
      histogram.record(now > slot.event.time ? now - slot.event.time : 0);
    });
  }
  producer.join();
  unpin();
  check(sum == events * (events - 1) / 2, "every event arrives once through the ring");
  return tail_of(cells.data());
}

}  // namespace

std::vector<Row> latency_two_threads(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 2'000 : 100'000;
  std::vector<Tail> ours;
  std::vector<Tail> baseline;
  // The tails of the kept pairs travel beside their medians: run_pairs keeps whole pairs or nothing.
  std::vector<double> tail_ours;
  std::vector<double> tail_baseline;
  Pairs medians = run_pairs(settings, true,
                            [&] {
                              ours.push_back(pipeline_tail(events));
                              return ours.back().p50;
                            },
                            [&] {
                              baseline.push_back(ring_tail(events));
                              return baseline.back().p50;
                            });
  for (std::size_t i = 0; i < ours.size(); ++i) {
    for (std::size_t kept = 0; kept < medians.ours.size(); ++kept) {
      if (ours[i].p50 != medians.ours[kept] || baseline[i].p50 != medians.baseline[kept]) continue;
      tail_ours.push_back(ours[i].p999);
      tail_baseline.push_back(baseline[i].p999);
      break;
    }
  }
  const double p50_ratio = medians.ratio();
  // Tails are the machine's more than ours: the median over the runs, each side for itself.
  const double tail_ratio = median(tail_ours) / median(tail_baseline);
  const std::string note = std::to_string(medians.thrown_away) + " pairs thrown away";
  return {{.name = "latency p50 at 100,000/s",
           .unit = "ns",
           .ours = median(medians.ours),
           .baseline = median(medians.baseline),
           .figure = p50_ratio,
           .figure_text = "ratio",
           .target = "at most 1.3",
           .is_reached = p50_ratio <= 1.3,
           .state = medians.state,
           .note = note},
          {.name = "latency p99.9 at 100,000/s",
           .unit = "ns",
           .ours = median(tail_ours),
           .baseline = median(tail_baseline),
           .figure = tail_ratio,
           .figure_text = "ratio",
           .target = "at most 1.5",
           .is_reached = tail_ratio <= 1.5,
           .state = medians.state,
           .note = note}};
}

}  // namespace tickweir::bench
