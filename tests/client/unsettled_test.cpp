// The events without an answer, against a plain list of numbers.
#include "tickweir/unsettled.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

std::vector<Event> events_in(std::span<const std::uint8_t> bytes) {
  std::vector<Event> events;
  while (!bytes.empty()) {
    Event event;
    std::memcpy(&event, bytes.data(), sizeof event);
    EXPECT_EQ(event.flags, 0) << "not as it goes over the wire";
    events.push_back(event);
    bytes = bytes.subspan(event.size);
  }
  return events;
}
std::vector<std::uint64_t> numbers_in(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint64_t> numbers;
  for (const Event& event : events_in(bytes)) numbers.push_back(event.origin);
  return numbers;
}

TEST(Unsettled, KeepsExactlyWhatHasNoAnswer) {
  std::mt19937_64 random(testing::seed());
  Unsettled events(4096, 0);
  std::deque<std::uint64_t> model;
  std::set<std::uint64_t> refused;
  std::map<std::uint64_t, std::size_t> ends;  // of each event, in bytes from the beginning of the connection
  std::uint64_t last = 0;
  const auto append = [&](std::uint64_t number, std::size_t size) {
    ends[number] = (ends.empty() ? 0 : ends.rbegin()->second) + size;
  };
  const auto is_sent = [&](std::uint64_t number) {
    return ends[number] + events.unsent().size() <= ends.rbegin()->second;
  };
  for (int step = 0; step < 100'000; ++step) {
    const std::uint64_t what = random() % 100;
    if (what < 60) {
      const bool has_one_size = step / 1000 % 2 == 0;
      const auto size = static_cast<std::uint32_t>(has_one_size ? 64 : 32 + 8 * (random() % 5));
      Event* const event = events.append(size);
      if (event == nullptr) continue;
      *event = {
          .size = size, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = ++last};
      model.push_back(last);
      append(last, size);
      const std::size_t unsent = events.unsent().size();
      events.sent(random() % 2 == 0 ? unsent : random() % unsent);
    } else if (what < 80 && !model.empty()) {
      const std::uint64_t number = model[random() % model.size()];
      EXPECT_EQ(events.settle(number), is_sent(number));
      if (!is_sent(number)) continue;
      while (!model.empty() && model.front() <= number) model.pop_front();
      refused.erase(refused.begin(), refused.upper_bound(number));
    } else if (what < 98 && !model.empty()) {
      const std::uint64_t from =
          refused.empty() ? model.front() : std::max(model.front(), *refused.rbegin() + 1);
      const auto next = std::ranges::lower_bound(model, from + random() % 3);
      if (next != model.end() && is_sent(*next)) {
        EXPECT_TRUE(events.refuse(*next));
        EXPECT_FALSE(events.refuse(*next));
        refused.insert(*next);
      }
    } else {
      events.start_again();
      std::erase_if(model, [&](std::uint64_t number) { return refused.contains(number); });
      refused.clear();
      const auto unsent = events.unsent();
      EXPECT_EQ(numbers_in(unsent), std::vector<std::uint64_t>(model.begin(), model.end()));
      ends.clear();
      for (const Event& event : events_in(unsent)) append(event.origin, event.size);
      events.sent(unsent.size() / 2);
    }
    ASSERT_EQ(events.count(), model.size() - refused.size());
  }
}

TEST(Unsettled, TakesNoMoreThanItsWindow) {
  Unsettled events(128, 0);
  for (std::uint64_t number = 1; number <= 2; ++number) {
    *events.append(64) = {
        .size = 64, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = number};
  }
  EXPECT_EQ(events.append(64), nullptr);
  events.sent(128);
  EXPECT_TRUE(events.settle(1));
  EXPECT_TRUE(events.has_room(64));
  EXPECT_NE(events.append(64), nullptr);
}

TEST(Unsettled, TakesNoAnswerForWhatWasNotSent) {
  Unsettled events(640, 0);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    *events.append(64) = {
        .size = 64, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = number};
  }
  events.sent(100);
  EXPECT_FALSE(events.refuse(2)) << "sent in part";
  EXPECT_FALSE(events.settle(2));
  EXPECT_EQ(events.count(), 3U) << "what was refused has an effect";
  EXPECT_EQ(events.unsent().size(), 92U);
  EXPECT_TRUE(events.settle(1));
  EXPECT_EQ(events.count(), 2U);
  events.start_again();
  EXPECT_EQ(numbers_in(events.unsent()), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_FALSE(events.settle(2)) << "not on this connection";
}

TEST(Unsettled, CountsWhatHasNoAnswer) {
  Unsettled events(640, 0);
  for (std::uint64_t number = 1; number <= 2; ++number) {
    *events.append(64) = {
        .size = 64, .type = 256, .verdict = 0, .flags = 0, .sequence = 0, .time = 0, .origin = number};
  }
  events.sent(128);
  EXPECT_TRUE(events.refuse(1));
  EXPECT_EQ(events.count(), 1U);
  EXPECT_TRUE(events.settle(2));
  EXPECT_EQ(events.count(), 0U);
}

}  // namespace
}  // namespace tickweir
