// source_generator: the same seed gives the same bytes, options mean what they say, time is what it says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "generator.h"
#include "tickweir/testing.h"

namespace {

using namespace tickweir;
using namespace tickweir::testing;
using order_flow::ArrivalTimes;
using order_flow::Random;

constexpr std::uint64_t default_start = 1'767'623'400'000'000'000;

std::vector<OwnedEvent> flow(const OptionTexts& options, std::uint32_t batch_events = 256) {
  Harness source(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = batch_events, .source_number = 5});
  EXPECT_EQ(source.poll(), PollResult::finished);
  source.drain();
  return source.output();
}

double share_of(const std::vector<OwnedEvent>& events, std::uint16_t type) {
  const auto count =
      std::ranges::count_if(events, [type](const OwnedEvent& one) { return one.type() == type; });
  return static_cast<double>(count) / static_cast<double>(events.size());
}

TEST(Generator, StopsAfterExactlySoManyEvents) {
  for (const char* count : {"1", "255", "256", "257", "10000"}) {
    EXPECT_EQ(flow({{"events", count}}).size(), std::stoul(count));
    EXPECT_EQ(flow({{"events", count}, {"duplicates", "0.5"}, {"duplicate_delay", "3"}}).size(),
              std::stoul(count));
  }
}

TEST(Generator, StaysFinished) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"events", "10"}});
  EXPECT_EQ(source.poll(), PollResult::finished);
  EXPECT_EQ(source.poll(), PollResult::finished);
  EXPECT_EQ(source.output().size(), 10U);
}

TEST(Generator, SameSeedSameBytesAtAnyBatchSize) {
  const OptionTexts options = {{"seed", "42"},
                               {"events", "5000"},
                               {"arrival", "poisson"},
                               {"duplicates", "0.1"},
                               {"duplicate_delay", "7"}};
  const auto whole = flow(options);
  EXPECT_EQ(flow(options), whole);
  EXPECT_EQ(flow(options, 1), whole);
  EXPECT_EQ(flow(options, 37), whole);
}

TEST(Generator, AnotherSeedGivesOtherBytes) {
  EXPECT_NE(flow({{"seed", "1"}, {"events", "100"}}), flow({{"seed", "2"}, {"events", "100"}}));
}

// The very bytes of one flow, so that a change of the algorithm cannot go unnoticed: files and figures made
// with older versions would no longer compare.
TEST(Generator, TheFlowOfSeedOneIsTheOneItAlwaysWas) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const OwnedEvent& one : flow({{"events", "10000"}, {"duplicates", "0.05"}})) {
    for (const std::uint8_t byte : one.payload_bytes()) hash = (hash ^ byte) * 0x100'0000'01b3U;
    hash = (hash ^ one.time()) * 0x100'0000'01b3U;
    hash = (hash ^ one.origin()) * 0x100'0000'01b3U;
  }
  EXPECT_EQ(hash, 0x580d'3aff'4213'8dc1U) << "found " << std::hex << hash;
}

TEST(Generator, SharesAreWhatTheOptionsSay) {
  const auto events =
      flow({{"events", "200000"}, {"cancels", "0.25"}, {"reduces", "0.15"}, {"replaces", "0.2"}});
  EXPECT_NEAR(share_of(events, market::Cancel::event_type), 0.25, 0.005);
  EXPECT_NEAR(share_of(events, market::Reduce::event_type), 0.15, 0.005);
  EXPECT_NEAR(share_of(events, market::Replace::event_type), 0.2, 0.005);
  EXPECT_NEAR(share_of(events, market::NewOrder::event_type), 0.4, 0.005);
}

TEST(Generator, SharesOfNothingAndOfAllAreExact) {
  const auto only_new = flow({{"events", "5000"}, {"cancels", "0"}, {"reduces", "0"}, {"replaces", "0"}});
  EXPECT_EQ(share_of(only_new, market::NewOrder::event_type), 1);
  const auto in_turn = flow({{"events", "5000"}, {"cancels", "1"}, {"reduces", "0"}, {"replaces", "0"}});
  EXPECT_EQ(share_of(in_turn, market::Cancel::event_type), 0.5);  // each needs an order to cancel
}

