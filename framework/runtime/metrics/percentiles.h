// Percentiles from the cells of a histogram: for the live line, the report and the JSON pages.
//
// Threading: any thread; cells are read relaxed, one by one. A reading taken while a thread writes may
//            lack its last values, never show one that was not recorded.
// Memory:    a reading is a value of about 5 kB.
// Units:     those of the histogram: ns, or a count.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/metrics/telemetry.h"

namespace tickweir {

struct HistogramReading {
  std::uint64_t sum = 0;
  std::uint64_t count = 0;  // always the sum of the buckets
  std::array<std::uint64_t, HistogramLayout::bucket_count> buckets{};

  // Puts two histograms together: latency over all sinks.
  void add(const HistogramReading& other);
  // What was recorded since `earlier`, a reading of the same cells.
  [[nodiscard]] HistogramReading since(const HistogramReading& earlier) const;
};

// `cells` are HistogramLayout::cell_count cells.
[[nodiscard]] HistogramReading read_histogram(const Cell* cells);

// The largest value that may stand at this share of all values (0.5: the median), so never too small and
// at most 1/16 too large. 0 when nothing was recorded. `share` lies in (0, 1].
[[nodiscard]] std::uint64_t percentile(const HistogramReading& reading, double share);

struct Percentiles {
  std::uint64_t p50 = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t p999 = 0;
  std::uint64_t max = 0;
};
[[nodiscard]] Percentiles percentiles(const HistogramReading& reading);

}  // namespace tickweir
