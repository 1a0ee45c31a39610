// Calls of the system that this program makes its own, so that a test can see or change what the engine gets.
//
// Threading: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace tickweir::test {

struct SystemCalls {
  std::atomic<std::int64_t> clock_step_seconds{0};  // the system's clock is so much off
  std::atomic<std::uint64_t> folder_syncs{0};       // fsync() of folders, so far
};
SystemCalls& system_calls();

// While it lives, the system's clock is so much off.
struct ClockStep {
  explicit ClockStep(std::int64_t seconds) { system_calls().clock_step_seconds = seconds; }
  ~ClockStep() { system_calls().clock_step_seconds = 0; }
  ClockStep(const ClockStep&) = delete;
  ClockStep& operator=(const ClockStep&) = delete;
};

}  // namespace tickweir::test
