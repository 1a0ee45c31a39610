// Reads every event: sums what came, so that the benchmark can check it, and optionally takes the time from
// each event's own time to now.
#include <array>

#include "bench_event.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = boolean, .name = "latency", .default_text = "false", .help = "Whether to take times."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "number_sum", .help = "Sum of the numbers."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "touched_sum", .help = "Sum of the touches."},
    CounterInfo{.kind = TICKWEIR_HISTOGRAM, .name = "latency", .help = "From an event's time to here."},
};

class BenchSink final : public Sink {
 public:
  explicit BenchSink(const Context& context)
      : takes_times_(context.options.boolean("latency")), host_(context.host()),
        number_sum_(context.gauge("number_sum")), touched_sum_(context.gauge("touched_sum")),
        latency_(context.histogram("latency")) {}

  void write(const BatchView& batch) {
    std::uint64_t numbers = 0;
    std::uint64_t touches = 0;
    batch.for_each([&](const Event& event) {
      const auto& sample = *reinterpret_cast<const bench::Sample*>(&event + 1);
      numbers += sample.number;
      touches += sample.touched;
    });
    numbers_ += numbers;
    touches_ += touches;
    number_sum_.set(numbers_);
    touched_sum_.set(touches_);
    if (takes_times_) take_times(batch);
  }

 private:
  void take_times(const BatchView& batch) {
    const std::uint64_t now = host_.now();
    batch.for_each([&](const Event& event) { latency_.record(now > event.time ? now - event.time : 0); });
  }

  bool takes_times_;
  Context::Host host_;
  Gauge number_sum_;
  Gauge touched_sum_;
  Histogram latency_;
  std::uint64_t numbers_ = 0;
  std::uint64_t touches_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN("bench_sink", BenchSink,
                {.version = "1.0.0",
                 .summary = "Sums samples.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters})
