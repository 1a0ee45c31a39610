// A stage called through the plugin line alone: what Harness does not do, such as an empty batch, and with
// nothing of the test's between the counter of allocations and the stage.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "allocations.h"
#include "tickweir/testing.h"

namespace tickweir::contract {

class BareStage {
 public:
  BareStage(const char* file, const testing::OptionTexts& options, std::uint64_t time,
            std::uint32_t events_max)
      : plugin_(testing::detail::open_plugin(file)),
        values_(plugin_, options),
        host_(plugin_, 1000),
        drops_(plugin_.reason_count + 1),
        emitter_(plugin_, {}, events_max, batch_bytes_max),
        advance_(emitter_.raw()->advance),
        host_of_emitter_(emitter_.raw()->host),
        events_max_(events_max) {
    host_.set_time(time);
    emitter_.raw()->host = this;
    emitter_.raw()->advance = [](void* self, std::uint32_t output) {
      const AllocationPause pause;  // the runtime takes it from a pool
      auto& stage = *static_cast<BareStage*>(self);
      stage.advance_(stage.host_of_emitter_, output);
    };
    const tickweir_context context{.option_count = plugin_.option_count,
                                   .options = values_.data(),
                                   .stage_id = "stage",
                                   .source_number = 1,
                                   .event_bytes_max = batch_bytes_max,
                                   .batch_events_max = events_max,
                                   .verdict_base = 1,
                                   .drop_cells = drops_.data(),
                                   .host = host_.raw()};
    void* made = nullptr;
    const AllocationCount counted;
    const std::int32_t code = plugin_.create(&context, &made, error_.raw());
    allocations_in_create_ = counted.value();
    stage_.reset(made);
    finish(code);
  }

  void start() {
    if (plugin_.start != nullptr) finish(plugin_.start(stage_.get(), error_.raw()));
    host_.end_setup();
  }
  void stop() {
    if (plugin_.stop != nullptr) finish(plugin_.stop(stage_.get(), error_.raw()));
  }

  // Calls the work function with the events from `first` on that fit into one batch; returns how many.
  std::size_t work(const std::vector<testing::OwnedEvent>& events, std::size_t first) {
    testing::detail::InputBatch batch(events, first, events_max_, batch_bytes_max);
    work(*batch.raw());
    return batch.count();
  }
  void work(tickweir_batch& batch) {
    std::int32_t code = TICKWEIR_OK;
    const AllocationCount counted;
    if (plugin_.role == TICKWEIR_ROLE_FILTER)
      code = plugin_.filter->apply(stage_.get(), &batch, error_.raw());
    if (plugin_.role == TICKWEIR_ROLE_TRANSFORM) {
      code = plugin_.transform->process(stage_.get(), &batch, emitter_.raw(), error_.raw());
    }
    if (plugin_.role == TICKWEIR_ROLE_SINK) code = plugin_.sink->write(stage_.get(), &batch, error_.raw());
    allocations_in_work_ += counted.value();
    finish(code);
  }
  [[nodiscard]] PollResult poll() {
    Idle idle{};
    const AllocationCount counted;
    const std::int32_t code = plugin_.source->poll(stage_.get(), emitter_.raw(), &idle, error_.raw());
    allocations_in_work_ += counted.value();
    finish(code < 0 ? code : TICKWEIR_OK);
    emitter_hand_over();
    return static_cast<PollResult>(code);
  }
  void emitter_hand_over() {
    for (std::uint32_t i = 0; i < plugin_.output_count; ++i) {
      if (emitter_.raw()->outputs[i]->event_count > 0) advance_(host_of_emitter_, i);
    }
  }

  // Saves the state to nowhere; returns the allocations of that.
  [[nodiscard]] std::uint64_t save() {
    tickweir_state_writer nowhere;
    nowhere.write = [](void*, const void*, std::uint64_t) -> std::int32_t { return TICKWEIR_OK; };
    const AllocationCount counted;
    const std::int32_t code = plugin_.state->save(stage_.get(), &nowhere, error_.raw());
    const std::uint64_t allocations = counted.value();
    finish(code);
    return allocations;
  }

  [[nodiscard]] std::uint64_t allocations_in_create() const { return allocations_in_create_; }
  [[nodiscard]] std::uint64_t allocations_in_work() const { return allocations_in_work_; }
  [[nodiscard]] bool has_open_events() const {
    for (std::uint32_t i = 0; i < plugin_.output_count; ++i) {
      if (emitter_.raw()->outputs[i]->event_count > 0) return true;
    }
    return false;
  }
  [[nodiscard]] const std::vector<std::uint64_t>& drops() const { return drops_; }

 private:
  static constexpr std::uint32_t batch_bytes_max = 64 * 1024;

  void finish(std::int32_t code) const {
    if (code != TICKWEIR_OK) throw testing::StageError(error_.text(), error_.option_name(plugin_));
  }

  const tickweir_plugin& plugin_;
  testing::detail::BoundValues values_;
  testing::detail::TestHost host_;
  testing::detail::ErrorRoom error_;
  std::vector<std::uint64_t> drops_;
  mutable testing::detail::TestEmitter emitter_;
  void (*advance_)(void*, std::uint32_t);
  void* host_of_emitter_;
  std::uint32_t events_max_;
  std::uint64_t allocations_in_create_ = 0;
  std::uint64_t allocations_in_work_ = 0;
  std::unique_ptr<void, void (*)(void*)> stage_{nullptr, plugin_.destroy};
};

}  // namespace tickweir::contract
