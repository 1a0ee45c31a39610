// five_hops: what it costs to pass through five stages that live in shared objects, fused on one thread.
//
//   source -> pass -> pass -> pass -> pass -> pass -> sink     against     source -> sink
//
// The difference is the five hops. Baseline: the same five loops over the same bytes in one function.
#include <cstring>
#include <vector>

#include "bench.h"
#include "pipeline.h"
#include "plugins/bench_event.h"
#include "tickweir/event.h"

namespace tickweir::bench {

namespace {

constexpr std::uint32_t hops = 5;

double pipeline_ns_per_event(std::uint64_t events, std::uint32_t hop_count) {
  std::string yaml =
      "batch: { max_events: 256 }\nthreads: { core: { cpus: \"0\", wait: spin } }\nstages:\n"
      "  source: { plugin: bench_source, thread: core, config: { events: " +
      std::to_string(events) + " } }\n";
  std::string before = "source";
  for (std::uint32_t i = 0; i < hop_count; ++i) {
    const std::string id = "pass" + std::to_string(i);
    yaml += "  " + id + ": { plugin: bench_pass, thread: core, inputs: [" + before + "] }\n";
    before = id;
  }
  yaml += "  sink: { plugin: bench_sink, thread: core, inputs: [" + before + "] }\n";
  Pipeline pipeline(yaml);
  const std::uint64_t elapsed = pipeline.run();
  check(*pipeline.cells("sink", "number_sum") == events * (events - 1) / 2, "every event arrives once");
  check(*pipeline.cells("sink", "touched_sum") == events * hop_count, "every stage touches every event");
  return static_cast<double>(elapsed) / static_cast<double>(events);
}

[[gnu::noinline]] void five_loops(std::uint8_t* batch, std::uint32_t bytes) {
  for (std::uint32_t hop = 0; hop < hops; ++hop) {
    for (std::uint32_t at = 0; at < bytes; at += event_size<Sample>) {
      ++reinterpret_cast<Sample*>(batch + at + sizeof(Event))->touched;
    }
    asm volatile("" ::: "memory");  // five loops, not one
  }
}

double loops_ns_per_event(std::uint64_t events) {
  constexpr std::uint32_t batch_events = 256;
  pin_to(0);
  std::vector<std::uint64_t> memory(batch_events * event_size<Sample> / sizeof(std::uint64_t) + 8);
  auto* const batch = reinterpret_cast<std::uint8_t*>((reinterpret_cast<std::uintptr_t>(memory.data()) + 63) &
                                                      ~std::uintptr_t{63});
  std::memset(batch, 0, batch_events * event_size<Sample>);
  const std::uint64_t start = now_ns();
  for (std::uint64_t done = 0; done < events; done += batch_events)
    five_loops(batch, batch_events * event_size<Sample>);
  const std::uint64_t elapsed = now_ns() - start;
  unpin();
  check(reinterpret_cast<Sample*>(batch + sizeof(Event))->touched ==
            hops * ((events + batch_events - 1) / batch_events),
        "the loops touch every event");
  return static_cast<double>(elapsed) / static_cast<double>(events);
}

}  // namespace

std::vector<Row> five_hops(const Settings& settings) {
  const std::uint64_t events = settings.is_smoke ? 10'000 : 40'000'000;
  const Pairs pairs = run_pairs(
      settings, false,
      [&] { return pipeline_ns_per_event(events, hops) - pipeline_ns_per_event(events, 0); },
      [&] { return loops_ns_per_event(events); });
  const double ours = median(pairs.ours);
  return {{.name = "five_hops",
           .unit = "ns/event, five hops",
           .ours = ours,
           .baseline = median(pairs.baseline),
           .figure = ours,
           .figure_text = "ns",
           .target = "at most 2.5 ns",
           .is_reached = ours <= 2.5,
           .state = pairs.state,
           .note = "fused, .so stages, batches of 256"}};
}

}  // namespace tickweir::bench
