#include "runtime/engine/rest.h"

#include <sched.h>

#include "runtime/engine/clock.h"

namespace tickweir {

void Rest::stand_still() {
  // Release pairs with the acquire in wait_until_frozen(): what this worker did is seen by whoever asked.
  standing_.fetch_add(1, std::memory_order_release);
  // Asleep: those who spin take turns with the one that forks.
  while (is_frozen()) phase_.wait(Phase::frozen, std::memory_order_acquire);
  standing_.fetch_sub(1, std::memory_order_release);
}

void Rest::begin_freeze() {
  // From the last time: they are on their way.
  while (standing_.load(std::memory_order_acquire) != 0) sched_yield();
  phase_.store(Phase::frozen, std::memory_order_release);
}

bool Rest::wait_until_frozen(std::uint64_t timeout_ns) const {
  const std::uint64_t start = clock_ticks();
  while (standing_.load(std::memory_order_acquire) < inside_.load(std::memory_order_acquire)) {
    if (ticks_to_ns(clock_ticks() - start) > timeout_ns) return false;
    sched_yield();
  }
  return true;
}

}  // namespace tickweir
