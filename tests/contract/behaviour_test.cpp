// What a stage does, for every plugin on the plugin path: lives, batches, unknown events, repeatability.
// The harness checks after each call that the books balance: in = out + dropped + held.
#include "cases.h"
#include "market_stream.h"
#include "outcome.h"

namespace tickweir::contract {
namespace {

using testing::Harness;
using testing::OwnedEvent;
using testing::Settings;

constexpr std::size_t source_events_max = 20'000;

class Stage : public OnePlugin {
 protected:
  // One life of the stage over the whole stream; a source is polled until it ends or has made enough.
  Outcome live(std::uint32_t batch_events_max) {
    // The harness fills each fresh batch with a pattern: small ones keep many of them quick.
    const Settings settings{.batch_events_max = batch_events_max,
                            .batch_bytes_max = batch_events_max < 64 ? 8U << 10 : 1U << 20,
                            .time = wall_time};
    Harness stage(file(), options(), settings);
    if (is_source()) {
      poll(stage);
    } else {
      stage.push(market_stream());
    }
    stage.drain();
    stage.stop();
    return outcome_of(stage, output_file(), source_events_max);
  }

  static void poll(Harness& source) {
    const char* name = source.plugin().outputs[0].name;
    // One that waits for the outside, of which there is none here, would be idle for ever.
    for (int idle = 0; idle < 1000 && source.output(name).size() < source_events_max;) {
      const PollResult result = source.poll_once();
      if (result == PollResult::finished) return;
      const bool is_idle = result == PollResult::idle;
      if (is_idle && source.idle().wake_time != 0) source.set_time(source.idle().wake_time);
      idle = is_idle ? idle + 1 : 0;
    }
  }
};

class Taker : public Stage {};
class Splitter : public Stage {};

TEST_P(Stage, IsCreatedAndDestroyedWithoutAStart) {
  const auto given = options();
  const auto files = std::distance(std::filesystem::directory_iterator(folder()), {});
  { const Harness stage(file(), given, {.start = false}); }
  { const Harness stage(file(), given, {.start = false}); }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), files)
      << "create() touched the disk";
}

TEST_P(Stage, LivesTwiceTheSameLife) {
  expect_same(live(256), live(256));
}

TEST_P(Stage, StartsAndStopsWithoutWork) {
  for (int life = 0; life < 2; ++life) {
    Harness stage(file(), options());
    stage.drain();
    stage.stop();
    for (std::uint32_t i = 0; i < plugin().output_count; ++i) {
      EXPECT_TRUE(stage.output(plugin().outputs[i].name).empty()) << "made something from nothing";
    }
  }
}

TEST_P(Stage, DoesTheSameWithManySmallBatchesAsWithBigOnes) {
  const Outcome big = live(8192);
  expect_same(big, live(1));
  expect_same(big, live(7));
}

TEST_P(Taker, LeavesUnknownEventsAlone) {
  Harness stage(file(), options(), {.time = wall_time});
  const auto events = unknown_events();
  stage.push(events);
  if (plugin().role == TICKWEIR_ROLE_FILTER) {
    EXPECT_EQ(stage.passed(), events);
  }
  stage.drain();
  stage.stop();
  for (std::uint32_t i = 0; i < plugin().output_count; ++i) {
    EXPECT_TRUE(stage.output(plugin().outputs[i].name).empty()) << "events on " << plugin().outputs[i].name;
  }
}

// A client may send them, and a log may hold them: then every start meets them again.
TEST_P(Taker, LivesThroughEventsThatAreTooShortForTheirType) {
  Harness stage(file(), options(), {.time = wall_time});
  stage.push(short_events());
  stage.push(market_stream());
  stage.drain();
  stage.stop();
}

TEST_P(Taker, DoesNotLookAtEventsThatWereRefusedBefore) {
  Events refused;
  for (const OwnedEvent& event : market_stream()) {
    Event& header = const_cast<Event&>(refused.emplace_back(event).header());
    header.verdict = 200;
  }
  Harness stage(file(), options(), {.time = wall_time});
  stage.push(refused);
  stage.drain();
  stage.stop();
  EXPECT_EQ(stage.received(), 0U);
  EXPECT_EQ(stage.dropped(), 0U);
  for (std::uint32_t i = 0; i < plugin().output_count; ++i) {
    EXPECT_TRUE(stage.output(plugin().outputs[i].name).empty()) << "events on " << plugin().outputs[i].name;
  }
}

TEST_P(Splitter, DoesTheSameWhetherOrNotSomebodyListensElsewhere) {
  const Outcome whole = live(256);
  for (std::uint32_t kept = 0; kept < plugin().output_count; ++kept) {
    Settings settings{.batch_bytes_max = 1U << 20, .time = wall_time};
    for (std::uint32_t i = 0; i < plugin().output_count; ++i) {
      if (i != kept) settings.unconnected.emplace_back(plugin().outputs[i].name);
    }
    Harness stage(file(), options(), settings);
    stage.push(market_stream());
    stage.drain();
    const std::string name = plugin().outputs[kept].name;
    EXPECT_TRUE(stage.output(name) == whole.outputs.at(name))
        << "output " << name << " differs when it is alone";
  }
}

TEST_P(Stage, WorksWhenNobodyListensAtAll) {
  Settings settings{.time = wall_time};
  for (std::uint32_t i = 0; i < plugin().output_count; ++i)
    settings.unconnected.emplace_back(plugin().outputs[i].name);
  Harness stage(file(), options(), settings);
  if (is_source()) {
    for (int call = 0; call < 100 && stage.poll_once() == PollResult::more; ++call) {
    }
  } else {
    stage.push(market_stream());
  }
  stage.drain();
  stage.stop();
}

INSTANTIATE_TEST_SUITE_P(Plugins, Stage, ::testing::ValuesIn(all_ways()), test_name);
INSTANTIATE_TEST_SUITE_P(Plugins, Taker, ::testing::ValuesIn(takers()), test_name);
INSTANTIATE_TEST_SUITE_P(Plugins, Splitter, ::testing::ValuesIn(splitters()), test_name);

TEST(Cases, CoverThePluginsOfThisRepository) {
  EXPECT_GE(all_plugins().size(), plugins_min);
}

}  // namespace
}  // namespace tickweir::contract
