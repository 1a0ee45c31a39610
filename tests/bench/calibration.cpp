#include "calibration.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <thread>
#include <vector>

namespace tickweir::bench {

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

void pin_to(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

void bring_in(const void* begin, std::size_t bytes) {
  constexpr std::size_t page_bytes = 4096;
  const auto* const all = static_cast<const volatile std::uint8_t*>(begin);
  for (std::size_t at = 0; at < bytes; at += page_bytes) static_cast<void>(all[at]);
}

void unpin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (unsigned cpu = 0; cpu < 64; ++cpu) CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

double ping_pong_ns() {
  constexpr std::uint32_t rounds = 20'000;
  alignas(128) std::atomic<std::uint32_t> ball{0};
  std::thread other([&] {
    pin_to(1);
    for (std::uint32_t i = 0; i < rounds; ++i) {
      while (ball.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      ball.store(2 * i + 2, std::memory_order_release);
    }
  });
  pin_to(0);
  const std::uint64_t start = now_ns();
  for (std::uint32_t i = 0; i < rounds; ++i) {
    ball.store(2 * i + 1, std::memory_order_release);
    while (ball.load(std::memory_order_acquire) != 2 * i + 2) {
    }
  }
  const std::uint64_t elapsed = now_ns() - start;
  other.join();
  unpin();
  return static_cast<double>(elapsed) / (2.0 * rounds);
}

std::string state_of(double ping_pong) {
  if (ping_pong < 80) return "near";
  return ping_pong > 110 ? "far" : "between";
}

Jitter measure_jitter(std::uint64_t duration_ns) {
  std::vector<std::uint64_t> gaps;
  std::uint64_t lost = 0;
  const std::uint64_t start = now_ns();
  std::uint64_t last = start;
  while (last - start < duration_ns) {
    const std::uint64_t now = now_ns();
    if (now - last > 500) {
      gaps.push_back(now - last);
      lost += now - last;
    }
    last = now;
  }
  std::ranges::sort(gaps);
  const double seconds = static_cast<double>(last - start) * 1e-9;
  return {.gaps_per_second = static_cast<double>(gaps.size()) / seconds,
          .p99_us = gaps.empty() ? 0 : static_cast<double>(gaps[gaps.size() * 99 / 100]) * 1e-3,
          .lost_percent = 100.0 * static_cast<double>(lost) / static_cast<double>(last - start)};
}

double sync_latency_us(const std::string& folder) {
  const std::string path = folder + "/sync_probe";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return 0;
  const std::array<char, 4096> block{};
  std::vector<double> times;
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t start = now_ns();
    if (pwrite(file, block.data(), block.size(), 0) < 0 || fdatasync(file) != 0) break;
    times.push_back(static_cast<double>(now_ns() - start) * 1e-3);
  }
  close(file);
  unlink(path.c_str());
  if (times.empty()) return 0;
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace tickweir::bench
