// Percentiles of log-linear histograms: walk the buckets until the share is reached.
#include "runtime/metrics/percentiles.h"

#include <algorithm>
#include <cmath>

#include "tickweir/assert.h"

namespace tickweir {
namespace {

// The last bucket is open above: only its lower end is known to be true.
std::uint64_t largest_in_bucket(std::uint32_t index) {
  if (index + 1 == HistogramLayout::bucket_count) return HistogramLayout::lower_bound(index);
  return HistogramLayout::lower_bound(index + 1) - 1;
}

}  // namespace

void HistogramReading::add(const HistogramReading& other) {
  sum += other.sum;
  count += other.count;
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
}

HistogramReading HistogramReading::since(const HistogramReading& earlier) const {
  HistogramReading difference;
  difference.sum = sum - earlier.sum;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    difference.buckets[i] = buckets[i] - earlier.buckets[i];
    difference.count += difference.buckets[i];
  }
  return difference;
}

HistogramReading read_histogram(const Cell* cells) {
  HistogramReading reading;
  for (std::uint32_t i = 0; i < HistogramLayout::bucket_count; ++i) {
    reading.buckets[i] = read_cell(cells[1 + i]);
    reading.count += reading.buckets[i];
  }
  reading.sum = read_cell(cells[0]);
  return reading;
}

std::uint64_t percentile(const HistogramReading& reading, double share) {
  if (reading.count == 0) return 0;
  const double exact_rank = std::ceil(share * static_cast<double>(reading.count));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact_rank), 1, reading.count);
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < HistogramLayout::bucket_count; ++i) {
    seen += reading.buckets[i];
    if (seen >= rank) return largest_in_bucket(i);
  }
  detail::assertion_failed("count is the sum of the buckets", __FILE__, __LINE__);
}

Percentiles percentiles(const HistogramReading& reading) {
  return {.p50 = percentile(reading, 0.5),
          .p90 = percentile(reading, 0.9),
          .p99 = percentile(reading, 0.99),
          .p999 = percentile(reading, 0.999),
          .max = percentile(reading, 1.0)};
}

}  // namespace tickweir
