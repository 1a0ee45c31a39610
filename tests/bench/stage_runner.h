// Runs a transform from its .so without the engine: batches in, and each output into a block that is emptied
// when it is full. For benchmarks that measure one stage's work alone.
//
// Threading: one thread. Errors: thrown, as by tickweir/testing.h.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "calibration.h"
#include "tickweir/batch.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_host.h"

namespace tickweir::bench {

class StageRunner {
 public:
  static constexpr std::uint32_t events_max = 256;
  static constexpr std::uint32_t bytes_max = events_max * 128;

  // `listened`: outputs that somebody reads; `see` is shown each block of them.
  StageRunner(const std::string& file, const testing::OptionTexts& options,
              const std::vector<std::string>& listened, std::function<void(const BatchView&)> see)
      : plugin_(testing::detail::open_plugin(file.c_str())),
        host_(plugin_, 1000),
        drops_(plugin_.reason_count + 1),
        see_(std::move(see)),
        blocks_(plugin_.output_count + 1),
        open_(plugin_.output_count) {
    for (Block& block : blocks_) block.prepare();
    for (std::uint32_t i = 0; i < plugin_.output_count; ++i) {
      const bool is_heard = std::ranges::find(listened, plugin_.outputs[i].name) != listened.end();
      open_[i] = is_heard ? &blocks_[i].raw : nullptr;
    }
    raw_.output_count = plugin_.output_count;
    raw_.outputs = open_.data();
    raw_.host = this;
    raw_.advance = [](void* self, std::uint32_t i) { static_cast<StageRunner*>(self)->empty(i); };
    create(options);
  }

  // Appends an event to the input; when that is full it is processed. Time counts only for the stage's work.
  template <typename T>
  void push(const T& value) {
    tickweir_batch& in = blocks_.back().raw;
    if (in.event_count == events_max) flush();
    auto* const event = reinterpret_cast<Event*>(in.data + in.used_bytes);
    *event = {.size = event_size<T>,
              .type = T::event_type,
              .verdict = 0,
              .flags = 0,
              .sequence = ++sequence_,
              .time = sequence_,
              .origin = sequence_};
    std::memcpy(event + 1, &value, sizeof value);
    in.stride = in.event_count == 0 || in.stride == event->size ? event->size : 0;
    in.used_bytes += event->size;
    ++in.event_count;
  }
  void flush() {
    Block& in = blocks_.back();
    if (in.raw.event_count == 0) return;
    testing::detail::ErrorRoom error;
    const std::uint64_t start = now_ns();
    const auto code = plugin_.transform->process(stage_.get(), &in.raw, &raw_, error.raw());
    elapsed_ += now_ns() - start;
    testing::detail::require(code == TICKWEIR_OK, "process(): " + error.text());
    in.reset();
    for (std::uint32_t i = 0; i < open_.size(); ++i) {
      if (open_[i] != nullptr) empty(i);
    }
  }
  [[nodiscard]] std::uint64_t take_elapsed() { return std::exchange(elapsed_, 0); }

 private:
  struct Block {
    void prepare() {
      memory.reset(new (std::align_val_t{64}) std::uint8_t[bytes_max]);
      std::memset(memory.get(), 0, bytes_max);
      raw.data = memory.get();
      raw.capacity_bytes = bytes_max;
      raw.event_count_max = events_max;
    }
    void reset() { raw.event_count = raw.used_bytes = raw.stride = 0; }

    struct Free {
      void operator()(std::uint8_t* bytes) const { operator delete[](bytes, std::align_val_t{64}); }
    };
    std::unique_ptr<std::uint8_t[], Free> memory;
    tickweir_batch raw{};
  };

  void empty(std::uint32_t output) {
    if (see_) see_(BatchView(blocks_[output].raw));
    blocks_[output].reset();
  }

  void create(const testing::OptionTexts& options) {
    const testing::detail::BoundValues values(plugin_, options);
    testing::detail::ErrorRoom error;
    tickweir_context context;
    context.option_count = plugin_.option_count;
    context.options = values.data();
    context.stage_id = "stage";
    context.event_bytes_max = bytes_max;
    context.batch_events_max = events_max;
    context.verdict_base = 1;
    context.drop_cells = drops_.data();
    context.host = host_.raw();
    context.files = &posix_files();
    void* made = nullptr;
    testing::detail::require(plugin_.create(&context, &made, error.raw()) == TICKWEIR_OK, error.text());
    stage_.reset(made);
    testing::detail::require(plugin_.start(made, error.raw()) == TICKWEIR_OK, error.text());
    host_.end_setup();
  }

  const tickweir_plugin& plugin_;
  testing::detail::TestHost host_;
  std::vector<std::uint64_t> drops_;
  std::function<void(const BatchView&)> see_;
  std::vector<Block> blocks_;  // by output; the last is the input
  std::vector<tickweir_batch*> open_;
  tickweir_emitter raw_{};
  std::unique_ptr<void, void (*)(void*)> stage_{nullptr, plugin_.destroy};
  std::uint64_t sequence_ = 0;
  std::uint64_t elapsed_ = 0;
};

}  // namespace tickweir::bench
