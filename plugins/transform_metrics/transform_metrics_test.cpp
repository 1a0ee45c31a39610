// transform_metrics: every event is counted once by kind, and once by instrument if it is about one.
#include <gtest/gtest.h>

#include "event_kinds.h"
#include "tickweir/testing.h"
#include "watch_list.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;

OwnedEvent order(std::uint32_t instrument, const Fields& fields = {}) {
  return event(market::NewOrder{.order_id = 1, .instrument = instrument}, fields);
}
OwnedEvent named(std::uint32_t instrument, std::string_view name) {
  market::Instrument about{.instrument = instrument};
  std::memset(about.name, ' ', sizeof about.name);
  std::memcpy(about.name, name.data(), name.size());
  return event(about);
}
std::uint64_t sum_of_kinds(const Harness& stage) {
  std::uint64_t sum = 0;
  for (const char* name : observe::kind_names) sum += stage.counter("events", name);
  return sum;
}

TEST(Metrics, CountsEveryKindUnderItsName) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  std::vector<OwnedEvent> events;
  std::uint32_t count = 0;
  market::for_each_payload_type(
      [&]<typename T>(const char*) { events.insert(events.end(), ++count, event(T{})); });
  stage.push(events);
  count = 0;
  market::for_each_payload_type(
      [&]<typename T>(const char* name) { EXPECT_EQ(stage.counter("events", name), ++count) << name; });
  EXPECT_EQ(sum_of_kinds(stage), events.size());
}

TEST(Metrics, CountsTicksAndWhatItDoesNotKnow) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({tick(1), tick(2), OwnedEvent(0xffff, {}), OwnedEvent(2, {}), OwnedEvent(319, {}),
              OwnedEvent(320, {}),
              OwnedEvent(market::NewOrder::event_type, std::vector<std::uint8_t>(24))});  // too short
  EXPECT_EQ(stage.counter("events", "Tick"), 2U);
  EXPECT_EQ(stage.counter("events", "other"), 5U);
  EXPECT_EQ(stage.counter("instrument_events", "other"), 0U);
}

TEST(Metrics, EmitsNothingDropsNothingAndSkipsRefusedEvents) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"1"}}});
  stage.push({order(1), order(1, {.verdict = 4}), order(2)});
  stage.drain();
  EXPECT_EQ(stage.plugin().output_count, 0U);
  EXPECT_EQ(stage.counter("events", "NewOrder"), 2U);
  EXPECT_EQ(stage.counter("instrument_events", "1"), 1U);
  EXPECT_EQ(stage.counter("instrument_events", "other"), 1U);
  EXPECT_EQ(stage.recorded("latency"), 2U);
  EXPECT_EQ(stage.dropped(), 0U);
}

TEST(Metrics, CountsListedInstrumentsAtAnyBatchSize) {
  for (const std::uint32_t batch_events : {1U, 3U, 256U}) {
    Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"7", "4294967295"}}},
                  {.batch_events_max = batch_events});
    stage.push(
        {order(7), order(8), event(market::Trade{.instrument = 7}), order(0xffff'ffff), order(9), tick(3)});
    EXPECT_EQ(stage.counter("instrument_events", "7"), 2U);
    EXPECT_EQ(stage.counter("instrument_events", "4294967295"), 1U);
    EXPECT_EQ(stage.counter("instrument_events", "other"), 2U);
  }
}

TEST(Metrics, WithoutAListAllInstrumentsAreOther) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({order(1), order(2), event(market::Bundle{})});
  EXPECT_EQ(stage.counter("instrument_events", "other"), 2U);
}

TEST(Metrics, LearnsTheNumberOfAName) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"AAPL", "MSFT"}}});
  stage.push({order(5), named(5, "AAPL"), order(5), order(6), named(6, "AAPL PR")});
  EXPECT_EQ(stage.counter("instrument_events", "AAPL"), 2U);  // the Instrument event is about it too
  EXPECT_EQ(stage.counter("instrument_events", "MSFT"), 0U);
  EXPECT_EQ(stage.counter("instrument_events", "other"), 3U);
}

TEST(Metrics, TheNewestNumberOfANameCounts) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"AAPL", "MSFT"}}});
  stage.push({named(5, "AAPL"), named(9, "AAPL"), order(5), order(9)});
  EXPECT_EQ(stage.counter("instrument_events", "AAPL"), 3U);
  EXPECT_EQ(stage.counter("instrument_events", "other"), 1U);
  stage.push({named(9, "MSFT"), order(9)});  // the number has gone over to another name
  EXPECT_EQ(stage.counter("instrument_events", "AAPL"), 3U);
  EXPECT_EQ(stage.counter("instrument_events", "MSFT"), 2U);
}

