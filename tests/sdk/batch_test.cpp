// Batches and emitters: reading, judging, filling.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tickweir/batch.h"
#include "tickweir/testing_batches.h"

namespace {

using namespace tickweir;
using tickweir::testing::OwnedEvent;

struct Eight {
  static constexpr std::uint16_t event_type = 701;
  std::uint64_t value = 0;
};
struct Sixteen {
  static constexpr std::uint16_t event_type = 702;
  std::uint64_t value = 0;
  std::uint64_t more = 0;
};

OwnedEvent eight(std::uint64_t value, std::uint8_t verdict = 0) {
  return tickweir::testing::event(Eight{value}, {.time = value, .verdict = verdict});
}
tickweir::testing::detail::InputBatch batch_of(const std::vector<OwnedEvent>& events) {
  return {events, 0, 256, 64 * 1024};
}
std::vector<std::uint64_t> times(const tickweir_batch& raw) {
  std::vector<std::uint64_t> found;
  BatchView(raw).for_each([&](const Event& event) { found.push_back(event.time); });
  return found;
}

TEST(Batch, VisitsAllEventsInOrder) {
  EXPECT_EQ(times(*batch_of({eight(1), eight(2), eight(3)}).raw()), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Batch, SkipsRefusedEventsWhenSizesAreEqual) {
  auto batch = batch_of({eight(1, 9), eight(2), eight(3, 9)});
  EXPECT_EQ(times(*batch.raw()), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(BatchView(*batch.raw()).live_count(), 1U);
  EXPECT_EQ(BatchView(*batch.raw()).event_count(), 3U);
}

TEST(Batch, SkipsRefusedEventsWhenSizesDiffer) {
  auto batch = batch_of({eight(1), tickweir::testing::event(Sixteen{}, {.time = 2, .verdict = 1}),
                         tickweir::testing::event(Sixteen{}, {.time = 3}), tickweir::testing::tick(4)});
  EXPECT_EQ(batch.raw()->stride, 0U);
  EXPECT_EQ(times(*batch.raw()), (std::vector<std::uint64_t>{1, 3, 4}));
}

TEST(Batch, CountsDropsByReason) {
  auto owned = batch_of({eight(1), eight(2), eight(3)});
  std::array<std::uint64_t, 2> cells{};
  Batch batch(*owned.raw(), 5, cells.data());
  batch.for_each([&](Event& event) {
    if (event.time != 2) batch.drop(event, event.time == 1 ? 0 : 1);
  });
  EXPECT_EQ(cells, (std::array<std::uint64_t, 2>{1, 1}));
  EXPECT_EQ(batch.live_count(), 1U);
  EXPECT_EQ(owned.events()[0].header().verdict, 5);
  EXPECT_EQ(owned.events()[2].header().verdict, 6);
}

TEST(BatchDeathTest, StopsAFilterThatDropsAnEventTwice) {
  auto owned = batch_of({eight(1)});
  std::array<std::uint64_t, 1> cells{};
  Batch batch(*owned.raw(), 1, cells.data());
  EXPECT_DEATH(batch.for_each([&](Event& event) { batch.drop(event, 0), batch.drop(event, 0); }),
               "verdict == 0");
}

// Outputs as the runtime makes them: two, the second unconnected.
class EmitterTest : public ::testing::Test {
 protected:
  std::array<tickweir_output, 2> outputs_{{{.name = "first"}, {.name = "second"}}};
  tickweir_plugin plugin_{.outputs = outputs_.data(), .output_count = 2};
  tickweir::testing::detail::TestEmitter host_{plugin_, {"second"}, 4, 256};
  Emitter out_{*host_.raw()};

  const tickweir::testing::detail::CollectedOutput& first() {
    host_.hand_over_all();
    return host_.output("first");
  }
};

TEST_F(EmitterTest, KnowsWhoListens) {
  EXPECT_TRUE(out_.connected(0));
  EXPECT_FALSE(out_.connected(1));
  EXPECT_EQ(out_.room(0), 4U);
  EXPECT_EQ(out_.room(1), 0U);
  EXPECT_EQ(out_.append(1, 701, 8, 0, 0), nullptr);
}

TEST_F(EmitterTest, HandsABatchOverWhenItHasAllItsEvents) {
  for (std::uint64_t i = 1; i <= 5; ++i) out_.emit(0, i, i, Eight{i});
  EXPECT_EQ(out_.room(), 3U);
  EXPECT_EQ(first().batch_sizes, (std::vector<std::uint32_t>{4, 1}));
}

TEST_F(EmitterTest, HandsABatchOverWhenTheNextEventDoesNotFit) {
  out_.emit(0, 1, 1, Eight{1});
  ASSERT_NE(out_.append(0, 703, 256 - 32 - 40, 2, 2), nullptr);  // fills it to the byte
  out_.emit(0, 3, 3, Eight{3});
  EXPECT_EQ(first().batch_sizes, (std::vector<std::uint32_t>{2, 1}));
}

TEST_F(EmitterTest, PadsPayloadsWithZeros) {
  Event* event = out_.append(0, 703, 3, 1, 1);
  ASSERT_EQ(event->size, 40U);
  std::memset(event + 1, 0x11, 3);
  EXPECT_EQ(first().events.at(0).text(),
            "event{type 703, 40 bytes, verdict 0, sequence 0, time 1, origin 0/1, payload 111111}");
}

TEST_F(EmitterTest, ForwardsAnEventWithoutItsVerdict) {
  const auto refused =
      tickweir::testing::event(Eight{4}, {.time = 1, .origin = 2, .sequence = 3, .verdict = 4});
  out_.forward(0, refused);
  const auto expected = tickweir::testing::event(Eight{4}, {.time = 1, .origin = 2, .sequence = 3});
  EXPECT_EQ(first().events, (std::vector<OwnedEvent>{expected}));
}

TEST_F(EmitterTest, KeepsTheStrideOfEqualSizesOnly) {
  out_.emit(0, 1, 1, Eight{});
  out_.emit(0, 1, 1, Eight{});
  EXPECT_EQ(host_.raw()->outputs[0]->stride, 40U);
  out_.emit(0, 1, 1, Sixteen{});
  EXPECT_EQ(host_.raw()->outputs[0]->stride, 0U);
  out_.emit(0, 1, 1, Eight{});
  EXPECT_EQ(host_.raw()->outputs[0]->stride, 0U);
}

TEST_F(EmitterTest, SeesAPluginThatAdvancesAnOutputNobodyListensTo) {
  host_.raw()->advance(host_.raw()->host, 1);
  EXPECT_THROW(host_.check(), tickweir::testing::ContractError);
}

}  // namespace
