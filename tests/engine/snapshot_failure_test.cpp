// Snapshots that cannot be taken: they cost nothing but themselves.
#include <gtest/gtest.h>

#include <filesystem>

#include "snapshot_pipeline.h"

namespace tickweir::test {
namespace {

namespace fs = std::filesystem;

using Shape = SnapshotShape;
using Pipeline = SnapshotPipeline;

TEST_P(Snapshots, ThatCannotBeWrittenAreReportedAndTheRunGoesOn) {
  Shape failing{.threads = GetParam(), .events = 900, .sums = failing_save_plugin()};
  Pipeline pipeline(failing, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  auto taken = pipeline.engine().take_snapshot();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "save failed: it will not be saved");
  EXPECT_EQ(read_cell(pipeline.engine().telemetry().snapshots->failed), 1U);
  pipeline.run_out(900);
  pipeline.end();
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(fs::exists(folder_ + "/new"), false);
}

TEST_P(Snapshots, WhoseProcessIsEndedCostNothingButThemselves) {
  Pipeline pipeline(shape(900), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  const SnapshotCells& cells = *pipeline.engine().telemetry().snapshots;
  std::uint64_t failed = 0;
  for (const SaveEnd end : {SaveEnd::killed, SaveEnd::trapped}) {
    save_end() = end;
    auto taken = pipeline.engine().take_snapshot();
    save_end() = SaveEnd::none;
    ASSERT_FALSE(taken);
    EXPECT_TRUE(taken.error().message.starts_with("the child that saves was ended by signal "))
        << taken.error().message;
    EXPECT_EQ(read_cell(cells.failed), ++failed);
  }
  pipeline.run_out(900);
  EXPECT_TRUE(pipeline.engine().take_snapshot());
  EXPECT_EQ(read_cell(cells.taken), 1U);
  pipeline.end();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_FALSE(fs::exists(folder_ + "/new"));
  expect_as_undisturbed(900);
}

TEST_P(Snapshots, ForWhichThereIsNoProcessCostNothingButThemselves) {
  Pipeline pipeline(shape(900), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  {
    const auto scarcity = Scarcity::of_processes();
    auto taken = pipeline.engine().take_snapshot();
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().message, "fork failed: Resource temporarily unavailable");
  }
  pipeline.run_out(900);
  EXPECT_TRUE(pipeline.engine().take_snapshot());
  pipeline.end();
  EXPECT_EQ(files().size(), 1U);
}

// Wherever memory ends: the threads go on. So many allocations are more than one snapshot takes at first;
// each that fails late leaves a file to the next one.
TEST_P(Snapshots, ForWhichThereIsNoMemoryCostNothingButThemselves) {
  std::uint64_t failures = 0;
  constexpr std::uint64_t allocations = 60;
  {
    Pipeline pipeline(shape(900), folder_);
    ASSERT_TRUE(pipeline.engine().start());
    for (std::uint64_t nth = 1; nth <= allocations; ++nth) {
      const auto scarcity = Scarcity::of_memory(nth);
      static_cast<void>(pipeline.engine().take_snapshot());
      failures += scarcity.has_struck() ? 1 : 0;
    }
    pipeline.run_out(900);
    pipeline.end();
  }
  EXPECT_GT(failures, 10U);
  expect_as_undisturbed(900);
}

}  // namespace
}  // namespace tickweir::test
