// The work function does not allocate, and an empty batch changes nothing; for every plugin.
#include "bare_stage.h"
#include "cases.h"
#include "market_stream.h"
#include "outcome.h"

namespace tickweir::contract {
namespace {


class BareCalls : public OnePlugin {};
class BareTakers : public OnePlugin {};

TEST_P(BareCalls, AllocateNothingAfterTheStart) {
  if (!allocations_are_counted) GTEST_SKIP() << "a sanitizer has its own malloc";
  static_cast<void>(market_stream());
  BareStage stage(file(), options(), wall_time, 256);
  ASSERT_GT(stage.allocations_in_create(), 0U) << "the stage itself was not counted";
  stage.start();
  if (is_source()) {
    for (int call = 0; call < 200 && stage.poll() == PollResult::more; ++call) {
    }
  } else {
    for (std::size_t at = 0; at < market_stream().size(); stage.emitter_hand_over())
      at += stage.work(market_stream(), at);
  }
  EXPECT_EQ(stage.allocations_in_work(), 0U);
  stage.stop();
}

TEST_P(BareTakers, AnEmptyBatchChangesNothing) {
  BareStage stage(file(), options(), wall_time, 256);
  stage.start();
  const std::string file_before = read_file(output_file());
  testing::detail::OwnedBatch empty(256, 4096);
  const tickweir_batch before = empty.raw();
  stage.work(empty.raw());
  EXPECT_EQ(std::memcmp(&empty.raw(), &before, sizeof before), 0);
  EXPECT_FALSE(stage.has_open_events());
  for (const std::uint64_t dropped : stage.drops()) EXPECT_EQ(dropped, 0U);
  EXPECT_EQ(read_file(output_file()), file_before);
  stage.stop();
}

INSTANTIATE_TEST_SUITE_P(Plugins, BareCalls, ::testing::ValuesIn(all_ways()), test_name);
INSTANTIATE_TEST_SUITE_P(Plugins, BareTakers, ::testing::ValuesIn(takers()), test_name);

}  // namespace
}  // namespace tickweir::contract
