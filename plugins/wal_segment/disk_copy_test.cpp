// The copy past the caches: the same bytes as memcpy, and no others touched.
#include "disk_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace tickweir::wal_segment {
namespace {

TEST(DiskCopy, CopiesExactlyWhatItIsAskedTo) {
  constexpr std::uint8_t untouched = 0xa5;
  constexpr std::size_t around = 128;
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, copied_past_caches_min - 1, copied_past_caches_min,
        copied_past_caches_min + 63, std::size_t{100'000}}) {
    std::vector<std::uint8_t> from(bytes + around);
    std::iota(from.begin(), from.end(), std::uint8_t{1});
    for (std::size_t at = 0; at < 64; at += 7) {
      SCOPED_TRACE(std::to_string(bytes) + " bytes at " + std::to_string(at));
      std::vector<std::uint8_t> to(bytes + around, untouched);
      copy_for_disk(to.data() + at, from.data() + at % 5, bytes);
      std::vector<std::uint8_t> expected(bytes + around, untouched);
      std::copy_n(from.data() + at % 5, bytes, expected.data() + at);
      EXPECT_EQ(to, expected);
    }
  }
}

}  // namespace
}  // namespace tickweir::wal_segment
