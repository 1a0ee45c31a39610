// Drops events that have been here before, told by their origin.
//
// Events:  any type is judged; ticks and events of origin 0 have no identity and pass.
// Order:   unchanged. Time: event time, for max_age only. Memory: all of it at start.
// Cost:    window: a bit test. hash: a cache line or two of a table, prefetched for the whole batch.
#include <array>
#include <optional>
#include <string>

#include "dedup.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using dedup::Seen;

enum class Mode : std::int64_t { window, hash };
enum class Late : std::int64_t { refuse, pass };

constexpr std::array options{
    Option{.type = choice,
           .name = "mode",
           .default_text = "window",
           .choices = "window|hash",
           .help = "Remember a window of numbers for each source, or a set of whole identities."},
    Option{.type = integer,
           .name = "window",
           .default_text = "1048576",
           .minimum = "1",
           .maximum = "1073741824",
           .unit = "events",
           .help = "Window: numbers remembered for each source, the highest included."},
    Option{.type = integer,
           .name = "sources",
           .default_text = "64",
           .minimum = "1",
           .maximum = "1048576",
           .unit = "sources",
           .help = "Window: sources that may come; events of further ones are refused."},
    Option{.type = choice,
           .name = "late",
           .default_text = "refuse",
           .choices = "refuse|pass",
           .help = "Window: what happens to a number below the window, which may or may not be a duplicate."},
    Option{.type = integer,
           .name = "capacity",
           .default_text = "1048576",
           .minimum = "1",
           .maximum = "1073741824",
           .unit = "events",
           .help = "Hash: identities remembered; the oldest falls out first and may then pass again."},
    Option{.type = duration,
           .name = "max_age",
           .default_text = "0s",
           .minimum = "0s",
           .help = "Hash: event time after which an identity is forgotten; 0s: never."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "late_passed",
                .help = "Window: events below the window that passed unjudged."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "evicted",
                .help = "Hash: identities forgotten because the capacity was reached."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "sources", .help = "Window: sources seen."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "remembered", .help = "Hash: identities remembered."},
};
enum Drop : std::uint32_t { duplicate, too_old, source_limit };
constexpr std::array reasons{
    Reason{.flags = TICKWEIR_REASON_REPEAT,
           .name = "duplicate",
           .help = "An event of this origin has passed before."},
    Reason{.name = "too_old", .help = "The number is below its source's window."},
    Reason{.name = "source_limit", .help = "The option `sources` leaves no room for this source."},
};

class Dedup final : public Filter {
 public:
  explicit Dedup(const Context& context)
      : mode_(context.options.choice<Mode>("mode")),
        passes_late_(context.options.choice<Late>("late") == Late::pass),
        window_(static_cast<std::uint32_t>(context.options.integer("window"))),
        sources_max_(static_cast<std::uint32_t>(context.options.integer("sources"))),
        capacity_(static_cast<std::uint32_t>(context.options.integer("capacity"))),
        age_max_(static_cast<std::uint64_t>(context.options.duration("max_age"))),
        late_passed_(context.counter("late_passed")),
        evicted_(context.counter("evicted")),
        sources_(context.gauge("sources")),
        remembered_(context.gauge("remembered")) {}

  static void validate(const Options& given) {
    constexpr std::uint64_t bytes_max = std::uint64_t{1} << 40;
    const auto window = static_cast<std::uint64_t>(given.integer("window"));
    const auto sources = static_cast<std::uint64_t>(given.integer("sources"));
    if (given.choice<Mode>("mode") == Mode::window && window * sources / 8 > bytes_max) {
      throw OptionError("window", std::to_string(window) + " bits for each of " + std::to_string(sources) +
                                      " sources are more than 1 TiB; lower `window` or `sources`");
    }
  }

  void start() {
    if (mode_ == Mode::window) {
      windows_.emplace(sources_max_, window_);
    } else {
      recent_.emplace(capacity_, age_max_);
    }
  }

  void save(StateWriter& out) const {
    out.put<std::uint64_t>(state_format);
    out.put(static_cast<std::uint64_t>(mode_));
    if (mode_ == Mode::window) {
      windows_->save(out);
    } else {
      recent_->save(out);
    }
  }
  void load(StateReader& in) {
    in.expect("format", state_format);
    in.expect("mode (0: window, 1: hash)", static_cast<std::uint64_t>(mode_));
    if (TICKWEIR_BUG("dedup loads nothing")) return;
    if (mode_ == Mode::window) {
      windows_->load(in);
    } else {
      recent_->load(in);
    }
    show_sizes();
  }

  void show(TextWriter& out) const {
    if (mode_ == Mode::window) {
      windows_->show(out);
    } else {
      recent_->show(out);
    }
  }

  // What is in the log has passed here, so it counts as seen; what is known already stays as it is.
  void recover(const BatchView& batch) {
    batch.for_each([&](const Event& event) {
      if (mode_ == Mode::hash) recent_->pass_time(event.time);
      if (!has_identity(event) || TICKWEIR_BUG("dedup recovers nothing")) return;
      static_cast<void>(mode_ == Mode::window ? windows_->see(event.origin) : recent_->see(event.origin));
    });
    show_sizes();
  }

  void apply(Batch& batch) {
    if (mode_ == Mode::window) {
      apply_windows(batch);
    } else {
      apply_recent(batch);
    }
  }

 private:
  static constexpr std::uint64_t state_format = 1;

  static bool has_identity(const Event& event) { return event.origin != 0 && event.type != event_type_tick; }

  void apply_windows(Batch& batch) {
    std::uint64_t late_count = 0;
    batch.for_each([&](Event& event) {
      if (!has_identity(event)) return;
      const Seen seen = windows_->see(event.origin);
      if (seen == Seen::fresh) return;
      if (seen == Seen::too_old && passes_late_) {
        ++late_count;
        return;
      }
      batch.drop(event, seen == Seen::duplicate ? duplicate : seen == Seen::too_old ? too_old : source_limit);
    });
    late_passed_.add(late_count);
    show_sizes();
  }

  void apply_recent(Batch& batch) {
    const std::uint64_t evicted_before = recent_->evicted();
    batch.for_each([&](const Event& event) { recent_->prefetch(event.origin); });
    batch.for_each([&](Event& event) {
      recent_->pass_time(event.time);
      if (has_identity(event) && recent_->see(event.origin) == Seen::duplicate) batch.drop(event, duplicate);
    });
    evicted_.add(recent_->evicted() - evicted_before);
    show_sizes();
  }

  void show_sizes() {
    if (mode_ == Mode::window) {
      sources_.set(windows_->source_count());
    } else {
      remembered_.set(recent_->size());
    }
  }

  Mode mode_;
  bool passes_late_;
  std::uint32_t window_;
  std::uint32_t sources_max_;
  std::uint32_t capacity_;
  std::uint64_t age_max_;
  Counter late_passed_, evicted_;
  Gauge sources_, remembered_;
  std::optional<dedup::SourceWindows> windows_;
  std::optional<dedup::RecentSet> recent_;
};

}  // namespace

TICKWEIR_PLUGIN("filter_dedup", Dedup,
                {.version = "1.0.0",
                 .summary = "Drops events that have been here before, told by their origin.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
