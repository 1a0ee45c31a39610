// How a thread that has nothing to do sleeps, and how another wakes it.
//
// The sleeper says that it is about to sleep, looks once more for work, then sleeps. A waker first makes
// its work visible, then looks whether somebody sleeps. The two sequentially consistent fences make sure
// that at least one of them sees the other.
//
// Threading: prepare, sleep and finish on the owner's thread; wake() on any.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace tickweir {

class Sleeper {
 public:
  Sleeper();
  ~Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  // Says that the owner is about to sleep. Look for work after this; if there is some, call finish().
  void prepare();
  // Sleeps until woken, a descriptor of `others` is readable, or `timeout_ns` is over.
  void sleep(std::uint64_t timeout_ns, const std::vector<int>& others);
  void finish() { is_asleep_.store(false, std::memory_order_relaxed); }

  // Call after the work for the owner is visible. Costs a fence when nobody sleeps.
  void wake() {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in prepare()
    // One ring wakes; whoever comes after it finds the owner awake, or about to look once more.
    if (is_asleep_.load(std::memory_order_relaxed) && is_asleep_.exchange(false)) ring_bell();
  }

 private:
  void ring_bell();

  int bell_;  // eventfd
  std::vector<pollfd> polled_;
  alignas(128) std::atomic<bool> is_asleep_{false};
};

}  // namespace tickweir
