// Saved books: for random requests, at many points, a book that was saved and loaded does what the one that
// went on does, to the last byte; and what makes no sense is refused.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "random_events.h"
#include "tickweir/testing.h"
#include "tickweir/testing_random.h"

namespace tickweir::book {
namespace {

using testing::Harness;
using testing::OptionTexts;
using testing::OwnedEvent;

OptionTexts options(const char* mode) {
  return {{"mode", mode}, {"orders", "100"}, {"instruments", "4"}};
}

// Few ids and prices, so that levels come and go, orders queue, and the book is full at times.
constexpr Limits few{.orders = 100, .instruments = 4};

void expect_same_rest(Harness& one, Harness& other) {
  for (std::uint32_t i = 0; i < one.plugin().output_count; ++i) {
    const char* const name = one.plugin().outputs[i].name;
    EXPECT_EQ(one.take(name), other.take(name)) << name;
  }
  EXPECT_EQ(one.save(), other.save());
}

TEST(BookState, GoesOnAsIfNothingHadHappenedAtManyPointsOfRandomStreams) {
  const std::uint64_t seed = testing::seed();
  for (const char* mode : {"match", "rebuild"}) {
    const bool is_feed = std::strcmp(mode, "rebuild") == 0;
    const Events events =
        is_feed ? random_feed(seed, 4000) : random_requests(RandomRows(seed, few, 40), 4000);
    std::uint64_t most_orders = 0;
    std::mt19937_64 random(seed + 1);
    Harness going_on(TICKWEIR_PLUGIN_FILE, options(mode));
    std::unique_ptr<Harness> loaded;  // saved from the one before each time, so that losses would add up
    for (std::size_t at = 0; at < events.size();) {
      const std::size_t next = std::min<std::size_t>(events.size(), at + random() % 100);
      const Events some(events.begin() + static_cast<std::ptrdiff_t>(at),
                        events.begin() + static_cast<std::ptrdiff_t>(next));
      const std::string saved = loaded == nullptr ? going_on.save() : loaded->save();
      auto fresh = std::make_unique<Harness>(TICKWEIR_PLUGIN_FILE, options(mode));
      fresh->load(saved);
      ASSERT_EQ(fresh->save(), saved) << mode << ", event " << at;
      EXPECT_EQ(fresh->counter("orders"), at == 0 ? 0 : going_on.counter("orders"));
      loaded = std::move(fresh);
      loaded->push(some);
      going_on.push(some);
      expect_same_rest(*loaded, going_on);
      ASSERT_FALSE(HasFailure()) << mode << ", events " << at << " to " << next;
      most_orders = std::max<std::uint64_t>(most_orders, going_on.counter("orders"));
      at = next;
    }
    EXPECT_GT(most_orders, 20U) << "a stream that tests nothing";
  }
}

TEST(BookState, IsNotLoadedUnderOtherOptions) {
  Harness saved(TICKWEIR_PLUGIN_FILE, options("match"));
  const std::string bytes = saved.save();
  const auto refusal = [&](const OptionTexts& others) -> std::string {
    Harness stage(TICKWEIR_PLUGIN_FILE, others);
    try {
      stage.load(bytes);
    } catch (const testing::StageError& refused) {
      return refused.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(options("match")), "");
  EXPECT_EQ(
      refusal({{"mode", "match"}, {"orders", "101"}, {"instruments", "4"}}),
      "the state was saved with orders 100, here it is 101; run with what it was saved with, or remove it "
      "and replay the log");
  EXPECT_NE(refusal(options("rebuild")).find("mode (0: match, 1: rebuild) 0, here it is 1"),
            std::string::npos);
  EXPECT_NE(refusal({{"mode", "match"}, {"orders", "100"}, {"instruments", "5"}}).find("instruments 4"),
            std::string::npos);
}

TEST(BookState, RefusesAnOrderThatIsThereTwice) {
  Harness stage(TICKWEIR_PLUGIN_FILE, options("match"));
  for (std::uint64_t id : {7U, 8U}) {
    stage.push({testing::event(market::NewOrder{.order_id = id,
                                                .price = 100,
                                                .quantity = 5,
                                                .instrument = 1,
                                                .side = market::Side::Buy,
                                                .kind = market::OrderKind::Limit,
                                                .time_in_force = market::TimeInForce::GoodTillCancel})});
  }
  std::string bytes = stage.save();
  const std::size_t second = bytes.find(std::string("\x08\0\0\0\0\0\0\0\x05", 9));
  ASSERT_NE(second, std::string::npos);
  bytes[second] = 7;
  Harness fresh(TICKWEIR_PLUGIN_FILE, options("match"));
  EXPECT_THROW(fresh.load(bytes), testing::StageError);
}

}  // namespace
}  // namespace tickweir::book
