// Shards of the stage, given every batch and merged by place, tell to the last byte what one tells; and one
// does what a venue for each instrument does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>

#include "event_chunks.h"
#include "obvious_venues.h"
#include "random_events.h"
#include "rows.h"
#include "tickweir/testing_random.h"

namespace tickweir::book {
namespace {

using testing::Harness;
using testing::OptionTexts;
using testing::OwnedEvent;

constexpr const char* output_names[] = {"reports", "executions", "trades", "levels",
                                        "top",     "auctions",   "orders"};
using Outputs = std::map<std::string, Events>;

// ---- N shards and a merge ----------------------------------------------------------------------------

OwnedEvent without_sequence(const OwnedEvent& event) {
  std::vector<std::uint64_t> words(event.size() / 8);
  std::memcpy(words.data(), &event.header(), event.size());
  Event head = event.header();
  head.sequence = 0;
  std::memcpy(words.data(), &head, sizeof head);
  return OwnedEvent(*reinterpret_cast<const Event*>(words.data()));
}

class ShardedStage {
 public:
  ShardedStage(std::uint32_t count, OptionTexts options, std::uint32_t cut)
      : options_(std::move(options)), cut_(cut) {
    for (std::uint32_t i = 0; i < count; ++i) shards_.push_back(make(i, count));
  }

  // In batches of `cut` events, each for every shard.
  void push(const Events& events) {
    for (std::size_t at = 0; at < events.size(); at += cut_) {
      const auto from = events.begin() + static_cast<std::ptrdiff_t>(at);
      const Events batch(from,
                         from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(cut_, events.size() - at)));
      for (const auto& shard : shards_) shard->push(batch);
      for (const char* name : output_names) merge(name);
    }
  }
  [[nodiscard]] const Outputs& told() const { return told_; }
  [[nodiscard]] std::uint64_t sum(auto&& of) const {
    std::uint64_t all = 0;
    for (const auto& shard : shards_) all += of(*shard);
    return all;
  }
  // Saves each and goes on with fresh ones.
  void restart() {
    const auto count = static_cast<std::uint32_t>(shards_.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string saved = shards_[i]->save();
      shards_[i] = make(i, count);
      shards_[i]->load(saved);
    }
  }
  [[nodiscard]] std::string saved(std::uint32_t shard) const { return shards_[shard]->save(); }
  void load(std::uint32_t shard, const std::string& bytes) { shards_[shard]->load(bytes); }

 private:
  std::unique_ptr<Harness> make(std::uint32_t shard, std::uint32_t count) const {
    return std::make_unique<Harness>(
        TICKWEIR_PLUGIN_FILE, options_,
        testing::Settings{.batch_events_max = cut_, .shard = shard, .shard_count = count});
  }
  // What each told of a batch on an output: by place, and of the same place as one.
  void merge(const char* name) {
    std::multimap<std::uint64_t, OwnedEvent> by_place;
    for (const auto& shard : shards_) {
      const Events told = shard->take(name);
      std::uint64_t last = 0;
      std::multimap<std::uint64_t, OwnedEvent> ours;
      for (const OwnedEvent& event : told) {
        ASSERT_GE(event.sequence(), last) << "a place falls";
        last = event.sequence();
        const auto same = by_place.find(last);
        if (same == by_place.end()) {
          ours.emplace(last, event);
        } else {
          same->second = combined(same->second, event);
        }
      }
      by_place.merge(ours);
    }
    for (const auto& [place, event] : by_place) told_[name].push_back(without_sequence(event));
  }
  [[nodiscard]] OwnedEvent combined(const OwnedEvent& into, const OwnedEvent& from) const {
    EXPECT_EQ(into.type(), from.type());
    EXPECT_EQ(into.size(), from.size());
    std::vector<std::uint64_t> words(into.size() / 8);
    std::memcpy(words.data(), &into.header(), into.size());
    auto& sum = *reinterpret_cast<Event*>(words.data());
    shards_[0]->plugin().transform->combine(&sum, &from.header());
    return OwnedEvent(sum);
  }

