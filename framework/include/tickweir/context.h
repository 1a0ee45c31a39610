// What a plugin says about itself, and what a stage is given when it is made. Part of stage.h.
//
// Threading: Context in the constructor only; Host on any thread. Ownership: lent, see each class.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tickweir/counters.h"
#include "tickweir/files.h"
#include "tickweir/options.h"
#include "tickweir/plugin.h"

namespace tickweir {

using Output = tickweir_output;
using CounterInfo = tickweir_counter;
using Reason = tickweir_reason;

enum class LogLevel : std::uint32_t {
  debug = TICKWEIR_LOG_DEBUG,
  info = TICKWEIR_LOG_INFO,
  warning = TICKWEIR_LOG_WARNING,
  error = TICKWEIR_LOG_ERROR,
};

// What a plugin says about itself. Spans point to constants of the plugin.
struct Description {
  const char* version = "0.0.0";
  const char* summary = "";
  const char* accepts = nullptr;  // "NewOrder|Cancel", "*"; sources: nothing
  std::span<const Option> options = {};
  std::span<const Output> outputs = {};
  std::span<const CounterInfo> counters = {};
  std::span<const Reason> reasons = {};
};

// What a stage is given at construction. Lent: copy what you keep. Counters and drops may be kept.
class Context {
 public:
  Context(const tickweir_context& raw, const Description& description)
      : options({description.options}, {raw.options, raw.option_count}),
        raw_(&raw),
        description_(&description),
        host_(*raw.host) {}

  Options options;

  [[nodiscard]] std::string_view stage_id() const { return raw_->stage_id; }
  [[nodiscard]] std::uint32_t source_number() const { return raw_->source_number; }
  [[nodiscard]] std::uint32_t event_bytes_max() const { return raw_->event_bytes_max; }
  [[nodiscard]] std::uint32_t batch_events_max() const { return raw_->batch_events_max; }
  // See plugin.h, tickweir_transform. A count of 0: the stage is not sharded.
  [[nodiscard]] std::uint32_t shard() const { return raw_->shard; }
  [[nodiscard]] std::uint32_t shard_count() const { return raw_->shard_count; }
  [[nodiscard]] const tickweir_context& raw() const { return *raw_; }
  // What verdicts in this pipeline mean: verdict v is entry v - 1. Lives as long as the stage.
  [[nodiscard]] std::span<const tickweir_verdict> verdicts() const {
    return {raw_->verdicts, raw_->verdict_count};
  }
  // The runtime's files; a handle that outlives the context.
  [[nodiscard]] Files files() const { return Files(*raw_->files); }

  // Handles to counters of the descriptor. With a label: one per value, asked for here or in start().
  [[nodiscard]] Counter counter(std::string_view name, const char* label = nullptr) const {
    return Counter(cell(name, TICKWEIR_COUNTER, label));
  }
  [[nodiscard]] Gauge gauge(std::string_view name, const char* label = nullptr) const {
    return Gauge(cell(name, TICKWEIR_GAUGE, label));
  }
  [[nodiscard]] Histogram histogram(std::string_view name, const char* label = nullptr) const {
    return Histogram(cell(name, TICKWEIR_HISTOGRAM, label));
  }
  // Counts input events that this transform or sink discards for a reason. Filters use Batch::drop.
  [[nodiscard]] Counter drop_counter(std::uint32_t reason) const {
    TICKWEIR_ASSERT(reason < description_->reasons.size());
    return Counter(raw_->drop_cells + reason);
  }

  // A copyable handle to clock and log that outlives the context.
  class Host {
   public:
    explicit Host(const tickweir_host& raw) : raw_(&raw) {}
    // ns since the Unix epoch.
    [[nodiscard]] std::uint64_t now() const { return raw_->now(raw_->state); }
    void log(LogLevel level, const std::string& text) const {
      raw_->log(raw_->state, static_cast<std::uint32_t>(level), text.c_str());
    }

   private:
    const tickweir_host* raw_;
  };
  [[nodiscard]] Host host() const { return host_; }

 private:
  [[nodiscard]] std::uint64_t* cell(std::string_view name, std::uint32_t kind, const char* label) const {
    for (std::uint32_t i = 0; i < description_->counters.size(); ++i) {
      const CounterInfo& info = description_->counters[i];
      if (info.name != name) continue;
      TICKWEIR_ASSERT(info.kind == kind);
      TICKWEIR_ASSERT((info.label != nullptr) == (label != nullptr));
      if (auto* found = raw_->host->cell(raw_->host->state, i, label)) return found;
      throw std::runtime_error("too many series of counter " + std::string(name));
    }
    detail::assertion_failed("the counter is in the plugin's table", __FILE__, __LINE__);
  }

  const tickweir_context* raw_;
  const Description* description_;
  Host host_;
};

}  // namespace tickweir
