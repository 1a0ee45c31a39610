#include "runtime/engine/sleeper.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>

namespace tickweir {

Sleeper::Sleeper() : bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (bell_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Sleeper::~Sleeper() { close(bell_); }

void Sleeper::prepare() {
  is_asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in wake()
}

void Sleeper::sleep(std::uint64_t timeout_ns, const std::vector<int>& others) {
  polled_.assign(1, {.fd = bell_, .events = POLLIN, .revents = 0});
  for (const int descriptor : others) polled_.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  const timespec timeout{.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000),
                         .tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000)};
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto ignored = read(bell_, &count, sizeof count);
}

void Sleeper::ring_bell() {
  const std::uint64_t one = 1;
  // Only fails when the counter is full, and then the bell has rung often enough.
  [[maybe_unused]] const auto ignored = write(bell_, &one, sizeof one);
}

}  // namespace tickweir
