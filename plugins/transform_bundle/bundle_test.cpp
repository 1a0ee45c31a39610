// Where bundles begin and end, what is in them, and that nothing is lost.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "bundler.h"
#include "tickweir/testing.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

using testing::event;
using testing::Harness;
using testing::OptionTexts;
using testing::OwnedEvent;
using testing::tick;

struct Unpacked {
  market::Bundle head;
  std::vector<market::BundleItem> items;
};

Unpacked unpack(const OwnedEvent& bundle) {
  Unpacked found{.head = bundle.as<market::Bundle>(), .items = {}};
  found.items.resize(found.head.count);
  const auto bytes = bundle.payload_bytes().subspan(sizeof found.head);
  EXPECT_EQ(bytes.size(), found.items.size() * sizeof(market::BundleItem));
  std::memcpy(found.items.data(), bytes.data(), bytes.size());
  return found;
}

OwnedEvent executed(std::uint64_t match_id, std::uint64_t time) {
  return event(market::Executed{.match_id = match_id,
                                .maker_order_id = 10,
                                .taker_order_id = 20,
                                .price = 100,
                                .quantity = 3,
                                .instrument = 7},
               {.time = time, .origin = make_origin(1, match_id), .sequence = 1000 + match_id});
}

// The match ids of each bundle: "1 2 | 3".
std::string grouping(const Harness& stage) {
  std::string text;
  for (const OwnedEvent& one : stage.output("bundles")) {
    if (!one.is<market::Bundle>()) continue;
    if (!text.empty()) text += " |";
    for (const market::BundleItem& item : unpack(one).items) text += " " + std::to_string(item.match_id);
  }
  return text;
}

TEST(Bundle, ClosesWhenItHoldsAsManyAsItMay) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_events", "2"}});
  stage.push({executed(1, 5), executed(2, 5), executed(3, 5)});
  EXPECT_EQ(grouping(stage), " 1 2");
  EXPECT_EQ(stage.held(), 1U);
  EXPECT_EQ(stage.counter("bundles", "count"), 1U);
}

TEST(Bundle, ClosesBeforeAnEventThatComesTooLateForIt) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "100ns"}});
  stage.push({executed(1, 1000), executed(2, 1099), executed(3, 1100), executed(4, 1101), executed(5, 1200)});
  EXPECT_EQ(grouping(stage), " 1 2 | 3 4");
  EXPECT_EQ(stage.counter("bundles", "delay"), 2U);
}

TEST(Bundle, ClosesOnTheTimeOfATickOrOfAnyOtherEvent) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "100ns"}});
  stage.push({executed(1, 1000), tick(1099)});
  EXPECT_EQ(grouping(stage), "");
  stage.push({tick(1100)});
  EXPECT_EQ(grouping(stage), " 1");
  stage.push({executed(2, 1100), event(market::Cancel{.order_id = 1}, {.time = 1300})});
  EXPECT_EQ(grouping(stage), " 1 | 2");
}

TEST(Bundle, PassesTicksOnBehindWhatTheyClosed) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "100ns"}});
  stage.push({executed(1, 1000), tick(1100)});
  ASSERT_EQ(stage.output("bundles").size(), 2U);
  EXPECT_TRUE(stage.output("bundles")[0].is<market::Bundle>());
  EXPECT_EQ(stage.output("bundles")[1], tick(1100));
}

TEST(Bundle, FlushesAPartialBundleOnDrainAndNoEmptyOne) {
  Harness stage(TICKWEIR_PLUGIN_FILE);
  stage.push({executed(1, 5)});
  stage.drain();
  EXPECT_EQ(grouping(stage), " 1");
  EXPECT_EQ(stage.counter("bundles", "drain"), 1U);
  Harness empty(TICKWEIR_PLUGIN_FILE);
  empty.drain();
  EXPECT_TRUE(empty.output("bundles").empty());
}

TEST(Bundle, SaysInItsHeadWhatIsInIt) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_events", "2"}});
  stage.push({executed(8, 50), executed(9, 60), executed(10, 70), executed(11, 70)});
  ASSERT_EQ(stage.output("bundles").size(), 2U);
  const OwnedEvent& first = stage.output("bundles")[0];
  const Unpacked found = unpack(first);
  EXPECT_EQ(found.head,
            (market::Bundle{.bundle_id = 1, .first_time = 50, .last_time = 60, .quantity = 6, .count = 2}));
  EXPECT_EQ(found.items[1], (market::BundleItem{.match_id = 9,
                                                .price = 100,
                                                .maker_order_id = 10,
                                                .taker_order_id = 20,
                                                .sequence = 1009,
                                                .time = 60,
                                                .quantity = 3,
                                                .instrument = 7}));
  EXPECT_EQ(first.time(), 60U);
  EXPECT_EQ(first.origin(), make_origin(1, 9));
  EXPECT_EQ(unpack(stage.output("bundles")[1]).head.bundle_id, 2U);
}

TEST(Bundle, TakesTradesToo) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_events", "1"}});
  stage.push({event(market::Trade{.match_id = 4, .price = 9, .quantity = 0xFFFF'FFFF, .instrument = 2},
                    {.time = 3})});
  EXPECT_EQ(
      unpack(stage.output("bundles")[0]).items[0],
      (market::BundleItem{.match_id = 4, .price = 9, .time = 3, .quantity = 0xFFFF'FFFF, .instrument = 2}));
}

TEST(Bundle, DropsATradeTooLargeForAnItem) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_events", "1"}});
  stage.push({event(market::Trade{.match_id = 4, .price = 9, .quantity = 0x1'0000'0000, .instrument = 2})});
  EXPECT_TRUE(stage.output("bundles").empty());
  EXPECT_EQ(stage.dropped("quantity_overflow"), 1U);
}

TEST(Bundle, DropsWhatIsTooShortForItsType) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "10ns"}});
  const auto cut = [](std::uint16_t type, std::uint64_t time) {
    return OwnedEvent(type, std::vector<std::uint8_t>(8), {.time = time});
  };
  stage.push({cut(market::Executed::event_type, 5), cut(market::Trade::event_type, 5),
              cut(market::NewOrder::event_type, 5), executed(1, 5), cut(market::Trade::event_type, 15)});
  EXPECT_EQ(stage.dropped("too_short"), 3U);
  EXPECT_EQ(grouping(stage), " 1");  // its time counts
}

