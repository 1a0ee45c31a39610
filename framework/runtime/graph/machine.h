// The files of Linux that say which CPUs there are and which take interrupts, read as text.
//
// Threading: pure functions. Errors: none; what cannot be understood is passed over.
#pragma once

#include <string_view>
#include <vector>

namespace tickweir {

// "0-3,7" as in /sys/devices/system/cpu/online.
[[nodiscard]] std::vector<unsigned> parse_cpu_list(std::string_view text);

// CPUs that take clearly more than their share (half as much again) of the interrupts of disks and network
// cards, by the text of /proc/interrupts. None when there is one CPU: nothing could be moved.
[[nodiscard]] std::vector<unsigned> parse_interrupt_cpus(std::string_view text);

}  // namespace tickweir
