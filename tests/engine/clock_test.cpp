// The engine's time of day when somebody sets the system's clock.
#include "runtime/engine/clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "graph_maker.h"
#include "runtime/engine/engine.h"
#include "system_calls.h"
#include "test_stages.h"

namespace tickweir::test {
namespace {

constexpr std::int64_t hour = 3600;

TEST(Clock, CountsFromTheTimeOfDayAtWhichItBegan) {
  constexpr TimeBase base{.wall = 1'767'623'400'000'000'000, .monotonic = 500};
  EXPECT_EQ(time_since(base, 500), base.wall);
  EXPECT_EQ(time_since(base, 2'500), base.wall + 2'000);
}

TEST(Clock, GoesOnWhenTheSystemsClockIsSet) {
  const std::uint64_t first = steady_wall_ns();
  const std::uint64_t wall = wall_ns();
  for (const std::int64_t seconds : {-hour, hour}) {
    const ClockStep step(seconds);
    EXPECT_EQ(wall_ns() > wall, seconds > 0) << "the step is not seen";
    const std::uint64_t now = steady_wall_ns();
    EXPECT_GE(now, first);
    EXPECT_LT(now - first, 1'000'000'000ULL * hour / 2);
  }
}

TEST(Clock, SendsTicksThoughTheSystemsClockIsSetBack) {
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, -1);
  maker.add("sink", sink_plugin(), 0, {{.stage = source}});
  maker.graph().config.tick_every_ns = 1'000'000;
  auto engine = std::move(Engine::create(maker.finish(), {}).value());
  ASSERT_TRUE(engine->start());
  const auto wait_for = [&](std::uint64_t ticks) {
    while (engine->report().stages[1].received < ticks) std::this_thread::yield();
  };
  wait_for(2);
  const ClockStep back(-hour);
  wait_for(2 + engine->report().stages[1].received);
  engine->stop();
  ASSERT_TRUE(engine->wait());
}

}  // namespace
}  // namespace tickweir::test
