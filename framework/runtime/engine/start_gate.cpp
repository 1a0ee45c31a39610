#include "runtime/engine/start_gate.h"

#include <chrono>

namespace tickweir {

StartGate::Outcome StartGate::open(std::uint32_t stage_count, std::uint64_t timeout_ns) {
  std::unique_lock lock(mutex_);
  for (std::uint32_t stage = stage_count; stage-- > 0;) {
    turn_ = stage;
    changed_.notify_all();
    const auto timeout = std::chrono::nanoseconds(timeout_ns);
    const bool in_time = changed_.wait_for(lock, timeout, [&] { return done_ == stage || !failure_; });
    if (in_time && failure_ && result_) continue;
    is_cancelled_ = true;
    changed_.notify_all();
    if (!failure_) return {.result = failure_.error(), .failed = stage, .is_hanging = false};
    if (in_time) return {.result = result_.error(), .failed = stage, .is_hanging = false};
    return {.result = Error{"start did not return within " + std::to_string(timeout_ns / 1'000'000) +
                            " ms (timeouts.start)"},
            .failed = stage,
            .is_hanging = true};
  }
  return {.result = {}};
}

void StartGate::fail(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
  changed_.notify_all();
}

void StartGate::release(bool goes_on) {
  const std::lock_guard lock(mutex_);
  (goes_on ? is_open_ : is_cancelled_) = true;
  changed_.notify_all();
}

bool StartGate::pass(std::uint32_t stage, const std::function<Result<void>()>& start) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == stage || is_cancelled_; });
    if (is_cancelled_) return false;
  }
  auto result = start();
  const bool started = static_cast<bool>(result);
  const std::lock_guard lock(mutex_);
  result_ = std::move(result);
  done_ = stage;
  changed_.notify_all();
  return started;
}

bool StartGate::wait_for_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_open_ || is_cancelled_; });
  return is_open_;
}

}  // namespace tickweir
