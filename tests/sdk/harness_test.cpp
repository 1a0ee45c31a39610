// The test harness: shows what a stage did, and fails a stage that breaks the contract.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugins/number.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir::testing;
using tickweir::PollResult;

const char* const filter_even = TICKWEIR_PLUGIN_DIR "/filter_even.so";
const char* const source_count = TICKWEIR_PLUGIN_DIR "/source_count.so";
const char* const transform_pair = TICKWEIR_PLUGIN_DIR "/transform_pair.so";
const char* const sink_total = TICKWEIR_PLUGIN_DIR "/sink_total.so";

OwnedEvent number(std::uint64_t value, const Fields& fields = {}) {
  return event(Number{value}, fields);
}
std::vector<OwnedEvent> numbers(std::uint64_t last) {
  std::vector<OwnedEvent> all;
  for (std::uint64_t value = 1; value <= last; ++value) all.push_back(number(value, {.time = value}));
  return all;
}

template <typename Call>
std::string contract_error(Call&& call) {
  try {
    call();
  } catch (const ContractError& broken) {
    return broken.what();
  }
  return "no contract error";
}

TEST(Harness, ShowsWhichEventsAFilterRefusedAndWhy) {
  Harness stage(filter_even, {{"least", "4"}});
  stage.push({number(1), number(2), number(4, {.time = 9}), tick(10)});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"odd", "too_small", "", ""}));
  EXPECT_EQ(stage.passed(), (std::vector<OwnedEvent>{number(4, {.time = 9}), tick(10)}));
  EXPECT_EQ(stage.dropped("odd"), 1U);
  EXPECT_EQ(stage.dropped(), 2U);
  EXPECT_EQ(stage.received(), 4U);
}

TEST(Harness, DoesNotShowAFilterWhatWasRefusedUpstream) {
  Harness stage(filter_even, {}, {.verdict_base = 7});
  stage.push({number(3, {.verdict = 2}), number(3)});
  EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"refused upstream", "odd"}));
  EXPECT_EQ(stage.received(), 1U);
}

TEST(Harness, GivesTheSameResultForAnyBatchSize) {
  Harness large(transform_pair);
  Harness small(transform_pair, {}, {.batch_events_max = 1, .batch_bytes_max = 64});
  for (Harness* stage : {&large, &small}) {
    stage->push(numbers(601));
    stage->drain();
  }
  EXPECT_EQ(payloads<Number>(large.output("sums")).size(), 301U);
  EXPECT_EQ(large.output("sums"), small.output("sums"));
  EXPECT_EQ(large.output("copies"), small.output("copies"));
  EXPECT_EQ(large.batch_sizes("copies"), (std::vector<std::uint32_t>{256, 256, 89}));
  EXPECT_EQ(small.batch_sizes("copies").size(), 601U);
}

TEST(Harness, CountsWhatATransformHoldsAndDiscards) {
  Harness stage(transform_pair);
  stage.push({number(0), number(5)});
  EXPECT_EQ(stage.dropped("zero"), 1U);
  EXPECT_EQ(stage.held(), 1U);
  EXPECT_TRUE(stage.output().empty());
  stage.drain();
  EXPECT_EQ(stage.held(), 0U);
  EXPECT_EQ(payloads<Number>(stage.take("sums")), (std::vector<Number>{{5}}));
  EXPECT_TRUE(stage.output("sums").empty());
}

TEST(Harness, LeavesOutputsUnconnected) {
  Harness stage(transform_pair, {}, {.unconnected = {"copies"}});
  stage.push(numbers(4));
  EXPECT_TRUE(stage.output("copies").empty());
  EXPECT_EQ(stage.output("sums").size(), 2U);
  EXPECT_EQ(contract_error([] { Harness(transform_pair, {}, {.unconnected = {"nowhere"}}); }),
            "the plugin has no output nowhere");
}

TEST(Harness, PollsASourceUntilItHasFinished) {
  Harness stage(source_count, {{"until", "10"}}, {.batch_events_max = 4, .source_number = 3});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  ASSERT_EQ(stage.output().size(), 10U);
  EXPECT_EQ(stage.batch_sizes("numbers"), (std::vector<std::uint32_t>{4, 4, 2}));
  EXPECT_EQ(stage.output().back().origin(), tickweir::make_origin(3, 10));
}

