// Makes a flow of orders: the same for the same seed, at full speed, evenly, or as a Poisson process.
//
// Events:  NewOrder, Cancel, Reduce, Replace on the one output.
// Order:   by time. Time: simulated, a function of the options; or the host's clock, for load tests.
// Memory:  a bounded table of live orders, reserved at start.
// Cost:    about 20 ns an event.
#include <array>
#include <limits>
#include <optional>

#include "generator.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using order_flow::Arrival;

enum class Clock : std::int64_t { simulated, wall };

constexpr std::array options{
    Option{.type = integer,
           .name = "seed",
           .default_text = "1",
           .minimum = "0",
           .help = "Equal seeds give equal events."},
    Option{.type = choice,
           .name = "arrival",
           .default_text = "full_speed",
           .choices = "full_speed|constant|poisson",
           .help = "How events are spread over time: as fast as they are taken, evenly, or at random."},
    Option{.type = real,
           .name = "rate",
           .default_text = "100000",
           .minimum = "0.001",
           .maximum = "1000000000",
           .unit = "events/s",
           .help = "Events a second, for constant, and on average for poisson."},
    Option{.type = integer,
           .name = "instruments",
           .default_text = "100",
           .minimum = "1",
           .maximum = "1048576",
           .help = "Orders are spread evenly over instruments 1 to this."},
    Option{.type = real,
           .name = "cancels",
           .default_text = "0.3",
           .minimum = "0",
           .maximum = "1",
           .help = "Share of cancels; what the three shares leave are new orders."},
    Option{.type = real,
           .name = "reduces",
           .default_text = "0.05",
           .minimum = "0",
           .maximum = "1",
           .help = "Share of reduces."},
    Option{.type = real,
           .name = "replaces",
           .default_text = "0.1",
           .minimum = "0",
           .maximum = "1",
           .help = "Share of replaces."},
    Option{.type = real,
           .name = "duplicates",
           .default_text = "0",
           .minimum = "0",
           .maximum = "1",
           .help = "Share of requests that are sent a second time, with the same origin."},
    Option{.type = integer,
           .name = "duplicate_delay",
           .default_text = "0",
           .minimum = "0",
           .maximum = "1048576",
           .unit = "requests",
           .help = "Requests between the two; 0: the second follows at once."},
    Option{.type = integer,
           .name = "live_orders",
           .default_text = "65536",
           .minimum = "1",
           .maximum = "16777216",
           .unit = "orders",
           .help = "At most so many orders are live; a cancel then takes the place of a new order."},
    Option{.type = integer,
           .name = "events",
           .default_text = "0",
           .minimum = "0",
           .unit = "events",
           .help = "Stop after so many, duplicates included; 0: never."},
    Option{.type = duration,
           .name = "duration",
           .default_text = "0s",
           .help = "Stop after so much event time; 0s: never."},
    Option{.type = choice,
           .name = "clock",
           .default_text = "simulated",
           .choices = "simulated|wall",
           .help = "simulated: time is made up and never waited for; wall: events leave when they are due."},
    Option{.type = integer,
           .name = "start_time",
           .default_text = "1767623400000000000",
           .minimum = "0",
           .maximum = "4000000000000000000",
           .unit = "ns since 1970",
           .help = "Event time to begin with, for the simulated clock; default 2026-01-05 14:30 UTC."},
};
constexpr std::array outputs{
    Output{.name = "orders", .events = "NewOrder|Cancel|Reduce|Replace", .help = "The flow."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "requests",
                .label = "kind",
                .help = "Requests, the first time each."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "duplicates", .help = "Requests sent a second time."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "live_orders", .help = "Orders that may be cancelled."},
    CounterInfo{.kind = TICKWEIR_HISTOGRAM,
                .name = "lag",
                .help = "How long after its due time an event left, with the wall clock."},
};

