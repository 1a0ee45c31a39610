// A pipeline that listens, in this process, and `tickweir load` against it from another one.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline.h"

namespace tickweir::bench {

struct Load {
  std::uint64_t events = 0;
  std::uint64_t rate = 0;  // a second; 0: full speed
  std::uint32_t connections = 4;
};

struct Answers {
  double events_per_second = 0;  // from the first sent to the last acknowledged
  double p50_us = 0;
  double p99_us = 0;
};

// A port of the loopback that nobody listens on now.
[[nodiscard]] std::uint16_t free_port();
// Runs the pipeline under that load and checks that every event was acknowledged and lies in log `log`.
Answers serve(Pipeline& pipeline, const std::string& log, std::uint16_t port, const Load& load);

}  // namespace tickweir::bench
