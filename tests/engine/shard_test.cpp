// What the engine promises about shards: the same bytes on every output, however many there are.
#include <gtest/gtest.h>

#include "graph_maker.h"
#include "runtime/engine/engine.h"
#include "shard_stages.h"
#include "test_stages.h"
#include "tickweir/testing_random.h"

namespace tickweir::test {
namespace {

struct Run {
  std::uint32_t shards = 0;  // 0: not sharded
  std::uint32_t threads = 1;
  std::uint32_t batch_events = 16;
  std::uint32_t capacity = 4;
  WaitMode wait = WaitMode::adaptive;
  std::int64_t events = 3000;
  std::int64_t parameter = 0;  // of the keyed stage
  bool reads_a = true;
  bool reads_b = true;
};

struct Outcome {
  std::string a;
  std::string b;
  std::string failure;
  RunReport report;
};

// source -> keyed -> a, b; and a filter before it, whose refused events are in the batches.
Outcome outcome_of(const Run& run, const Plugin& plugin = keyed_plugin()) {
  clear_bytes();
  GraphMaker maker(run.threads, run.wait);
  const std::uint32_t core = run.threads > 1 ? 1 : 0;
  const std::uint32_t last = run.threads > 2 ? 2 : core;
  maker.graph().config.batch_events_max = run.batch_events;
  maker.graph().config.batch_bytes_max = 4096;
  const auto source = maker.add("source", source_plugin(), 0, {}, run.events);
  const auto filter = maker.add("filter", filter_plugin(), 0, {{.stage = source}}, 4);
  const auto keyed =
      maker.add("keyed", plugin, core, {{.stage = filter, .capacity = run.capacity}}, run.parameter);
  if (run.shards != 0) maker.shard(keyed, run.shards);
  if (run.reads_a) maker.add("a", bytes_sink_plugin(), last, {{.stage = keyed, .output = 0, .capacity = 2}});
  if (run.reads_b) maker.add("b", bytes_sink_plugin(), core, {{.stage = keyed, .output = 1, .capacity = 2}});
  auto engine = Engine::create(maker.finish(), {});
  EXPECT_TRUE(engine);
  EXPECT_TRUE(engine.value()->start());
  auto ended = engine.value()->wait();
  Outcome outcome{.a = bytes_of("a"), .b = bytes_of("b"), .report = engine.value()->report()};
  if (!ended) outcome.failure = ended.error().message;
  EXPECT_TRUE(outcome.report.balanced) << outcome.report.imbalance;
  return outcome;
}

TEST(Shards, GiveTheSameBytesHoweverManyThereAre) {
  for (const std::uint32_t batch_events : {16U, 1U, 64U}) {
    if (testing::is_sanitized && batch_events != 16) continue;
    const Outcome whole = outcome_of({.batch_events = batch_events});
    ASSERT_GT(whole.a.size(), 3000U * sizeof(Event));
    ASSERT_GT(whole.b.size(), 500U * sizeof(Event));
    for (const std::uint32_t shards : {1U, 2U, 3U, 7U, 9U}) {
      const std::uint32_t threads = 1 + shards % 3;
      SCOPED_TRACE(std::to_string(shards) + " shards, batches of " + std::to_string(batch_events));
      const Outcome sharded =
          outcome_of({.shards = shards, .threads = threads, .batch_events = batch_events});
      ASSERT_EQ(sharded.a, whole.a);
      ASSERT_EQ(sharded.b, whole.b);
    }
  }
}

TEST(Shards, GiveTheSameBytesWhereEveryEdgeIsFull) {
  const Outcome whole = outcome_of({.events = 600});
  for (const WaitMode wait : {WaitMode::adaptive, WaitMode::block}) {
    const Outcome sharded = outcome_of(
        {.shards = 3, .threads = 3, .batch_events = 2, .capacity = 1, .wait = wait, .events = 600});
    ASSERT_EQ(sharded.a, whole.a);
    ASSERT_EQ(sharded.b, whole.b);
  }
}

TEST(Shards, NeedNoReaders) {
  const Outcome whole = outcome_of({});
  EXPECT_EQ(outcome_of({.shards = 2, .reads_b = false}).a, whole.a);
  EXPECT_EQ(outcome_of({.shards = 2, .reads_a = false}).b, whole.b);
  const Outcome unread = outcome_of({.shards = 2, .reads_a = false, .reads_b = false});
  EXPECT_EQ(unread.report.stages[2].received, unread.report.stages[1].handled);
}

TEST(Shards, AreGivenEveryEventAndTheMergeWhatTheyEmitted) {
  const RunReport report = outcome_of({.shards = 2}).report;
  const auto& stages = report.stages;
  ASSERT_EQ(stages[2].id, "keyed-1");
  ASSERT_EQ(stages[3].id, "keyed-2");
  ASSERT_EQ(stages[4].id, "keyed");
  EXPECT_EQ(stages[2].received, stages[1].handled);
  EXPECT_EQ(stages[3].received, stages[1].handled);
  EXPECT_EQ(stages[4].received, stages[2].sent + stages[3].sent);
  EXPECT_EQ(stages[4].handled, stages[4].received);
  EXPECT_LT(stages[4].sent, stages[4].received) << "events of both became one";
}

// Up to the batch at which one of them fails, and nothing after it.
TEST(Shards, StopTheRunInOrderWhenOneFails) {
  const Outcome whole = outcome_of({.batch_events = 1, .parameter = 2001});
  EXPECT_EQ(whole.failure, "stage keyed: the key is broken");
  for (const std::uint32_t shards : {1U, 2U, 5U}) {
    const Outcome sharded =
        outcome_of({.shards = shards, .threads = 3, .batch_events = 1, .capacity = 2, .parameter = 2001});
    const std::uint32_t owner = 2001 % 7 % shards;
    EXPECT_EQ(sharded.failure, "stage keyed-" + std::to_string(owner + 1) + ": the key is broken");
    EXPECT_EQ(sharded.a, whole.a);
    EXPECT_EQ(sharded.b, whole.b);
  }
}

TEST(ShardsDeathTest, AreHeldToTheirPlaces) {
  EXPECT_DEATH(outcome_of({.shards = 2}, uncombined_plugin()),
               "stage keyed-2 emitted an event at the place of one of another shard, and has no combine on "
               "output");
  EXPECT_DEATH(outcome_of({.shards = 2}, backwards_plugin()),
               "emitted an event before the place of its last one on output");
}

}  // namespace
}  // namespace tickweir::test
