// The plugin as a stage: verdicts, options, ticks; the algorithm has tests of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tickweir/testing.h"

namespace tickweir {
namespace {

using testing::Harness;
using testing::OptionTexts;
using testing::OwnedEvent;
using testing::tick;
using Verdicts = std::vector<std::string>;

OwnedEvent from(std::uint32_t source, std::uint64_t number, std::uint64_t time = 1) {
  return {300, {}, {.time = time, .origin = make_origin(source, number)}};
}

TEST(DedupStage, DropsADuplicateOfEachSource) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({from(1, 1), from(2, 1), from(1, 1), from(1, 2), from(2, 1)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "duplicate", "", "duplicate"}));
  EXPECT_EQ(stage.dropped("duplicate"), 2U);
  EXPECT_EQ(stage.counter("sources"), 2U);
}

TEST(DedupStage, LetsEventsWithoutAnIdentityPass) {
  for (const char* mode : {"window", "hash"}) {
    Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", mode}});
    stage.push({from(0, 0), from(0, 0), tick(5), tick(5), OwnedEvent(1, {}, {.origin = 7}),
                OwnedEvent(1, {}, {.origin = 7})});
    EXPECT_EQ(stage.dropped(), 0U) << mode;
  }
}

TEST(DedupStage, DoesNotRememberWhatWasRefusedUpstream) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {}, {.verdict_base = 5});
  stage.push({OwnedEvent(300, {}, {.origin = make_origin(1, 1), .verdict = 2}), from(1, 1), from(1, 1)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"refused upstream", "", "duplicate"}));
}

TEST(DedupStage, RefusesANumberBelowTheWindowUnlessToldToPassIt) {
  Harness strict(TICKWEIR_PLUGIN_FILE, {{"window", "4"}});
  strict.push({from(1, 10), from(1, 6), from(1, 7)});
  EXPECT_EQ(strict.verdicts(), (Verdicts{"", "too_old", ""}));
  Harness lenient(TICKWEIR_PLUGIN_FILE, {{"window", "4"}, {"late", "pass"}});
  lenient.push({from(1, 10), from(1, 6), from(1, 6), from(1, 10)});
  EXPECT_EQ(lenient.verdicts(), (Verdicts{"", "", "", "duplicate"}));
  EXPECT_EQ(lenient.counter("late_passed"), 2U);
}

TEST(DedupStage, RefusesSourcesBeyondTheLimit) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"sources", "1"}});
  stage.push({from(1, 1), from(2, 1), from(1, 2)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "source_limit", ""}));
}

TEST(DedupStage, ForgetsByCapacityAndByAgeInHashMode) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", "hash"}, {"capacity", "2"}, {"max_age", "100ns"}});
  stage.push({from(1, 1, 1000), from(1, 2, 1000), from(1, 3, 1000), from(1, 1, 1000), from(1, 3, 1099),
              tick(1100), from(1, 3, 1000)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "", "", "duplicate", "", ""}));
  EXPECT_EQ(stage.counter("evicted"), 2U);
  EXPECT_EQ(stage.counter("remembered"), 1U);
}

TEST(DedupStage, JudgesTheSameHoweverTheInputIsCutIntoBatches) {
  const char* given = std::getenv("TICKWEIR_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<OwnedEvent> events;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    events.push_back(from(static_cast<std::uint32_t>(1 + random() % 3), i / 2 + random() % 40, i));
  }
  for (const OptionTexts& options :
       {OptionTexts{{"window", "32"}}, OptionTexts{{"mode", "hash"}, {"capacity", "50"}}}) {
    Harness whole(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = 4096, .batch_bytes_max = 1 << 20});
    Harness single(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = 1});
    whole.push(events);
    single.push(events);
    EXPECT_EQ(whole.verdicts(), single.verdicts());
    EXPECT_GT(whole.dropped("duplicate"), 0U);
  }
}

TEST(DedupStage, RefusesOptionsThatNoMachineCanHold) {
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"window", "1073741824"}, {"sources", "1048576"}}),
            "1073741824 bits for each of 1048576 sources are more than 1 TiB; lower `window` or `sources`");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"window", "0"}}), "");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"max_age", "10"}}), "");
}

}  // namespace
}  // namespace tickweir
