// Cells on the hot path: what is added is what is read, and histogram buckets tile the values.
#include <gtest/gtest.h>

#include <array>

#include "tickweir/counters.h"

namespace {

using namespace tickweir;

TEST(Counters, AddAndSet) {
  std::array<std::uint64_t, 2> cells{};
  Counter counter(&cells[0]);
  counter.add();
  counter.add(41);
  Gauge(&cells[1]).set(7);
  EXPECT_EQ(cells[0], 42U);
  EXPECT_EQ(cells[1], 7U);
}

TEST(Histogram, BucketsTileTheValuesWithoutGapOrOverlap) {
  for (std::uint32_t i = 0; i + 1 < HistogramLayout::bucket_count; ++i) {
    const std::uint64_t first = HistogramLayout::lower_bound(i);
    const std::uint64_t next = HistogramLayout::lower_bound(i + 1);
    ASSERT_LT(first, next);
    ASSERT_EQ(HistogramLayout::bucket(first), i);
    ASSERT_EQ(HistogramLayout::bucket(next - 1), i);
  }
}

TEST(Histogram, KnowsAValueToASixteenth) {
  for (std::uint64_t value = 16; value < std::uint64_t{1} << 43; value += value / 3 + 1) {
    const std::uint32_t index = HistogramLayout::bucket(value);
    const std::uint64_t width = HistogramLayout::lower_bound(index + 1) - HistogramLayout::lower_bound(index);
    ASSERT_LE(width * 16, value) << value;
  }
}

TEST(Histogram, PutsWhatIsTooLargeIntoTheLastBucket) {
  EXPECT_EQ(HistogramLayout::bucket((std::uint64_t{1} << 44) - 1), HistogramLayout::bucket_count - 1);
  EXPECT_EQ(HistogramLayout::bucket(std::uint64_t{1} << 44), HistogramLayout::bucket_count - 1);
  EXPECT_EQ(HistogramLayout::bucket(UINT64_MAX), HistogramLayout::bucket_count - 1);
}

TEST(Histogram, KeepsSumAndCounts) {
  std::array<std::uint64_t, HistogramLayout::cell_count> cells{};
  Histogram histogram(cells.data());
  histogram.record(3);
  histogram.record(1000, 2);
  EXPECT_EQ(cells[0], 2003U);
  EXPECT_EQ(cells[1 + 3], 1U);
  EXPECT_EQ(cells[1 + HistogramLayout::bucket(1000)], 2U);
}

}  // namespace
