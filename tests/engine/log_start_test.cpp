// The start of a run whose logs hold something: how far it is can be seen, and it can be ended.
#include <gtest/gtest.h>

#include <thread>

#include "log_pipeline.h"

namespace tickweir::test {
namespace {

TEST_P(Logs, SayHowFarTheirReadingHasComeAtTheStart) {
  ASSERT_TRUE(Pipeline(shape())());
  Shape again = shape();
  again.mode.progress_every_ns = 0;
  Pipeline run(again);
  ASSERT_TRUE(run());
  const std::string logged = run.logged();
  EXPECT_NE(logged.find("recovery: read 1000 of 1000 events (100 %), "), std::string::npos) << logged;
  EXPECT_NE(logged.find("replayed 1000 of 1000 events (100 %), "), std::string::npos) << logged;
  EXPECT_NE(logged.find(" events/s, about 1 s left"), std::string::npos) << logged;
}

TEST_P(Logs, AreReadNoFurtherWhenTheStartIsStopped) {
  ASSERT_TRUE(Pipeline(shape())());
  const auto stored = disk("log").events;
  const auto trades = disk("trades").events;
  Shape more = shape();
  more.events = 2000;
  Pipeline run(more);
  run.engine().stop();
  ASSERT_TRUE(run());
  EXPECT_EQ(run.engine().state(), EngineState::stopped);
  EXPECT_EQ(recovered_events(), 0U);
  EXPECT_TRUE(Witness::get().of("sink").empty());
  EXPECT_EQ(disk("log").events, stored);
  EXPECT_EQ(disk("trades").events, trades);
}

TEST_P(Logs, AreReplayingUntilAllThatTheyHoldHasPassed) {
  Shape gated = shape();
  gated.is_gated = true;
  ASSERT_TRUE(Pipeline(gated)());
  Gate::get().close();
  gated.events = 1001;
  Pipeline run(gated);
  EXPECT_EQ(run.engine().state(), EngineState::created);
  ASSERT_TRUE(run.start());
  // The sink holds back more than fits between the logs and it.
  Gate::get().wait_for_arrivals(1);
  EXPECT_EQ(run.engine().state(), EngineState::replaying);
  EXPECT_EQ(run.engine().report().stages[0].sent, 0U) << "the source waits";
  Gate::get().open();
  ASSERT_TRUE(run.wait());
  EXPECT_EQ(disk("log").events.size(), 1001U);
}

}  // namespace
}  // namespace tickweir::test
