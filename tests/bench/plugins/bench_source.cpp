// Sends `events` samples: at full speed, or one every `interval` of real time, stamped with its due time.
#include <array>

#include "bench_event.h"
#include "tickweir/batch_filler.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "events",
           .default_text = "0",
           .minimum = "0",
           .help = "Stops after so many; 0: idle for ever."},
    Option{.type = duration,
           .name = "interval",
           .default_text = "0ns",
           .help = "Time between two events; 0: full speed."},
};
constexpr std::array outputs{Output{.name = "events", .events = "*", .help = "The samples."}};

class BenchSource final : public Source {
 public:
  explicit BenchSource(const Context& context)
      : events_(static_cast<std::uint64_t>(context.options.integer("events"))),
        interval_(static_cast<std::uint64_t>(context.options.duration("interval"))),
        source_(context.source_number()), host_(context.host()) {}

  PollResult poll(Emitter& out, Idle& idle) {
    if (events_ == 0) return PollResult::idle;
    return interval_ == 0 ? flood(out) : pace(out, idle);
  }

 private:
  PollResult flood(Emitter& out) {
    BatchFiller filler(*out.raw().outputs[0], event_size<bench::Sample>);
    std::uint64_t next = next_;
    for (const std::uint64_t events = events_; !filler.is_full() && next < events; ++next) {
      filler.add(next, make_origin(source_, next + 1), bench::Sample{.number = next});
    }
    filler.commit();
    next_ = next;
    return next_ == events_ ? PollResult::finished : PollResult::more;
  }

  PollResult pace(Emitter& out, Idle& idle) {
    const std::uint64_t now = host_.now();
    if (due_ == 0) due_ = now + interval_;
    for (; due_ <= now && next_ < events_; due_ += interval_, ++next_) send(out, due_);
    idle.wake_time = due_;
    return next_ == events_ ? PollResult::finished : PollResult::idle;
  }

  void send(Emitter& out, std::uint64_t time) {
    out.emit(0, time, make_origin(source_, next_ + 1), bench::Sample{.number = next_});
  }

  std::uint64_t events_;
  std::uint64_t interval_;
  std::uint32_t source_;
  Context::Host host_;
  std::uint64_t next_ = 0;
  std::uint64_t due_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN("bench_source", BenchSource,
                {.version = "1.0.0", .summary = "Sends samples.", .options = options, .outputs = outputs})
