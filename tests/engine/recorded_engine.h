// The engine of a made graph, and what it has logged: what the pipelines of these tests are built on.
//
// Threading: the test's thread; the log is written by any.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "graph_maker.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/engine.h"
#include "runtime/metrics/metrics.h"

namespace tickweir::test {

class RecordedEngine {
 public:
  Engine& engine() { return *engine_; }
  // Until the first stage, a source, has brought so many, or the run fails.
  void run_out(std::uint64_t events) {
    const Cell& given = engine_->telemetry().stages[0]->outputs[0].sent_events;
    const auto goes_on = [this] {
      const EngineState state = engine_->state();
      return state == EngineState::running || state == EngineState::replaying;
    };
    while (read_cell(given) < events && goes_on()) std::this_thread::yield();
  }
  // The outcome, once all has stopped; the books must balance.
  Result<void> wait() {
    auto outcome = engine_->wait();
    const RunReport report = engine_->report();
    EXPECT_TRUE(report.balanced) << report.imbalance;
    return outcome;
  }
  void end() {
    engine_->stop();
    auto ended = wait();
    ASSERT_TRUE(ended) << ended.error().message;
  }
  // As /metrics shows it.
  std::string metrics() {
    return metrics_page({.graph = &maker_.graph(),
                         .telemetry = &engine_->telemetry(),
                         .state = [this] { return engine_->state(); },
                         .stalls = [this] { return engine_->stalls(); },
                         .ticks_to_seconds = [](std::uint64_t ticks) { return ticks_to_seconds(ticks); },
                         .log_lines = [] { return LogLineCounts{}; }});
  }
  std::string logged() {
    const std::lock_guard lock(mutex_);
    return logged_;
  }

 protected:
  explicit RecordedEngine(std::uint32_t threads) : maker_(threads) {}
  // Of what `maker_` has by now.
  void make(const RunMode& mode = {}) {
    const auto record = [this](auto, const auto&, const std::string& text) {
      const std::lock_guard lock(mutex_);
      logged_ += text + "\n";
    };
    engine_ = std::move(Engine::create(maker_.finish(), record, mode).value());
  }

  GraphMaker maker_;

 private:
  std::mutex mutex_;
  std::string logged_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tickweir::test
