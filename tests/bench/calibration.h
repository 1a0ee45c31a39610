// What the machine is like at this moment. Two virtual cores may sit near each other or far apart, and the
// host moves them: a figure of two cores without this means nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tickweir::bench {

// One way of one atomic between two pinned threads, ns.
double ping_pong_ns();
// "near" below 80 ns, "far" above 110 ns, "between" otherwise.
std::string state_of(double ping_pong);

struct Jitter {
  double gaps_per_second = 0;  // longer than 0.5 us
  double p99_us = 0;
  double lost_percent = 0;
};
Jitter measure_jitter(std::uint64_t duration_ns);

// Median of a 4 KiB overwrite with fdatasync in `folder`, us.
double sync_latency_us(const std::string& folder);

void pin_to(unsigned cpu);
void unpin();
// Reads a byte of every page, on this CPU. To be called before what reads them is timed: where a host keeps
// page tables of its own, the first access after a change of CPUs costs microseconds.
void bring_in(const void* begin, std::size_t bytes);
std::uint64_t now_ns();

}  // namespace tickweir::bench
