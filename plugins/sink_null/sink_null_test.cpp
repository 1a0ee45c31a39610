// sink_null: what it counts, and that its checksum has really read every byte.
#include <gtest/gtest.h>

#include "tickweir/testing.h"
#include "word_sum.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;

std::vector<OwnedEvent> some_events(std::uint32_t count) {
  std::vector<OwnedEvent> events;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::vector<std::uint8_t> payload(8 * (1 + i % 3), static_cast<std::uint8_t>(i + 1));
    events.emplace_back(std::uint16_t{300}, payload, Fields{.time = i, .origin = make_origin(1, i)});
  }
  return events;
}

std::uint64_t checksum(const std::vector<OwnedEvent>& events, std::uint32_t batch_events) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {}, {.batch_events_max = batch_events});
  sink.push(events);
  return sink.counter("checksum");
}

TEST(SinkNull, CountsTheBytesOfLiveEventsOnly) {
  Harness sink(TICKWEIR_PLUGIN_FILE);
  sink.push({tick(1), OwnedEvent(300, std::vector<std::uint8_t>(8), {.verdict = 3}), tick(2)});
  EXPECT_EQ(sink.counter("bytes"), 64U);
  EXPECT_EQ(sink.received(), 2U);
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(SinkNull, ChecksumIsTheFoldedSumOfTheWords) {
  const OwnedEvent event(300, std::vector<std::uint8_t>{1, 0, 0, 0, 2, 0, 0, 0},
                         {.time = 5, .origin = 7, .sequence = 9});
  // Words: size 40 and type 300 << 32, sequence, time, origin, payload.
  const std::uint64_t sum = (40U + (std::uint64_t{300} << 32)) + 9 + 5 + 7 + (1 + (std::uint64_t{2} << 32));
  EXPECT_EQ(checksum({event}, 8), (sum ^ (sum >> 32)) & 0xffff'ffffU);
}

TEST(SinkNull, ChecksumDoesNotDependOnBatchSize) {
  const auto events = some_events(100);
  EXPECT_NE(checksum(events, 256), 0U);
  EXPECT_EQ(checksum(events, 256), checksum(events, 1));
  EXPECT_EQ(checksum(events, 256), checksum(events, 7));
}

TEST(SinkNull, ChecksumSeesEveryByte) {
  const auto events = some_events(3);
  const std::uint64_t whole = checksum(events, 8);
  for (std::size_t which = 0; which < events.size(); ++which) {
    for (std::size_t byte = 0; byte < events[which].payload_bytes().size(); ++byte) {
      std::vector<std::uint8_t> payload(events[which].payload_bytes().begin(),
                                        events[which].payload_bytes().end());
      ++payload[byte];
      auto changed = events;
      changed[which] =
          OwnedEvent(300, payload, {.time = events[which].time(), .origin = events[which].origin()});
      EXPECT_NE(checksum(changed, 8), whole) << "event " << which << ", byte " << byte;
    }
  }
}

TEST(SinkNull, LeavesRefusedEventsOutOfTheChecksum) {
  const auto events = some_events(20);
  auto more = events;
  more.insert(more.begin() + 5, OwnedEvent(300, std::vector<std::uint8_t>(16, 0xaa), {.verdict = 1}));
  EXPECT_EQ(checksum(events, 256), checksum(more, 256));
}

TEST(SinkNull, WithoutTouchReadsNothingAndStillCounts) {
  Harness sink(TICKWEIR_PLUGIN_FILE, {{"touch", "false"}});
  sink.push(some_events(10));
  EXPECT_EQ(sink.counter("checksum"), 0U);
  EXPECT_GT(sink.counter("bytes"), 0U);
}

}  // namespace
