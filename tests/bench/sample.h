// The ITCH file that benchmarks read, made once by itch_sample.
#pragma once

#include <cstdint>
#include <string>

#include "bench.h"

namespace tickweir::bench {

// Path of a file of `messages` messages; the same bytes every time.
std::string sample_file(const Settings& settings, std::uint64_t messages);

}  // namespace tickweir::bench
