// The bytes of a segment: checksums by a known value, headers there and back, blocks bound to their place.
#include "segment_format.h"

#include <gtest/gtest.h>

namespace {
using namespace tickweir;
using namespace tickweir::wal_segment;

SegmentHeader some_header() {
  SegmentHeader header{.number = 3, .first_sequence = 9, .segment_bytes = 65536, .schema_bytes = 5};
  header.log_id[0] = 7;
  header.data_offset = 3 * page_bytes;
  return header;
}

TEST(SegmentFormat, ComputesCrc32cAsTheStandardDoes) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283U);
  EXPECT_EQ(crc32c("6789", 4, crc32c("12345", 5)), 0xE3069283U);
}

TEST(SegmentFormat, NamesSegmentsByTheirNumberAndReadsNoOtherNames) {
  EXPECT_EQ(segment_name(42), "000000000042.segment");
  EXPECT_EQ(segment_number("000000000042.segment"), 42U);
  for (const char* const other :
       {"lock", "000000000042.segment.new", "000000000042.segment.96.torn", "42.segment",
        "000000000000.segment", "00000000004x.segment", "", "0000000000042.segment"}) {
    EXPECT_FALSE(segment_number(other)) << other;
  }
}

TEST(SegmentFormat, ReadsAHeaderThatItWrote) {
  std::string problem;
  const SegmentHeader read = decode(encode(some_header()), 65536, problem);
  EXPECT_EQ(problem, "");
  EXPECT_EQ(read.number, 3U);
  EXPECT_EQ(read.first_sequence, 9U);
  EXPECT_EQ(read.log_id, some_header().log_id);
}

TEST(SegmentFormat, RefusesAHeaderWithAnyBitFlipped) {
  const HeaderPage page = encode(some_header());
  for (std::size_t bit = 0; bit < page.size() * 8; ++bit) {
    HeaderPage flipped = page;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    std::string problem;
    static_cast<void>(decode(flipped, 65536, problem));
    ASSERT_NE(problem, "") << "bit " << bit;
  }
}

TEST(SegmentFormat, SaysThatANewerVersionIsNewer) {
  SegmentHeader header = some_header();
  header.version = 3;
  std::string problem;
  static_cast<void>(decode(encode(header), 65536, problem));
  EXPECT_EQ(problem, "found format version 3, this program reads versions 1 and 2");
}

TEST(SegmentFormat, RefusesAFileOfAnotherLength) {
  std::string problem;
  static_cast<void>(decode(encode(some_header()), 65535, problem));
  EXPECT_EQ(problem, "found 65535 bytes, expected 65536");
}

TEST(SegmentFormat, BindsABlockToLogSegmentAndOffset) {
  const BlockHeader block{.kind = block_events, .payload_bytes = 64, .event_count = 1, .first_sequence = 5};
  Place place{.log_id = {1}, .segment_number = 2, .offset = 4096};
  const std::uint32_t here = block_check(place, block);
  place.offset += 8;
  EXPECT_NE(block_check(place, block), here);
  place.offset -= 8;
  place.segment_number = 3;
  EXPECT_NE(block_check(place, block), here);
  place.segment_number = 2;
  place.log_id[15] = 1;
  EXPECT_NE(block_check(place, block), here);
}

}  // namespace