TEST(Generator, RefusesSharesOfMoreThanOne) {
  EXPECT_EQ(
      Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"cancels", "0.5"}, {"reduces", "0.3"}, {"replaces", "0.3"}}),
      "cancels, reduces and replaces add up to 1.100000; they are shares of all requests, so at most 1");
  EXPECT_EQ(
      Harness::refusal(TICKWEIR_PLUGIN_FILE, {{"cancels", "0.7"}, {"reduces", "0"}, {"replaces", "0.3"}}),
      "");
}

TEST(Generator, NumbersItsRequestsFromOneUnderItsSource) {
  std::uint64_t number = 0;
  for (const OwnedEvent& one : flow({{"events", "1000"}})) EXPECT_EQ(one.origin(), make_origin(5, ++number));
}

TEST(Generator, EveryRequestIsValidAndTheBookCouldTrade) {
  std::map<std::uint32_t, std::pair<std::int64_t, std::int64_t>> best;  // highest bid and lowest ask ever
  bool crossed = false;
  for (const OwnedEvent& one : flow({{"events", "20000"}, {"instruments", "3"}})) {
    if (one.is<market::NewOrder>()) {
      const auto& order = one.as<market::NewOrder>();
      ASSERT_EQ(market::validate(order), market::RejectReason::None);
      ASSERT_TRUE(order.instrument >= 1 && order.instrument <= 3);
      auto& [bid, ask] = best.try_emplace(order.instrument, 0, market::price_max).first->second;
      if (order.side == market::Side::Buy)
        bid = std::max(bid, order.price);
      else
        ask = std::min(ask, order.price);
      crossed = crossed || bid >= ask;
    } else if (one.is<market::Cancel>()) {
      ASSERT_EQ(market::validate(one.as<market::Cancel>()), market::RejectReason::None);
    } else if (one.is<market::Reduce>()) {
      ASSERT_EQ(market::validate(one.as<market::Reduce>()), market::RejectReason::None);
    } else {
      ASSERT_EQ(market::validate(one.as<market::Replace>()), market::RejectReason::None);
    }
  }
  EXPECT_TRUE(crossed);
  EXPECT_EQ(best.size(), 3U);
}

// Follows the flow as a book in which nothing trades would.
void expect_requests_name_live_orders(const std::vector<OwnedEvent>& events, std::size_t live_max) {
  struct Order {
    std::uint32_t instrument, account, quantity;
  };
  std::map<std::uint64_t, Order> live;
  std::uint64_t last_id = 0;
  for (const OwnedEvent& one : events) {
    if (one.is<market::NewOrder>()) {
      const auto& order = one.as<market::NewOrder>();
      ASSERT_EQ(order.order_id, ++last_id);
      live[order.order_id] = {order.instrument, order.account, order.quantity};
    } else if (one.is<market::Cancel>()) {
      const auto& cancel = one.as<market::Cancel>();
      ASSERT_TRUE(live.contains(cancel.order_id));
      ASSERT_EQ(live[cancel.order_id].instrument, cancel.instrument);
      ASSERT_EQ(live[cancel.order_id].account, cancel.account);
      live.erase(cancel.order_id);
    } else if (one.is<market::Reduce>()) {
      const auto& reduce = one.as<market::Reduce>();
      ASSERT_TRUE(live.contains(reduce.order_id));
      ASSERT_EQ(live[reduce.order_id].instrument, reduce.instrument);
      ASSERT_LE(reduce.quantity, live[reduce.order_id].quantity);
      if ((live[reduce.order_id].quantity -= reduce.quantity) == 0) live.erase(reduce.order_id);
    } else {
      const auto& replace = one.as<market::Replace>();
      ASSERT_TRUE(live.contains(replace.order_id));
      ASSERT_EQ(live[replace.order_id].instrument, replace.instrument);
      ASSERT_EQ(replace.new_order_id, ++last_id);
      live.erase(replace.order_id);
      live[replace.new_order_id] = {replace.instrument, replace.account, replace.quantity};
    }
    ASSERT_LE(live.size(), live_max);
  }
}