TEST(Harness, MovesTheClockOnlyWhenTold) {
  Harness stage(source_count, {{"until", "10"}, {"gap", "1us"}}, {.time = 2'500});
  EXPECT_EQ(stage.poll(), PollResult::idle);
  EXPECT_EQ(stage.output().size(), 2U);
  EXPECT_EQ(stage.idle().wake_time, 3'000U);
  EXPECT_EQ(stage.poll_until(5'999), PollResult::idle);
  EXPECT_EQ(stage.output().size(), 5U);
  stage.set_time(10'000);
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.output().size(), 10U);
}

TEST(Harness, FailsASourceThatNeverRests) {
  Harness stage(source_count, {{"until", "1"}, {"endless", "true"}});
  EXPECT_EQ(contract_error([&] { static_cast<void>(stage.poll(50)); }), "poll() said `more` 50 times");
}

TEST(Harness, ReadsCountersGaugesAndHistograms) {
  Harness sink(sink_total);
  sink.push(numbers(4));
  EXPECT_EQ(sink.counter("total"), 10U);
  EXPECT_EQ(sink.counter("flushed"), 0U);
  sink.drain();
  EXPECT_EQ(sink.counter("flushed"), 1U);

  Harness filter(filter_even, {{"labels", "[a, b]"}});
  filter.push(numbers(4));
  EXPECT_EQ(filter.counter("seen", "b"), 4U);
  EXPECT_EQ(filter.counter("seen", "c"), 0U);
  EXPECT_EQ(filter.recorded("age"), 4U);
  EXPECT_EQ(filter.recorded_sum("age"), 10U);
  EXPECT_EQ(filter.logs(), (std::vector<std::string>{"made for stage"}));
  EXPECT_THROW(static_cast<void>(filter.counter("nothing")), ContractError);
}

TEST(Harness, PassesOnTheErrorsOfAStage) {
  Harness sink(sink_total);
  try {
    sink.push({number(13)});
    FAIL() << "the sink took 13";
  } catch (const StageError& error) {
    EXPECT_STREQ(error.what(), "the disk does not like 13");
  }
  EXPECT_EQ(Harness::refusal(transform_pair, {{"fault", "start"}}), "cannot open the sums");
}

TEST(Harness, RefusesWrongOptionsWithTheirText) {
  EXPECT_EQ(Harness::refusal(filter_even, {}), "");
  EXPECT_EQ(Harness::refusal(filter_even, {{"least", "1001"}}),
            "option least: found \"1001\", expected an integer from 0 to 1000 (numbers)");
  EXPECT_EQ(Harness::refusal(filter_even, {{"lest", "1"}}), "there is no option lest");
  EXPECT_EQ(Harness::refusal(source_count, {}), "option until is missing: expected an integer of at least 0");
  try {
    Harness stage(filter_even, {{"least", "13"}});
    FAIL() << "13 was taken";
  } catch (const StageError& error) {
    EXPECT_STREQ(error.what(), "13 brings bad luck");
    EXPECT_EQ(error.option(), "least");
  }
}

TEST(Harness, TakesListsInAnyForm) {
  for (const OptionValue& labels :
       {OptionValue("[a,  b ]"), OptionValue(std::vector<std::string>{"a", "b"}), OptionValue({"a", "b"})}) {
    EXPECT_EQ(labels.items(), (std::vector<std::string>{"a", "b"}));
  }
  EXPECT_TRUE(OptionValue("[]").items().empty());
  EXPECT_TRUE(OptionValue("").items().empty());
}

TEST(Harness, FailsAStageThatBreaksTheContract) {
  const auto with = [](const char* file, const char* fault) {
    return contract_error([&] {
      Harness stage(file, {{"fault", fault}});
      stage.push({number(1), number(3), number(5)});
      stage.drain();
    });
  };
  EXPECT_EQ(with(filter_even, "verdict"), "a filter gave verdict 200, which is none of its own");
  EXPECT_EQ(with(filter_even, "resize"), "an event has the nonsense size 1");
  EXPECT_EQ(with(filter_even, "uncounted"), "a batch's count of refused events is wrong");
  EXPECT_EQ(with(filter_even, "late_counter"), "asked for a counter after start()");
  EXPECT_EQ(with(transform_pair, "keep"), "held() is not 0 after drain()");
  EXPECT_EQ(with(transform_pair, "write"), "a read-only batch was changed");
}

TEST(Harness, SaysWhichFileItCouldNotLoad) {
  EXPECT_EQ(contract_error([] { Harness("/nowhere/x.so"); }),
            "/nowhere/x.so: cannot open shared object file: No such file or directory");
}

TEST(OwnedEvent, HoldsHeaderAndPayloadAndPrintsThem) {
  const OwnedEvent one = number(255, {.time = 3, .origin = tickweir::make_origin(2, 9), .sequence = 4});
  EXPECT_EQ(one.size(), 40U);
  EXPECT_EQ(one.as<Number>().value, 255U);
  EXPECT_EQ(one.text(), "event{type 700, 40 bytes, verdict 0, sequence 4, time 3, origin 2/9, payload ff}");
  EXPECT_EQ(one, OwnedEvent(one.header()));
  EXPECT_NE(one, number(255));
  EXPECT_THROW(static_cast<void>(tick(1).as<Number>()), std::logic_error);
}

TEST(OwnedEvent, PadsOddPayloadsWithZeros) {
  const std::vector<std::uint8_t> bytes{1, 2, 3};
  const OwnedEvent one(900, bytes);
  EXPECT_EQ(one.size(), 40U);
  EXPECT_EQ(std::vector<std::uint8_t>(one.payload_bytes().begin(), one.payload_bytes().end()),
            (std::vector<std::uint8_t>{1, 2, 3, 0, 0, 0, 0, 0}));
}

}  // namespace
