// Lets even numbers pass. `fault` makes it break the contract, for the tests of the harness.
#include <array>

#include "number.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using tickweir::testing::Number;

constexpr std::array options{
    Option{.type = choice,
           .name = "fault",
           .default_text = "none",
           .choices = "none|verdict|resize|uncounted|late_counter|throw",
           .help = "What to do wrong."},
    Option{.type = integer,
           .name = "least",
           .default_text = "0",
           .minimum = "0",
           .maximum = "1000",
           .unit = "numbers",
           .help = "Smaller numbers are refused."},
    Option{.type = text_list, .name = "labels", .default_text = "[]", .help = "One `seen` series each."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "seen", .label = "by", .help = "Events seen."},
    CounterInfo{.kind = TICKWEIR_HISTOGRAM, .name = "age", .help = "The numbers, taken for durations."},
};
enum Drop : std::uint32_t { odd, too_small };
constexpr std::array reasons{Reason{.name = "odd", .help = "It is odd."},
                             Reason{.name = "too_small", .help = "It is below `least`."}};
enum class Fault { none, verdict, resize, uncounted, late_counter, throws };

class Even final : public Filter {
 public:
  static void validate(const Options& given) {
    if (given.integer("least") == 13) throw OptionError("least", "13 brings bad luck");
  }
  explicit Even(const Context& context)
      : fault_(context.options.choice<Fault>("fault")),
        least_(static_cast<std::uint64_t>(context.options.integer("least"))),
        age_(context.histogram("age")),
        host_(context.raw().host) {
    for (const std::string& label : context.options.text_list("labels")) {
      seen_.push_back(context.counter("seen", label.c_str()));
    }
    context.host().log(LogLevel::info, "made for " + std::string(context.stage_id()));
  }

  void apply(Batch& batch) {
    if (fault_ == Fault::throws) throw std::runtime_error("the filter is tired");
    if (fault_ == Fault::late_counter) host_->cell(host_->state, 0, "late");
    for (Counter& counter : seen_) counter.add(batch.live_count());
    batch.for_each([&](Event& event) {
      if (event.type != Number::event_type) return;
      const std::uint64_t value = payload<Number>(event).value;
      age_.record(value);
      if (fault_ == Fault::verdict) event.verdict = 200, ++batch.raw().refused_count;
      if (fault_ == Fault::resize) event.size = 32;
      if (fault_ == Fault::uncounted) event.verdict = 200;
      if (event.verdict == 0 && value % 2 == 1)
        batch.drop(event, odd);
      else if (event.verdict == 0 && value < least_)
        batch.drop(event, too_small);
    });
  }

 private:
  Fault fault_;
  std::uint64_t least_;
  Histogram age_;
  std::vector<Counter> seen_;
  const tickweir_host* host_;
};

}  // namespace

TICKWEIR_PLUGIN("filter_even", Even,
                {.version = "1.0.0",
                 .summary = "Lets even numbers pass.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
