// The plugin as a stage: verdicts, options, ticks; the algorithm has tests of its own.
#include <gtest/gtest.h>

#include <random>

#include "tickweir/testing.h"
#include "tickweir/testing_random.h"

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

TEST(DedupStage, CountsAnAgeFromTheLatestTimeInHashMode) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", "hash"}, {"max_age", "100ns"}});
  stage.push({tick(1100), from(1, 1, 1050), from(1, 1, 1199), from(1, 1, 1200)});
  EXPECT_EQ(stage.verdicts(), (Verdicts{"", "", "duplicate", ""}));
}

TEST(DedupStage, JudgesTheSameHoweverTheInputIsCutIntoBatches) {
  std::mt19937_64 random(testing::seed());
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

TEST(DedupStage, TellsSendersOfDuplicatesAloneThatTheirEventIsSafe) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  for (std::uint32_t i = 0; i < stage.plugin().reason_count; ++i) {
    const tickweir_reason& reason = stage.plugin().reasons[i];
    EXPECT_EQ(reason.flags, std::string_view(reason.name) == "duplicate" ? TICKWEIR_REASON_REPEAT : 0);
  }
}

TEST(DedupStage, TakesWhatIsInTheLogForSeenAndNothingElse) {
  for (const char* mode : {"window", "hash"}) {
    Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", mode}});
    stage.recover({from(1, 1), from(1, 3), tick(4), from(2, 1)});
    stage.push({from(1, 1), from(1, 2), from(1, 3), from(2, 1), from(3, 1)});
    EXPECT_EQ(stage.verdicts(), (Verdicts{"duplicate", "", "duplicate", "duplicate", ""})) << mode;
    EXPECT_EQ(stage.dropped(), 3U) << mode;
  }
}

TEST(DedupStage, GoesOnFromItsSavedStateAndTheLogBehindIt) {
  for (const OptionTexts& options :
       {OptionTexts{{"window", "8"}, {"sources", "3"}},
        OptionTexts{{"mode", "hash"}, {"capacity", "4"}, {"max_age", "100ns"}}}) {
    Harness before(TICKWEIR_PLUGIN_FILE, options);
    before.push({from(1, 1, 10), from(1, 5, 20), from(2, 3, 30)});
    const std::string saved = before.save();
    const std::vector<OwnedEvent> logged{from(1, 5, 20), from(2, 3, 30),
                                         from(2, 4, 40)};  // overlaps, as it may
    before.push({from(2, 4, 40)});
    Harness after(TICKWEIR_PLUGIN_FILE, options);
    after.load(saved);
    after.recover(logged);
    EXPECT_EQ(after.save(), before.save());
    after.push({from(1, 1, 50), from(2, 4, 50), from(2, 5, 50)});
    EXPECT_EQ(after.verdicts(), (Verdicts{"duplicate", "duplicate", ""}));
  }
}

TEST(DedupStage, RefusesAStateSavedWithOtherOptionsOrThatMakesNoSense) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"mode", "hash"}, {"capacity", "4"}});
  stage.push({from(1, 1), from(1, 2)});
  const std::string saved = stage.save();
  const auto refusal = [](const OptionTexts& options, const std::string& bytes) -> std::string {
    Harness fresh(TICKWEIR_PLUGIN_FILE, options);
    try {
      fresh.load(bytes);
    } catch (const testing::StageError& refused) {
      return refused.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({{"mode", "hash"}, {"capacity", "4"}}, saved), "");
  EXPECT_NE(refusal({{"mode", "hash"}, {"capacity", "5"}}, saved).find("capacity 4, here it is 5"),
            std::string::npos);
  EXPECT_NE(refusal({}, saved).find("mode (0: window, 1: hash) 1, here it is 0"), std::string::npos);
  std::string twice = saved;
  twice.replace(twice.size() - 16, 16, saved, saved.size() - 32, 16);
  EXPECT_EQ(refusal({{"mode", "hash"}, {"capacity", "4"}}, twice),
            "identity 1 of the saved state makes no sense");
}

TEST(DedupStage, RefusesOptionsThatNoMachineCanHold) {
  EXPECT_EQ(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"window", "1073741824"}, {"sources", "1048576"}}),
            "1073741824 bits for each of 1048576 sources are more than 1 TiB; lower `window` or `sources`");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"window", "0"}}), "");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"max_age", "10"}}), "");
}

}  // namespace
}  // namespace tickweir
