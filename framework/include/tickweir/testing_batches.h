// Batches for tests: what a stage is given and what it fills, checked for what the contract promises.
// Part of tickweir/testing.h; not for direct use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/plugin.h"
#include "tickweir/testing_events.h"
#include "tickweir/testing_host.h"

namespace tickweir::testing::detail {

// A batch with memory of its own, aligned as the runtime's are.
class OwnedBatch {
 public:
  OwnedBatch(std::uint32_t events_max, std::uint32_t bytes_max)
      : memory_(static_cast<std::uint8_t*>(::operator new (bytes_max, std::align_val_t{64}))) {
    std::memset(memory_.get(), 0xEE, bytes_max);
    raw_.data = memory_.get();
    raw_.capacity_bytes = bytes_max;
    raw_.event_count_max = events_max;
  }
  tickweir_batch& raw() { return raw_; }
  [[nodiscard]] const tickweir_batch& raw() const { return raw_; }

  // The events, after checking that the batch adds up.
  [[nodiscard]] std::vector<OwnedEvent> events() const {
    require(raw_.data == memory_.get() && raw_.used_bytes <= raw_.capacity_bytes,
            "a batch uses more bytes than it has");
    require(raw_.event_count <= raw_.event_count_max, "a batch has more events than it may");
    std::vector<OwnedEvent> found;
    std::uint32_t refused = 0;
    bool same_size = true;
    for (std::uint32_t at = 0; at < raw_.used_bytes; at += found.back().size()) {
      const auto& event = *reinterpret_cast<const Event*>(raw_.data + at);
      require(event.size >= sizeof(Event) && event.size % event_alignment == 0 &&
                  event.size <= raw_.used_bytes - at,
              "an event has the nonsense size " + std::to_string(event.size));
      found.emplace_back(event);
      refused += event.verdict != 0 ? 1 : 0;
      same_size = same_size && event.size == found.front().size();
    }
    require(found.size() == raw_.event_count, "a batch says it has " + std::to_string(raw_.event_count) +
                                                  " events, found " + std::to_string(found.size()));
    require(refused == raw_.refused_count, "a batch's count of refused events is wrong");
    const std::uint32_t stride = found.empty() || !same_size ? 0 : found.front().size();
    require(raw_.stride == stride,
            "a batch's stride is " + std::to_string(raw_.stride) + ", expected " + std::to_string(stride));
    return found;
  }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { ::operator delete (memory, std::align_val_t{64}); }
  };
  std::unique_ptr<std::uint8_t, Free> memory_;
  tickweir_batch raw_{};
};

// As many of `events` from `first` on as fit.
class InputBatch {
 public:
  InputBatch(const std::vector<OwnedEvent>& events, std::size_t first, std::uint32_t events_max,
             std::uint32_t bytes_max)
      : batch_(events_max, bytes_max) {
    tickweir_batch& raw = batch_.raw();
    for (std::size_t i = first; i < events.size() && raw.event_count < events_max; ++i) {
      const Event& event = events[i];
      if (event.size > bytes_max - raw.used_bytes) break;
      std::memcpy(raw.data + raw.used_bytes, &event, event.size);
      raw.stride = raw.event_count == 0 || raw.stride == event.size ? event.size : 0;
      raw.used_bytes += event.size;
      raw.refused_count += event.verdict != 0 ? 1 : 0;
      ++raw.event_count;
      before_.push_back(events[i]);
    }
    require(raw.event_count > 0, "an event is larger than a batch: raise Settings::batch_bytes_max");
    raw_before_ = raw;
  }

  tickweir_batch* raw() { return &batch_.raw(); }
  [[nodiscard]] std::uint32_t count() const { return raw_before_.event_count; }
  [[nodiscard]] std::uint32_t live_count() const {
    return raw_before_.event_count - raw_before_.refused_count;
  }
  [[nodiscard]] std::vector<OwnedEvent> events() const { return batch_.events(); }

  // After a stage that only reads.
  void check_untouched() const {
    require(std::memcmp(&batch_.raw(), &raw_before_, sizeof raw_before_) == 0 && events() == before_,
            "a read-only batch was changed");
  }
  // After a filter: the same events in the same order, and only its own verdicts are new.
  void check_filtered(std::uint32_t verdict_base, std::uint32_t reason_count) const {
    const std::vector<OwnedEvent> after = events();
    require(after.size() == before_.size(), "a filter changed the number of events");
    for (std::size_t i = 0; i < after.size(); ++i) {
      const Event& was = before_[i];
      const Event& is = after[i];
      require(was.size == is.size && was.type == is.type, "a filter changed the size or type of an event");
      if (was.verdict != 0) {
        require(after[i] == before_[i], "a filter changed an event that was refused before");
      } else {
        require(is.verdict == 0 || (is.verdict >= verdict_base && is.verdict - verdict_base < reason_count),
                "a filter gave verdict " + std::to_string(is.verdict) + ", which is none of its own");
      }
    }
  }