order_flow::Settings settings_of(const Context& context) {
  const Options& from = context.options;
  return {.seed = static_cast<std::uint64_t>(from.integer("seed")),
          .arrival = from.choice<Arrival>("arrival"),
          .rate = from.real("rate"),
          .instruments = static_cast<std::uint32_t>(from.integer("instruments")),
          .cancels = from.real("cancels"),
          .reduces = from.real("reduces"),
          .replaces = from.real("replaces"),
          .duplicates = from.real("duplicates"),
          .duplicate_delay = static_cast<std::uint32_t>(from.integer("duplicate_delay")),
          .live_orders = static_cast<std::uint32_t>(from.integer("live_orders")),
          .source = context.source_number()};
}

class GeneratorSource final : public Source {
 public:
  explicit GeneratorSource(const Context& context)
      : settings_(settings_of(context)),
        times_(settings_.arrival, settings_.rate, settings_.seed),
        host_(context.host()),
        clock_(context.options.choice<Clock>("clock")),
        start_time_(static_cast<std::uint64_t>(context.options.integer("start_time"))),
        duration_(static_cast<std::uint64_t>(context.options.duration("duration"))),
        left_(static_cast<std::uint64_t>(context.options.integer("events"))),
        batch_events_(context.batch_events_max()),
        new_orders_(context.counter("requests", "NewOrder")),
        cancels_(context.counter("requests", "Cancel")),
        reduces_(context.counter("requests", "Reduce")),
        replaces_(context.counter("requests", "Replace")),
        duplicates_(context.counter("duplicates")),
        live_(context.gauge("live_orders")),
        lag_(context.histogram("lag")) {
    if (left_ == 0) left_ = never;
  }

  static void validate(const Options& given) {
    const double sum = given.real("cancels") + given.real("reduces") + given.real("replaces");
    if (sum > 1) {
      throw OptionError("replaces", "cancels, reduces and replaces add up to " + std::to_string(sum) +
                                        "; they are shares of all requests, so at most 1");
    }
  }

  void start() {
    generator_.emplace(settings_);
    const std::uint64_t begin = clock_ == Clock::wall ? host_.now() : start_time_;
    times_.start(begin);
    end_time_ = duration_ == 0 ? never : begin + duration_;
  }

  PollResult poll(Emitter& out, Idle& idle) {
    const std::uint64_t now = clock_ == Clock::wall ? host_.now() : never;
    const bool is_unpaced = clock_ == Clock::wall && settings_.arrival == Arrival::full_speed;
    if (is_unpaced) times_.follow(now);
    std::uint32_t room = out.connected(0) ? out.room(0) : batch_events_;
    while (room != 0 && !is_over() && times_.time() <= now) {
      generator_->next(out, times_.time());
      if (clock_ == Clock::wall) lag_.record(now - times_.time());
      if (!is_unpaced) times_.advance();
      --left_;
      --room;
    }
    publish();
    if (is_over()) return PollResult::finished;
    if (times_.time() <= now) return PollResult::more;
    idle.wake_time = times_.time();
    return PollResult::idle;
  }

 private:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool is_over() const { return left_ == 0 || times_.time() >= end_time_; }

  void publish() {
    const order_flow::Counts& counts = generator_->counts();
    new_orders_.add(counts.new_orders - shown_.new_orders);
    cancels_.add(counts.cancels - shown_.cancels);
    reduces_.add(counts.reduces - shown_.reduces);
    replaces_.add(counts.replaces - shown_.replaces);
    duplicates_.add(counts.duplicates - shown_.duplicates);
    live_.set(generator_->live_count());
    shown_ = counts;
  }

  order_flow::Settings settings_;
  order_flow::ArrivalTimes times_;
  std::optional<order_flow::Generator> generator_;  // its tables are made in start()
  Context::Host host_;
  Clock clock_;
  std::uint64_t start_time_;
  std::uint64_t duration_;
  std::uint64_t end_time_ = never;
  std::uint64_t left_;  // events still to send
  std::uint32_t batch_events_;
  order_flow::Counts shown_;
  Counter new_orders_;
  Counter cancels_;
  Counter reduces_;
  Counter replaces_;
  Counter duplicates_;
  Gauge live_;
  Histogram lag_;
};

}  // namespace

TICKWEIR_PLUGIN("source_generator", GeneratorSource,
                {.version = "1.0.0",
                 .summary = "Makes a deterministic flow of orders.",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters})
