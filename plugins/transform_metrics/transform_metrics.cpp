// Watches a stream go by: counts by kind of event and by instrument, and how old the events are here.
//
// Events:  any; it emits none. Order: of no matter.
// Time:    the host's clock, once a batch, for the latency alone; counts follow from the events.
// Memory:  one counter a kind and a listed instrument. Cost: a few ns an event.
#include <array>
#include <optional>
#include <vector>

#include "event_kinds.h"
#include "tickweir/stage.h"
#include "watch_list.h"

namespace {

using namespace tickweir;
using namespace tickweir::observe;

constexpr std::array options{
    Option{
        .type = text_list,
        .name = "instruments",
        .default_text = "[]",
        .help =
            "Instruments to count one by one, by number or by name; at most 100. All others are one series."},
    Option{.type = boolean,
           .name = "latency",
           .default_text = "true",
           .help = "Measure from event time to now; of no meaning when event times are simulated."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "events", .label = "kind", .help = "Events seen, by type."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "instrument_events",
                .label = "instrument",
                .help = "Events seen that are about one instrument, by the listed instruments and other."},
    CounterInfo{
        .kind = TICKWEIR_HISTOGRAM, .name = "latency", .help = "From an event's time to its arrival here."},
};

class Metrics final : public Transform {
 public:
  explicit Metrics(const Context& context)
      : list_(context.options.text_list("instruments")),
        host_(context.host()),
        is_latency_wanted_(context.options.boolean("latency")),
        latency_(context.histogram("latency")) {
    for (const char* name : kind_names) kinds_.push_back({context.counter("events", name)});
    for (std::size_t i = 0; i < list_.size(); ++i) {
      instruments_.push_back({context.counter("instrument_events", list_.text(i).c_str())});
    }
    instruments_.push_back({context.counter("instrument_events", "other")});
  }

  static void validate(const Options& given) {
    try {
      WatchList list(given.text_list("instruments"));
    } catch (const std::invalid_argument& refused) {
      throw OptionError("instruments", refused.what());
    }
  }

  void process(const BatchView& batch, Emitter&) {
    batch.for_each([this](const Event& event) {
      const Seen seen = look_at(event);
      ++kinds_[seen.kind].pending;
      if (seen.instrument == 0) return;
      if (const auto* about = payload_if<market::Instrument>(event)) {
        list_.learn(about->instrument, name_in(about->name));
      }
      ++instruments_[list_.find(seen.instrument)].pending;
    });
    for (Series& series : kinds_) series.publish();
    for (Series& series : instruments_) series.publish();
    if (is_latency_wanted_) measure(batch);
  }

  void save(StateWriter& out) const { list_.save(out); }
  void load(StateReader& in) { list_.load(in); }
  void show(TextWriter& out) const { list_.show(out); }

 private:
  // Counts on the side, and adds once a batch.
  struct Series {
    Counter counter;
    std::uint64_t pending = 0;
    void publish() {
      if (pending == 0) return;
      counter.add(pending);
      pending = 0;
    }
  };

  // Clocks of two machines may differ: an event from the future is 0 old.
  void measure(const BatchView& batch) {
    const std::uint64_t now = host_.now();
    batch.for_each(
        [this, now](const Event& event) { latency_.record(now > event.time ? now - event.time : 0); });
  }

  WatchList list_;
  std::vector<Series> kinds_;        // by kind
  std::vector<Series> instruments_;  // by place in the list; the last is other
  Context::Host host_;
  bool is_latency_wanted_;
  Histogram latency_;
};

}  // namespace

TICKWEIR_PLUGIN("transform_metrics", Metrics,
                {.version = "1.0.0",
                 .summary = "Counts events by type and instrument, and measures their latency.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters})
