// Adds up all numbers into a counter; refuses to write 13.
#include <array>

#include "number.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using tickweir::testing::Number;

constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "total", .help = "Sum of the numbers."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "flushed", .help = "1 after drain."}};

class Total final : public Sink {
 public:
  explicit Total(const Context& context)
      : total_(context.counter("total")), flushed_(context.gauge("flushed")) {}

  void write(const BatchView& batch) {
    batch.for_each([&](const Event& event) {
      const std::uint64_t value = payload<Number>(event).value;
      if (value == 13) throw std::runtime_error("the disk does not like 13");
      total_.add(value);
    });
  }
  void drain() { flushed_.set(1); }

 private:
  Counter total_;
  Gauge flushed_;
};

}  // namespace

TICKWEIR_PLUGIN(
    "sink_total", Total,
    {.version = "1.0.0", .summary = "Adds up all numbers.", .accepts = "Number", .counters = counters})
