// Puts executions and trades into bundles, so that what follows pays its costs once per bundle.
//
// Events:  Executed and Trade in, Bundle out; ticks pass on, other types are passed over.
// Order:   that of the input. Time: event time decides when a bundle closes. Memory: one bundle, at start.
// Cost:    a copy of 56 bytes an execution, and one of the bundle.
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "bundler.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "max_events",
           .default_text = "16",
           .minimum = "1",
           .maximum = "4096",
           .unit = "events",
           .help = "A bundle is closed when it holds so many."},
    Option{.type = duration,
           .name = "max_delay",
           .default_text = "100us",
           .minimum = "1ns",
           .help = "A bundle is closed before an event that comes so much event time after its first."},
};
constexpr std::array outputs{
    Output{.name = "bundles", .events = "Bundle", .help = "A head and its items, in one event."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "bundles",
                .label = "closed_by",
                .help = "Bundles by what closed them: count, delay or drain."},
};
enum Drop : std::uint32_t { quantity_overflow, too_short };
constexpr std::array reasons{
    Reason{.name = "quantity_overflow", .help = "The trade's quantity does not fit the 32 bits of an item."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

class BundleStage final : public Transform {
 public:
  explicit BundleStage(const Context& context)
      : events_max_(static_cast<std::uint32_t>(context.options.integer("max_events"))),
        delay_max_(static_cast<std::uint64_t>(context.options.duration("max_delay"))),
        by_count_(context.counter("bundles", "count")),
        by_delay_(context.counter("bundles", "delay")),
        by_drain_(context.counter("bundles", "drain")),
        overflows_(context.drop_counter(quantity_overflow)),
        too_short_(context.drop_counter(too_short)) {
    refuse_what_does_not_fit(context.event_bytes_max());
  }

  void start() { bundler_.emplace(events_max_, delay_max_); }

  void process(const BatchView& batch, Emitter& out) {
    batch.for_each([&](const Event& event) {
      if (bundler_->is_due(event.time)) close(out, by_delay_);
      if (const auto* executed = payload_if<market::Executed>(event)) {
        take(bundle::make_item(*executed, event), event, out);
      } else if (const auto* trade = payload_if<market::Trade>(event)) {
        if (!bundle::fits_item(*trade)) return overflows_.add();
        take(bundle::make_item(*trade, event), event, out);
      } else if (is_too_short<market::Executed, market::Trade>(event)) {
        too_short_.add();
      } else if (event.type == event_type_tick) {
        out.forward(0, event);
      }
    });
  }

  void drain(Emitter& out) {
    if (bundler_->count() != 0) close(out, by_drain_);
  }

  void save(StateWriter& out) const { bundler_->save(out); }
  void load(StateReader& in) { bundler_->load(in); }
  void show(TextWriter& out) const { bundler_->show(out); }

  [[nodiscard]] std::uint64_t held() const { return bundler_ ? bundler_->count() : 0; }

 private:
  void refuse_what_does_not_fit(std::uint32_t bytes_max) const {
    const std::uint32_t fitting = bundle::items_in(bytes_max);
    if (events_max_ <= fitting) return;
    const std::uint64_t bytes = bundle::bundle_bytes(events_max_);
    throw OptionError("max_events",
                      std::to_string(events_max_) + " events make a bundle of " + std::to_string(bytes) +
                          " bytes, but an event has at most " + std::to_string(bytes_max) +
                          " here; the largest max_events that fits is " + std::to_string(fitting));
  }

  void take(const market::BundleItem& item, const Event& event, Emitter& out) {
    if (bundler_->add(item, event.origin)) close(out, by_count_);
  }

  void close(Emitter& out, Counter& cause) {
    cause.add();
    const bundle::ClosedBundle closed = bundler_->close();
    const auto bytes = static_cast<std::uint32_t>(sizeof closed.head + closed.items.size_bytes());
    Event* event = out.append(0, market::Bundle::event_type, bytes, closed.items.back().time, closed.origin);
    if (event == nullptr) return;
    auto* to = reinterpret_cast<std::uint8_t*>(event + 1);
    std::memcpy(to, &closed.head, sizeof closed.head);
    std::memcpy(to + sizeof closed.head, closed.items.data(), closed.items.size_bytes());
  }

  std::uint32_t events_max_;
  std::uint64_t delay_max_;
  Counter by_count_, by_delay_, by_drain_, overflows_, too_short_;
  std::optional<bundle::Bundler> bundler_;
};

}  // namespace

TICKWEIR_PLUGIN("transform_bundle", BundleStage,
                {.version = "1.0.0",
                 .summary = "Puts executions and trades into bundles.",
                 .accepts = "Executed|Trade",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters,
                 .reasons = reasons})