TEST(Generator, RequestsNameOrdersThatAreLive) {
  expect_requests_name_live_orders(
      flow({{"events", "50000"}, {"cancels", "0.2"}, {"reduces", "0.4"}, {"replaces", "0.1"}}), 65'536);
}

TEST(Generator, NeverHasMoreLiveOrdersThanItsLimit) {
  for (const char* limit : {"1", "2", "100"}) {
    expect_requests_name_live_orders(flow({{"events", "20000"}, {"cancels", "0.1"}, {"live_orders", limit}}),
                                     std::stoul(limit));
  }
}

TEST(Generator, ADuplicateFollowsAtOnceWithItsOrigin) {
  const auto events = flow({{"events", "20000"}, {"duplicates", "0.2"}});
  std::size_t copies = 0;
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (events[i].origin() != events[i - 1].origin()) continue;
    ++copies;
    ASSERT_TRUE(std::ranges::equal(events[i].payload_bytes(), events[i - 1].payload_bytes()));
    ASSERT_EQ(events[i].type(), events[i - 1].type());
    ASSERT_GT(events[i].time(), events[i - 1].time());
  }
  std::set<std::uint64_t> origins;
  for (const OwnedEvent& one : events) origins.insert(one.origin());
  EXPECT_EQ(origins.size() + copies, events.size());
  EXPECT_NEAR(static_cast<double>(copies) / static_cast<double>(origins.size()), 0.2, 0.01);
}

TEST(Generator, ADelayedDuplicateComesAfterSoManyRequests) {
  const auto events = flow({{"events", "5000"}, {"duplicates", "0.3"}, {"duplicate_delay", "10"}});
  std::map<std::uint64_t, const OwnedEvent*> first;
  std::uint64_t requests = 0;
  std::size_t copies = 0;
  for (const OwnedEvent& one : events) {
    const auto [found, is_new] = first.try_emplace(one.origin(), &one);
    if (is_new) {
      ++requests;
      continue;
    }
    ++copies;
    ASSERT_EQ(requests, origin_number(one.origin()) + 10);
    ASSERT_TRUE(std::ranges::equal(one.payload_bytes(), found->second->payload_bytes()));
  }
  EXPECT_GT(copies, 1000U);
}

TEST(Generator, DuplicatesOfAllSendsEverythingTwice) {
  const auto events = flow({{"events", "100"}, {"duplicates", "1"}});
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(origin_number(events[i].origin()), i / 2 + 1);
}

TEST(Generator, CountersAddUpToTheEvents) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"events", "7777"}, {"duplicates", "0.1"}});
  source.poll();
  std::uint64_t sum = source.counter("duplicates");
  for (const char* kind : {"NewOrder", "Cancel", "Reduce", "Replace"})
    sum += source.counter("requests", kind);
  EXPECT_EQ(sum, 7777U);
  EXPECT_EQ(source.counter("requests", "Cancel") + source.counter("live_orders"),
            source.counter("requests", "NewOrder"));
}

TEST(Generator, FullSpeedTimeGoesOnByOneMicrosecond) {
  const auto events = flow({{"events", "1000"}});
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].time(), default_start + i * 1'000);
}