 private:
  OwnedBatch batch_;
  tickweir_batch raw_before_{};
  std::vector<OwnedEvent> before_;
};

struct CollectedOutput {
  std::string name;
  std::vector<OwnedEvent> events;
  std::vector<std::uint32_t> batch_sizes;
};

// The outputs of a stage: an open batch for each that is connected; what is handed over is collected.
class TestEmitter {
 public:
  TestEmitter(const tickweir_plugin& plugin, const std::vector<std::string>& unconnected,
              std::uint32_t events_max, std::uint32_t bytes_max)
      : events_max_(events_max),
        bytes_max_(bytes_max),
        batches_(plugin.output_count),
        open_(plugin.output_count) {
    for (std::uint32_t i = 0; i < plugin.output_count; ++i) {
      collected_.push_back({plugin.outputs[i].name, {}, {}});
      if (std::ranges::find(unconnected, collected_[i].name) == unconnected.end()) open(i);
    }
    for (const std::string& name : unconnected) static_cast<void>(output(name));  // throws for a wrong name
    raw_.output_count = plugin.output_count;
    raw_.outputs = open_.data();
    raw_.host = this;
    raw_.advance = [](void* self, std::uint32_t index) { static_cast<TestEmitter*>(self)->advance(index); };
  }
  TestEmitter(const TestEmitter&) = delete;
  TestEmitter& operator=(const TestEmitter&) = delete;

  tickweir_emitter* raw() { return &raw_; }
  void check() const { require(fault_.empty(), fault_); }

  // After each call of the stage.
  void hand_over_all() {
    check();
    for (std::uint32_t i = 0; i < open_.size(); ++i) {
      if (batches_[i] == nullptr) continue;
      require(open_[i] == &batches_[i]->raw(), "the stage changed the emitter");
      if (open_[i]->event_count == 0 && open_[i]->used_bytes == 0) continue;
      collect(i);
      open(i);
    }
  }

  [[nodiscard]] const CollectedOutput& output(std::string_view name) const {
    for (const CollectedOutput& one : collected_) {
      if (one.name == name) return one;
    }
    throw ContractError("the plugin has no output " + std::string(name));
  }
  CollectedOutput& output(std::string_view name) {
    return const_cast<CollectedOutput&>(static_cast<const TestEmitter*>(this)->output(name));
  }
  [[nodiscard]] const CollectedOutput& first_output() const {
    require(!collected_.empty(), "the plugin has no output");
    return collected_.front();
  }

 private:
  void open(std::uint32_t index) {
    batches_[index] = std::make_unique<OwnedBatch>(events_max_, bytes_max_);
    open_[index] = &batches_[index]->raw();
  }
  // Called through the stage: nothing may be thrown across it, so a fault is kept for later.
  void advance(std::uint32_t index) noexcept {
    if (index >= open_.size() || open_[index] == nullptr) {
      fault_ = "advance() was called for an output that is not connected";
      return;
    }
    try {
      require(open_[index]->event_count > 0,
              "advance() was called for an empty batch: an event larger than event_bytes_max?");
      collect(index);
    } catch (const ContractError& broken) {
      fault_ = broken.what();
    }
    open(index);
  }
  void collect(std::uint32_t index) {
    CollectedOutput& into = collected_[index];
    const std::vector<OwnedEvent> events = batches_[index]->events();
    for (const OwnedEvent& event : events) {
      require(event.header().verdict == 0 && event.type() != TICKWEIR_EVENT_NONE,
              "an event with a verdict or without a type was emitted: " + event.text());
      into.events.push_back(event);
    }
    into.batch_sizes.push_back(static_cast<std::uint32_t>(events.size()));
  }

  std::uint32_t events_max_;
  std::uint32_t bytes_max_;
  std::vector<std::unique_ptr<OwnedBatch>> batches_;
  std::vector<tickweir_batch*> open_;
  std::vector<CollectedOutput> collected_;
  tickweir_emitter raw_{};
  std::string fault_;
};

}  // namespace tickweir::testing::detail
