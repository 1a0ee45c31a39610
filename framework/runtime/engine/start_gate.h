// Starts the stages of a graph one at a time, each on its own thread, sinks first, with a deadline each.
//
// Threading: open() on the main thread; pass() on each worker's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "runtime/result.h"

namespace tickweir {

class StartGate {
 public:
  // Lets stages [stage_count - 1 .. 0] start in this order. An error names no stage: `failed` does.
  struct Outcome {
    Result<void> result;
    std::uint32_t failed = 0;
    bool is_hanging = false;  // the stage did not return in time; its thread cannot be joined
  };
  Outcome open(std::uint32_t stage_count, std::uint64_t timeout_ns);
  // Any thread: no stage may start any more; open() returns that error.
  void fail(Error error);
  // After open(): the work begins, or it does not.
  void release(bool goes_on);

  // Waits for the turn of `stage`, runs `start` and reports. False: another stage has failed, do not run.
  bool pass(std::uint32_t stage, const std::function<Result<void>()>& start);
  // All stages have started and the work may begin. False: it will not.
  bool wait_for_all();

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t turn_ = nobody;
  std::uint32_t done_ = nobody;  // the stage that reported last
  bool is_open_ = false;         // all have started
  bool is_cancelled_ = false;
  Result<void> result_;
  Result<void> failure_;  // of a thread, outside of any start
};

}  // namespace tickweir