TEST(Metrics, KnowsTheNumbersOfNamesAfterARestart) {
  Harness before(TICKWEIR_PLUGIN_FILE, {{"instruments", {"AAPL", "GOOG", "7", "MSFT"}}});
  before.push({named(5, "AAPL"), named(6, "MSFT")});
  Harness same(TICKWEIR_PLUGIN_FILE, {{"instruments", {"AAPL", "GOOG", "7", "MSFT"}}});
  same.load(before.save());
  EXPECT_EQ(same.save(), before.save());
  EXPECT_EQ(same.shown(), "AAPL: 5\nGOOG: not known\nMSFT: 6\n");
  Harness other(TICKWEIR_PLUGIN_FILE, {{"instruments", {"IBM", "MSFT", "5"}}});  // a list may change
  other.load(before.save());
  for (Harness* stage : {&same, &other}) stage->push({order(5), order(6), order(8)});
  EXPECT_EQ(same.counter("instrument_events", "AAPL"), 1U);
  EXPECT_EQ(same.counter("instrument_events", "MSFT"), 1U);
  EXPECT_EQ(same.counter("instrument_events", "other"), 1U);
  EXPECT_EQ(other.counter("instrument_events", "5"), 1U);
  EXPECT_EQ(other.counter("instrument_events", "MSFT"), 1U);
  EXPECT_EQ(other.counter("instrument_events", "other"), 1U);
}

TEST(Metrics, RefusesAStateThatMakesNoSense) {
  Harness before(TICKWEIR_PLUGIN_FILE, {{"instruments", {"A"}}});
  before.push({named(5, "A")});
  const auto refusal = [saved = before.save()](std::size_t at, char value) {
    std::string damaged = saved;
    damaged[at] = value;
    Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"A"}}});
    try {
      stage.load(damaged);
    } catch (const StageError& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  constexpr std::size_t format = 0, count = 8, number = 16, name = 24;
  EXPECT_EQ(refusal(name, 'B'), "");
  EXPECT_NE(refusal(format, 9).find("saved with format 9"), std::string::npos);
  EXPECT_EQ(refusal(count, 2), "the saved state ends too early");
  EXPECT_EQ(refusal(count, 101), "the saved state holds more than this stage has room for");
  EXPECT_EQ(refusal(number, 0), "instrument 0 named \"A\" in the saved state makes no sense");
  EXPECT_EQ(refusal(number + 4, 1), "instrument 4294967301 named \"A\" in the saved state makes no sense");
  EXPECT_EQ(refusal(name, 0), "instrument 5 named \"\" in the saved state makes no sense");
}

TEST(Metrics, ANumberThatIsListedKeepsItsOwnSeries) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", {"AAPL", "5"}}});
  stage.push({named(5, "AAPL"), order(5)});
  EXPECT_EQ(stage.counter("instrument_events", "5"), 2U);
  EXPECT_EQ(stage.counter("instrument_events", "AAPL"), 0U);
}

TEST(Metrics, AHundredInstrumentsAreAllToldApart) {
  std::vector<std::string> list;
  std::vector<OwnedEvent> events;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::uint32_t number = 1 + i * 0x0100'0000;  // many share a slot
    list.push_back(std::to_string(number));
    events.insert(events.end(), i + 1, order(number));
    events.push_back(order(number + 1));
  }
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"instruments", list}});
  stage.push(events);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(stage.counter("instrument_events", list[i]), i + 1);
  EXPECT_EQ(stage.counter("instrument_events", "other"), 100U);
}

TEST(Metrics, RefusesAListItCannotKeep) {
  const auto refusal = [](std::vector<std::string> list) {
    return Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"instruments", std::move(list)}});
  };
  std::vector<std::string> many;
  for (int i = 1; i <= 101; ++i) many.push_back(std::to_string(i));
  EXPECT_EQ(refusal(many), "found 101 instruments, expected at most 100");
  EXPECT_EQ(refusal({"A", "B", "A"}), "instrument A is there twice");
  EXPECT_EQ(refusal({"0"}), "instrument 0 is out of range; they are numbered 1 to 4294967295");
  EXPECT_EQ(refusal({"-3"}), "instrument -3 is out of range; they are numbered 1 to 4294967295");
  EXPECT_EQ(refusal({"4294967296"}),
            "instrument 4294967296 is out of range; they are numbered 1 to 4294967295");
  EXPECT_EQ(refusal({""}), "instrument \"\" has 0 bytes; a name has 1 to 16");
  EXPECT_EQ(refusal({"ABCDEFGHIJKLMNOPQ"}),
            "instrument \"ABCDEFGHIJKLMNOPQ\" has 17 bytes; a name has 1 to 16");
  EXPECT_EQ(refusal({"other"}), "other stands for all instruments that are not in the list");
  EXPECT_EQ(refusal({"0700", "A.B"}), "");  // names
}

TEST(Metrics, LatencyIsFromTheEventsTimeToNow) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {}, {.time = 1'000});
  stage.push({order(1, {.time = 400}), order(1, {.time = 1'000})});
  EXPECT_EQ(stage.recorded("latency"), 2U);
  EXPECT_EQ(stage.recorded_sum("latency"), 600U);
  stage.push({order(1, {.time = 5'000})});  // from the future
  EXPECT_EQ(stage.recorded("latency"), 3U);
  EXPECT_EQ(stage.recorded_sum("latency"), 600U);
}

TEST(Metrics, LatencyCanBeLeftOut) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"latency", "false"}}, {.time = 1'000});
  stage.push({order(1)});
  EXPECT_EQ(stage.recorded("latency"), 0U);
}

}  // namespace
