// Brings all threads of a run to a standstill together, between two batches, and lets them go on.
//
//   free    the threads work
//   held    sources bring nothing new; everything else works off what is under way
//   frozen  every thread stands still between two calls: nothing that a stage owns is touched
//
// Threading: "worker" functions on the threads of the run; the rest on one other thread at a time.
#pragma once

#include <atomic>
#include <cstdint>

namespace tickweir {

class Rest {
 public:
  // So many workers will begin; each leaves once.
  void expect_workers(std::uint32_t count) { inside_.store(expected_ = count, std::memory_order_relaxed); }

  // ---- worker
  [[nodiscard]] bool is_held() const { return phase() != Phase::free; }
  [[nodiscard]] bool is_frozen() const { return phase() == Phase::frozen; }
  // Waits while frozen.
  void stand_still();
  // Release pairs with the acquire in freeze(): what the worker did is seen.
  void leave() { inside_.fetch_sub(1, std::memory_order_release); }

  // ---- who wants a standstill; wakes nobody: the threads must be woken after hold() and after
  // begin_freeze()
  void hold() { phase_.store(Phase::held, std::memory_order_release); }
  void begin_freeze();
  // True: every worker stands still. False: not within that time; then thaw() or let_go().
  bool wait_until_frozen(std::uint64_t timeout_ns) const;
  // No worker has left: none of their stages has been stopped.
  [[nodiscard]] bool all_are_inside() const { return inside_.load(std::memory_order_acquire) == expected_; }
  void thaw() { end_freeze(Phase::held); }
  void let_go() { end_freeze(Phase::free); }

 private:
  enum class Phase : std::uint32_t { free, held, frozen };
  void end_freeze(Phase next) {
    phase_.store(next, std::memory_order_release);
    phase_.notify_all();
  }
  [[nodiscard]] Phase phase() const { return phase_.load(std::memory_order_acquire); }

  std::atomic<Phase> phase_{Phase::free};
  std::uint32_t expected_ = 0;  // set before the threads begin
  std::atomic<std::uint32_t> inside_{0};
  std::atomic<std::uint32_t> standing_{0};
};

}  // namespace tickweir
