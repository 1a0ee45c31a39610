// Percentiles against a sorted list of the same values.
#include "runtime/metrics/percentiles.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

TEST(Percentiles, AreZeroWhenNothingWasRecorded) {
  HistogramCells cells{};
  const auto all = percentiles(read_histogram(cells.data()));
  EXPECT_EQ(all.p50, 0U);
  EXPECT_EQ(all.max, 0U);
}

TEST(Percentiles, AreExactBelowThirtyTwo) {
  HistogramCells cells{};
  for (std::uint64_t value = 1; value <= 10; ++value) Histogram(cells.data()).record(value);
  const auto reading = read_histogram(cells.data());
  EXPECT_EQ(reading.count, 10U);
  EXPECT_EQ(reading.sum, 55U);
  EXPECT_EQ(percentile(reading, 0.5), 5U);
  EXPECT_EQ(percentile(reading, 0.9), 9U);
  EXPECT_EQ(percentile(reading, 1.0), 10U);
}

TEST(Percentiles, AreNeverTooSmallAndAtMostASixteenthTooLarge) {
  std::mt19937_64 random(testing::seed());
  HistogramCells cells{};
  std::vector<std::uint64_t> values(5000);
  for (auto& value : values) {
    value = random() >> (24 + random() % 40);
    Histogram(cells.data()).record(value);
  }
  std::sort(values.begin(), values.end());
  const auto reading = read_histogram(cells.data());
  for (const double share : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const std::uint64_t exact = values[rank - 1];
    EXPECT_GE(percentile(reading, share), exact) << share;
    EXPECT_LE(percentile(reading, share), exact + exact / 16) << share;
  }
}

TEST(Percentiles, OfValuesBeyondTheLastBucketAreItsLowerEnd) {
  HistogramCells cells{};
  Histogram(cells.data()).record(std::uint64_t{1} << 50);
  const auto reading = read_histogram(cells.data());
  EXPECT_EQ(percentile(reading, 1.0), HistogramLayout::lower_bound(HistogramLayout::bucket_count - 1));
}

TEST(HistogramReading, SinceShowsOnlyWhatCameAfter) {
  HistogramCells cells{};
  Histogram(cells.data()).record(1'000'000, 50);
  const auto earlier = read_histogram(cells.data());
  Histogram(cells.data()).record(7, 3);
  const auto recent = read_histogram(cells.data()).since(earlier);
  EXPECT_EQ(recent.count, 3U);
  EXPECT_EQ(recent.sum, 21U);
  EXPECT_EQ(percentile(recent, 1.0), 7U);
}

TEST(HistogramReading, AddPutsTwoTogether) {
  HistogramCells one{};
  HistogramCells two{};
  Histogram(one.data()).record(3);
  Histogram(two.data()).record(9, 2);
  auto both = read_histogram(one.data());
  both.add(read_histogram(two.data()));
  EXPECT_EQ(both.count, 3U);
  EXPECT_EQ(both.sum, 21U);
  EXPECT_EQ(percentile(both, 0.5), 9U);
}

}  // namespace
}  // namespace tickweir
