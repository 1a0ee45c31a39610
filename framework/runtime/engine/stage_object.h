// One stage made by a plugin, with everything it was lent: context, host functions, cells.
//
// Threading: create and the destructor on the main thread, the rest on the stage's thread, never two at
// once. Errors: every failure names nothing but its cause; the caller knows the stage.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/durability/log_files.h"
#include "runtime/engine/run_control.h"
#include "runtime/graph/graph.h"
#include "runtime/metrics/telemetry.h"
#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

class StageObject {
 public:
  StageObject(const Graph& graph, std::uint32_t index, StageCells& cells, RunControl& control);
  ~StageObject();
  StageObject(const StageObject&) = delete;
  StageObject& operator=(const StageObject&) = delete;

  Result<void> create();
  Result<void> start();
  Result<void> drain(tickweir_emitter& emitter);
  Result<void> stop();

  // The work functions return a tickweir_result; error_text() says what failed.
  std::int32_t poll(tickweir_emitter& emitter, tickweir_idle& idle) {
    return call([&] { return table_.source->poll(stage_, &emitter, &idle, &error_); });
  }
  std::int32_t apply(tickweir_batch& batch) {
    return call([&] { return table_.filter->apply(stage_, &batch, &error_); });
  }
  std::int32_t process(const tickweir_batch& batch, tickweir_emitter& emitter) {
    return call([&] { return table_.transform->process(stage_, &batch, &emitter, &error_); });
  }
  std::int32_t write(const tickweir_batch& batch) {
    return call([&] { return table_.sink->write(stage_, &batch, &error_); });
  }
  std::int32_t settle(const tickweir_batch& batch) {
    return call([&] { return table_.source->settle(stage_, &batch, &error_); });
  }
  // After settle(), when no more waits.
  std::int32_t answer() {
    if (table_.source->answer == nullptr) return TICKWEIR_OK;
    return call([&] { return table_.source->answer(stage_, &error_); });
  }
  // Shows a stage upstream of a log what once passed. Only for those that can recover.
  Result<void> recover(const tickweir_batch& batch);
  [[nodiscard]] bool can_recover() const {
    return table_.state != nullptr && table_.state->recover != nullptr;
  }
  // Only for those that can save. Returns a tickweir_result; allocates nothing unless it fails.
  std::int32_t save(const tickweir_state_writer& writer) {
    return call([&] { return table_.state->save(stage_, &writer, &error_); });
  }
  Result<void> load(const tickweir_state_reader& reader);
  [[nodiscard]] std::uint64_t held() const {
    return table_.transform != nullptr && table_.transform->held != nullptr ? table_.transform->held(stage_)
                                                                            : 0;
  }
  [[nodiscard]] const char* error_text() const { return text_.data(); }
  [[nodiscard]] const tickweir_plugin& table() const { return table_; }
  // The plugin's own; nullptr before create().
  [[nodiscard]] void* stage() const { return stage_; }

 private:
  // A plugin made without the SDK may let an exception through: it ends here.
  template <typename Body>
  std::int32_t call(Body&& body) noexcept {
    try {
      return body();
    } catch (...) {
      note_exception();
      return TICKWEIR_FAILED;
    }
  }
  template <typename Body>
  Result<void> call_setup(const char* what, Body&& body);
  void note_exception() noexcept;

  static std::uint64_t host_now(void* state);
  static void host_log(void* state, std::uint32_t level, const char* text);
  static std::uint64_t* host_cell(void* state, std::uint32_t index, const char* label_value);

  const Graph& graph_;
  const GraphStage& plan_;
  const tickweir_plugin& table_;
  StageCells& cells_;
  RunControl& control_;
  tickweir_host host_;
  std::array<char, 1024> text_{};
  tickweir_error error_;
  std::vector<tickweir_verdict> verdicts_;  // of the whole pipeline
  std::unique_ptr<LogFiles> log_files_;     // of a log that may write
  void* stage_ = nullptr;
};

}  // namespace tickweir