TEST(Bundle, TakesInAnEventWhoseTimeRanBackwards) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "100ns"}});
  stage.push({executed(1, 1000), executed(2, 10), executed(3, 1050), executed(4, 1100)});
  EXPECT_EQ(grouping(stage), " 1 2 3");
}

TEST(Bundle, NeverClosesByDelayAtTheEndOfTime) {
  Harness stage(TICKWEIR_PLUGIN_FILE, {{"max_delay", "100ns"}});
  constexpr std::uint64_t end = ~std::uint64_t{0};
  stage.push({executed(1, end - 5), executed(2, end)});
  EXPECT_EQ(stage.held(), 2U);
}

TEST(Bundle, NamesTheLargestSizeThatFitsWhenItRefusesOne) {
  constexpr std::uint32_t room = 4096;
  constexpr std::uint32_t fitting = bundle::items_in(room);
  static_assert(bundle::bundle_bytes(fitting) <= room && bundle::bundle_bytes(fitting + 1) > room);
  const testing::Settings small{.batch_bytes_max = room};
  Harness fits(TICKWEIR_PLUGIN_FILE, {{"max_events", std::to_string(fitting)}}, small);
  for (std::uint64_t i = 1; i <= fitting; ++i) fits.push({executed(i, 1)});
  EXPECT_EQ(fits.output("bundles").size(), 1U);
  try {
    Harness refused(TICKWEIR_PLUGIN_FILE, {{"max_events", std::to_string(fitting + 1)}}, small);
    FAIL() << "took more than fits";
  } catch (const testing::StageError& error) {
    EXPECT_EQ(error.option(), "max_events");
    EXPECT_STREQ(error.what(),
                 "72 events make a bundle of 4104 bytes, but an event has at most 4096 here; "
                 "the largest max_events that fits is 71");
  }
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"max_events", "4097"}}), "");
  EXPECT_NE(Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"max_delay", "0s"}}), "");
}

TEST(Bundle, LosesNothingAndBundlesTheSameHoweverTheInputIsCut) {
  std::mt19937_64 random(testing::seed());
  std::vector<OwnedEvent> events;
  std::uint64_t time = 0;
  std::uint64_t executions = 0;
  for (int i = 0; i < 5000; ++i) {
    time += random() % 40;
    events.push_back(random() % 5 == 0 ? tick(time) : executed(++executions, time));
  }
  const OptionTexts options{{"max_events", "7"}, {"max_delay", "100ns"}};
  Harness whole(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = 8192, .batch_bytes_max = 1 << 22});
  Harness single(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = 1});
  for (Harness* stage : {&whole, &single}) {
    stage->push(events);
    stage->drain();
  }
  EXPECT_EQ(whole.output("bundles"), single.output("bundles"));
  std::uint64_t next_match = 1;
  std::uint64_t next_bundle = 1;
  for (const OwnedEvent& one : whole.output("bundles")) {
    if (!one.is<market::Bundle>()) continue;
    const Unpacked found = unpack(one);
    ASSERT_EQ(found.head.bundle_id, next_bundle++);
    ASSERT_LT(found.head.last_time - found.head.first_time, 100U);
    ASSERT_TRUE(found.head.count >= 1 && found.head.count <= 7);
    for (const market::BundleItem& item : found.items) ASSERT_EQ(item.match_id, next_match++);
  }
  EXPECT_EQ(next_match, executions + 1);
}

TEST(Bundle, GoesOnFromASavedStateAtEveryPointAsIfNothingHadHappened) {
  const OptionTexts options{{"max_events", "5"}, {"max_delay", "100ns"}};
  std::vector<OwnedEvent> events;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    events.push_back(i % 7 == 0 ? tick(i * 31) : executed(i, i * (i % 11 == 0 ? 40 : 30)));
  }
  Harness whole(TICKWEIR_PLUGIN_FILE, options);
  whole.push(events);
  whole.drain();
  for (std::size_t cut = 0; cut <= events.size(); ++cut) {
    const auto at = events.begin() + static_cast<std::ptrdiff_t>(cut);
    Harness before(TICKWEIR_PLUGIN_FILE, options);
    before.push({events.begin(), at});
    const std::string saved = before.save();
    Harness after(TICKWEIR_PLUGIN_FILE, options);
    after.load(saved);
    EXPECT_EQ(after.held(), before.held());
    EXPECT_EQ(after.save(), saved);
    after.push({at, events.end()});
    after.drain();
    std::vector<OwnedEvent> both = before.take("bundles");
    for (const OwnedEvent& one : after.take("bundles")) both.push_back(one);
    ASSERT_EQ(both, whole.output("bundles")) << "cut at " << cut;
  }
}

TEST(Bundle, RefusesAStateOfAnotherSize) {
  Harness saved(TICKWEIR_PLUGIN_FILE, {{"max_events", "5"}});
  Harness other(TICKWEIR_PLUGIN_FILE, {{"max_events", "6"}});
  EXPECT_THROW(other.load(saved.save()), testing::StageError);
}

}  // namespace
}  // namespace tickweir