  OptionTexts options_;
  std::uint32_t cut_;
  std::vector<std::unique_ptr<Harness>> shards_;
  Outputs told_;
};

const OptionTexts match{{"orders", "1000"}, {"instruments", "8"}};
const OptionTexts rebuild{{"mode", "rebuild"}, {"orders", "1000"}, {"instruments", "8"}};
constexpr Limits room{.orders = 1000, .instruments = 8, .by_instrument = true};

Events random_stream(std::uint64_t seed, std::size_t count) {
  Events events =
      random_requests(RandomRows(seed, {.orders = 15, .instruments = 8, .by_instrument = true}, 30), count);
  for (std::size_t i = 50; i < events.size(); i += 97) {  // some without what their type has
    events[i] = OwnedEvent(events[i].type(), {}, {.time = events[i].time() + 1'000'000});
  }
  return events;
}

// ---- Tests -------------------------------------------------------------------------------------------

TEST(Shard, OwnsWhatLeavesItsNumberAsTheRest) {
  std::mt19937_64 random(11);
  for (const std::uint32_t count : {1U, 2U, 3U, 5U, 7U, 64U, 1000U, 65'535U, 65'536U}) {
    const std::uint32_t number = static_cast<std::uint32_t>(random() % count);
    const Shard shard(number, count);
    for (std::uint32_t i = 0; i < 5000; ++i) {
      for (const std::uint32_t instrument :
           {i, ~i, static_cast<std::uint32_t>(random()), i * count + number, ~i / count * count + number}) {
        ASSERT_EQ(shard.owns(instrument), instrument % count == number) << instrument << " of " << count;
      }
    }
  }
  EXPECT_TRUE(Shard().owns(0) && Shard().owns(4'000'000'000U));
}

void expect_same_for_any_number(const Events& events, const OptionTexts& options) {
  ShardedStage one(1, options, 256);
  one.push(events);
  for (const std::uint32_t count : {1U, 2U, 3U, 5U}) {
    for (const std::uint32_t cut : {1U, 7U, 256U}) {
      ShardedStage several(count, options, cut);
      several.push(events);
      for (const char* name : output_names) {
        ASSERT_EQ(several.told().contains(name), one.told().contains(name)) << name;
        ASSERT_TRUE(several.told() == one.told()) << count << " shards, cut " << cut << ", " << name;
      }
    }
  }
}

TEST(Shards, TellTheSameHoweverManyThereAre) {
  const std::uint64_t seed = testing::seed();
  expect_same_for_any_number(random_stream(seed, 1500), match);
  expect_same_for_any_number(random_feed(seed, 1500), rebuild);
}

// A value as the line that stands for it in rows.
std::string line_of(const OwnedEvent& event) {
  Recorder recorder;
  const auto try_as = [&]<typename T>() {
    if (!event.is<T>()) return;
    const T& value = event.as<T>();
    if constexpr (requires { recorder.report(value); }) {
      recorder.report(value);
    } else if constexpr (std::is_same_v<T, market::Executed>) {
      recorder.execution(value, true);
    } else if constexpr (std::is_same_v<T, market::LevelChanged>) {
      recorder.level_changed(value);
    } else if constexpr (std::is_same_v<T, market::TopOfBook>) {
      recorder.top_changed(value);
    } else if constexpr (std::is_same_v<T, market::AuctionPrice>) {
      recorder.auction(value);
    } else if constexpr (std::is_same_v<T, market::OrderChanged>) {
      recorder.order_changed(value);
    } else if constexpr (requires { recorder.snapshot(value); }) {
      recorder.snapshot(value);
    }
  };
  market::for_each_payload_type([&]<typename T>(const char*) { try_as.template operator()<T>(); });
  return recorder.lines.empty() ? "" : recorder.lines.front();
}

TEST(Shards, AnswerAsAVenueForEachInstrumentDoes) {
  const std::uint64_t seed = testing::seed();
  const Events events = random_stream(seed, 4000);
  ObviousVenues venues(room, true);
  for (const OwnedEvent& event : events) {
    if (!is_whole(event)) continue;
    venues.advance(event.time());
    market::for_each_payload_type([&]<typename T>(const char*) {
      if constexpr (requires(const T& value) { venues.request(value); }) {
        if (event.is<T>()) venues.request(event.as<T>());
      }
    });
  }
  const auto expected = venues.take_lines();
  ShardedStage stage(3, match, 100);
  stage.push(events);
  for (const std::string name : {"reports", "levels", "top", "auctions", "orders"}) {
    std::vector<std::string> lines;
    for (const OwnedEvent& event : stage.told().at(name)) {
      if (event.type() != event_type_tick) lines.push_back(line_of(event));
    }
    EXPECT_EQ(lines, by_output(expected, {name})) << name;
    EXPECT_GT(lines.size(), 20U) << name;
  }
}

TEST(Shards, GoOnFromWhatEachHasSaved) {
  const std::uint64_t seed = testing::seed();
  const Events events = random_stream(seed, 4000);
  ShardedStage going_on(3, match, 50);
  ShardedStage restarted(3, match, 50);
  for (std::size_t at = 0; at < events.size(); at += 500) {
    const auto from = events.begin() + static_cast<std::ptrdiff_t>(at);
    const Events some(from, from + 500);
    going_on.push(some);
    restarted.push(some);
    restarted.restart();
  }
  EXPECT_TRUE(restarted.told() == going_on.told());
}

TEST(Shards, CountEachEventOnce) {
  const Events events = random_stream(5, 3000);
  ShardedStage one(1, match, 100);
  ShardedStage three(3, match, 100);
  for (ShardedStage* stage : {&one, &three}) stage->push(events);
  for (const char* name :
       {"accepted", "executed", "cancelled", "expired", "triggered", "replaced", "orders"}) {
    const auto of = [name](const Harness& shard) { return shard.counter(name); };
    EXPECT_EQ(three.sum(of), one.sum(of)) << name;
    EXPECT_GT(one.sum(of), 0U) << name;
  }
  for (const auto reason : {market::RejectReason::InvalidAccount, market::RejectReason::InvalidInstrument,
                            market::RejectReason::UnknownOrder, market::RejectReason::InstrumentLimit}) {
    const auto of = [reason](const Harness& shard) {
      return shard.counter("rejected", market::name_of(reason));
    };
    EXPECT_EQ(three.sum(of), one.sum(of)) << market::name_of(reason);
    EXPECT_GT(one.sum(of), 0U) << market::name_of(reason);
  }
  const auto dropped = [](const Harness& shard) { return shard.dropped(); };
  EXPECT_EQ(three.sum(dropped), one.sum(dropped));
  const auto too_short = std::ranges::count_if(events, [](const OwnedEvent& each) {
    return each.size() == sizeof(Event) && each.type() != event_type_tick;
  });
  EXPECT_GT(too_short, 0);
  EXPECT_EQ(one.sum(dropped), static_cast<std::uint64_t>(too_short));
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const testing::StageError& refused) {
    return refused.what();
  }
  return "";
}

TEST(Shards, LoadOnlyWhatTheSameOfAsManyHasSaved) {
  const ShardedStage two(2, match, 1);
  const auto refusal_of = [](ShardedStage stage, const std::string& saved) {
    return refusal([&] { stage.load(0, saved); });
  };
  EXPECT_EQ(refusal_of(ShardedStage(2, match, 1), two.saved(0)), "");
  EXPECT_EQ(refusal_of(ShardedStage(3, match, 1), two.saved(0)),
            "the state was saved with shards (0: not sharded) 2, here it is 3; run with what it was saved "
            "with, or remove it and replay the log");
  EXPECT_NE(refusal_of(ShardedStage(2, match, 1), two.saved(1)).find("shard 1, here it is 0"),
            std::string::npos);
  EXPECT_NE(refusal([&] {
              Harness(TICKWEIR_PLUGIN_FILE, match).load(two.saved(0));
            }).find("shards (0: not sharded) 2, here it is 0"),
            std::string::npos);
}

TEST(Shards, LeaveTheHighBitsOfMatchIdsToTheInstrument) {
  OptionTexts options = match;
  options.push_back({"first_match_id", "549755813889"});
  EXPECT_EQ(
      refusal([&] { const ShardedStage stage(1, options, 1); }),
      "in a stage with shards it must be at most 549755813888, found 549755813889: each instrument counts "
      "on from it, in 40 bits");
  EXPECT_EQ(refusal([&] { const Harness stage(TICKWEIR_PLUGIN_FILE, options); }), "");
}

}  // namespace
}  // namespace tickweir::book
