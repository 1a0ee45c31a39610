// What all threads of a run share: whether to go on, what failed first, where to log.
//
// Threading: every function may be called from any thread.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/engine/dead_letters.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/rest.h"

namespace tickweir {

class RunControl {
 public:
  RunControl(LogFunction log, const PipelineConfig& config, const RunMode& mode = {})
      : mode_(mode), log_(std::move(log)), dead_letters_(config) {}

  [[nodiscard]] const RunMode& mode() const { return mode_; }

  // Called whenever threads that sleep must look at the flags. Set before the threads start.
  void set_wake_all(std::function<void()> wake_all) { wake_all_ = std::move(wake_all); }
  void wake_all() const {
    if (wake_all_) wake_all_();
  }
  // All threads together, between two batches.
  Rest& rest() { return rest_; }

  // Sources end; everything else drains.
  void request_stop() {
    stop_.store(true, std::memory_order_relaxed);
    wake_all();
  }
  [[nodiscard]] bool is_stop_requested() const { return stop_.load(std::memory_order_relaxed); }
  // A source will bring no more. When the last one has ended, the run drains.
  void expect_sources(std::uint32_t count) { open_sources_.store(count, std::memory_order_relaxed); }
  void source_ended() {
    if (open_sources_.fetch_sub(1, std::memory_order_relaxed) == 1) wake_all();
  }
  [[nodiscard]] bool is_draining() const {
    return is_stop_requested() || open_sources_.load(std::memory_order_relaxed) == 0;
  }
  // Logs are passing on what they hold; sources wait until all have done so. Release pairs with the acquire
  // in is_replaying(): a source that goes on comes after the replay.
  void replay_began() { open_replays_.fetch_add(1, std::memory_order_relaxed); }
  void replay_ended() {
    open_replays_.fetch_sub(1, std::memory_order_release);
    wake_all();
  }
  [[nodiscard]] bool is_replaying() const { return open_replays() != 0; }
  [[nodiscard]] std::uint32_t open_replays() const { return open_replays_.load(std::memory_order_acquire); }
  // Threads end after the call they are in.
  void abandon() {
    abandoned_.store(true, std::memory_order_relaxed);
    wake_all();
  }
  // By either of the two: nothing new need be begun.
  [[nodiscard]] bool is_ending() const { return is_stop_requested() || is_abandoned(); }
  [[nodiscard]] bool is_abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  // Remembers the first failure and asks for the end of the run.
  void fail(const std::string& stage, const std::string& text);
  // What a thread does that cannot go on: fails the run as far as there is memory to say why, and abandons
  // it.
  void give_up(const std::string& stage, const std::exception& failure) noexcept;
  [[nodiscard]] std::optional<std::string> failure() const;

  void log(std::uint32_t level, const std::string& stage, const std::string& text) const {
    if (log_) log_(level, stage, text);
  }
  DeadLetters& dead_letters() { return dead_letters_; }

 private:
  const RunMode mode_;
  LogFunction log_;
  std::function<void()> wake_all_;
  DeadLetters dead_letters_;
  Rest rest_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<std::uint32_t> open_sources_{0};
  std::atomic<std::uint32_t> open_replays_{0};
  mutable std::mutex mutex_;
  std::optional<std::string> failure_;
};

}  // namespace tickweir