TEST(Generator, ConstantArrivalsDoNotDrift) {
  const auto events =
      flow({{"arrival", "constant"}, {"rate", "3"}, {"events", "30001"}, {"start_time", "0"}});
  EXPECT_EQ(events[1].time(), 333'333'333U);
  EXPECT_NEAR(static_cast<double>(events[30'000].time()), 1e13, 8);  // 30,000 times 2^-33 ns at most
}

TEST(Generator, DurationCountsEventTime) {
  EXPECT_EQ(flow({{"arrival", "constant"}, {"rate", "1000"}, {"duration", "2s"}}).size(), 2000U);
  EXPECT_EQ(flow({{"duration", "1ms"}}).size(), 1000U);
  EXPECT_EQ(flow({{"duration", "1ms"}, {"events", "10"}}).size(), 10U);
}

TEST(Generator, PoissonArrivalsHaveTheRateAndTheSpreadOfOne) {
  const auto events =
      flow({{"arrival", "poisson"}, {"rate", "1000"}, {"events", "100000"}, {"start_time", "0"}});
  double sum_of_squares = 0;
  std::uint64_t last = 0;
  std::uint64_t longer = 0;
  for (const OwnedEvent& one : events) {
    ASSERT_GE(one.time(), last);
    const double interval = static_cast<double>(one.time() - last) / 1e6;  // in means
    sum_of_squares += interval * interval;
    longer += interval > 1 ? 1 : 0;
    last = one.time();
  }
  EXPECT_NEAR(static_cast<double>(last), 1e11, 1e9);
  EXPECT_NEAR(sum_of_squares / 1e5, 2.0, 0.1);  // an exponential: twice the mean squared
  EXPECT_NEAR(static_cast<double>(longer) / 1e5, std::exp(-1), 0.01);
}

TEST(Generator, PoissonNeverTakesTheLogarithmOfZero) {
  EXPECT_GT(Random::unit(0), 0);
  EXPECT_EQ(Random::unit(~std::uint64_t{0}), 1);
  const double longest = ArrivalTimes::poisson_interval(0, 1e12);  // the lowest rate, 0.001 a second
  EXPECT_TRUE(std::isfinite(longest));
  EXPECT_LT(longest, 4e13);
  EXPECT_EQ(ArrivalTimes::poisson_interval(~std::uint64_t{0}, 1e12), 0);
}

TEST(Generator, OnTheWallClockWaitsUntilAnEventIsDue) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"clock", "wall"}, {"arrival", "constant"}, {"rate", "1000"}},
                 {.time = 5'000'000'000});
  EXPECT_EQ(source.poll(), PollResult::idle);  // the first is due at once
  EXPECT_EQ(source.output().size(), 1U);
  EXPECT_EQ(source.output()[0].time(), 5'000'000'000U);
  EXPECT_EQ(source.idle().wake_time, 5'001'000'000U);
  source.set_time(5'000'999'999);
  EXPECT_EQ(source.poll(), PollResult::idle);
  EXPECT_EQ(source.output().size(), 1U);
  source.set_time(5'001'000'000);
  EXPECT_EQ(source.poll(), PollResult::idle);
  EXPECT_EQ(source.output().size(), 2U);
  EXPECT_EQ(source.recorded("lag"), 2U);
  EXPECT_EQ(source.recorded_sum("lag"), 0U);
}

TEST(Generator, LateEventsLeaveAtOnceWithTheTimeTheyWereDue) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"clock", "wall"}, {"arrival", "constant"}, {"rate", "1000"}},
                 {.time = 1'000});
  source.set_time(1'000 + 500'000'000);  // a stall of half a second
  EXPECT_EQ(source.poll(), PollResult::idle);
  ASSERT_EQ(source.output().size(), 501U);
  for (std::size_t i = 0; i < 501; ++i) ASSERT_EQ(source.output()[i].time(), 1'000 + i * 1'000'000);
  EXPECT_EQ(source.recorded("lag"), 501U);
  EXPECT_EQ(source.recorded_sum("lag"), std::uint64_t{501} * 500 / 2 * 1'000'000);
}

TEST(Generator, OnTheWallClockEndsWithItsDuration) {
  Harness source(TICKWEIR_PLUGIN_FILE,
                 {{"clock", "wall"}, {"arrival", "poisson"}, {"rate", "5000"}, {"duration", "1s"}},
                 {.time = 77});
  EXPECT_EQ(source.poll_until(1'000'000'077), PollResult::finished);
  EXPECT_NEAR(static_cast<double>(source.output().size()), 5000, 300);
  EXPECT_LT(source.output().back().time(), 1'000'000'077U);
}

TEST(Generator, TheOrdersDoNotDependOnTheClock) {
  const OptionTexts options = {{"arrival", "poisson"}, {"events", "500"}};
  OptionTexts on_wall = options;
  on_wall.push_back({"clock", "wall"});
  Harness source(TICKWEIR_PLUGIN_FILE, on_wall, {.source_number = 5, .time = default_start});
  EXPECT_EQ(source.poll_until(default_start + 1'000'000'000), PollResult::finished);
  EXPECT_EQ(source.output(), flow(options));
}

TEST(Generator, AtFullSpeedOnTheWallClockStampsTheTimeOfThePoll) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"clock", "wall"}, {"duration", "1s"}},
                 {.batch_events_max = 16, .time = 100});
  EXPECT_EQ(source.poll_once(), PollResult::more);
  source.set_time(900);
  EXPECT_EQ(source.poll_once(), PollResult::more);
  source.set_time(300);  // a clock set back: times of events never go back
  EXPECT_EQ(source.poll_once(), PollResult::idle);
  ASSERT_EQ(source.output().size(), 32U);
  EXPECT_EQ(source.output()[15].time(), 100U);
  EXPECT_EQ(source.output()[16].time(), 900U);
  source.set_time(1'000'000'100);
  EXPECT_EQ(source.poll_once(), PollResult::finished);
}

TEST(Generator, GoesOnWhenNobodyListens) {
  Harness source(TICKWEIR_PLUGIN_FILE, {{"events", "1000"}}, {.unconnected = {"orders"}});
  EXPECT_EQ(source.poll(), PollResult::finished);
  EXPECT_TRUE(source.output().empty());
}

}  // namespace
