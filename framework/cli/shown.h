// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace tickweir {

// "850 ns", "12.3 us", "4.56 ms", "1.20 s": three digits that matter.
[[nodiscard]] std::string shown_duration(std::uint64_t ns);
// "950/s", "12.3 k/s", "4.56 M/s"
[[nodiscard]] std::string shown_rate(double per_second);
// "2026-01-05T09:30:00.000000001Z" of ns since the Unix epoch; "" of 0.
[[nodiscard]] std::string shown_time(std::uint64_t ns);

}  // namespace tickweir
