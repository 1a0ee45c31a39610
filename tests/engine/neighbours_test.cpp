// Stages that share a thread or a reader, and one of them is slow or stands still: the others go on.
//
// No clock decides here: what must have happened is asked for after so many rounds or sleeps of a thread.
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

#include "recorded_engine.h"
#include "test_stages.h"

namespace tickweir::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();

class Neighbours : public RecordedEngine {
 public:
  explicit Neighbours(std::uint32_t threads, WaitMode wait = WaitMode::adaptive) : RecordedEngine(threads) {
    for (GraphThread& thread : maker_.graph().threads) thread.wait = wait;
    for (const std::int64_t source : {0, 1}) told(source) = 0;
    Witness::get().clear();
    Gate::get().close();
  }
  ~Neighbours() { Gate::get().open(); }

  GraphMaker& maker() { return maker_; }
  // The made graph, at work.
  void start() {
    make();
    ASSERT_TRUE(engine().start());
  }
  // In batches, of the edge with that name.
  const EdgeCells& edge(const std::string& name) {
    const std::vector<GraphEdge>& edges = maker_.graph().edges;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      if (edges[i].name == name) return *engine().telemetry().edges[i];
    }
    throw std::out_of_range(name);
  }
  const ThreadCells& thread(std::size_t index) { return *engine().telemetry().threads[index]; }
  const StageCells& stage(std::size_t index) { return *engine().telemetry().stages[index]; }
};

void wait_until(const Cell& cell, std::uint64_t value) {
  while (read_cell(cell) < value) std::this_thread::yield();
}

void wait_for_more(const Cell& cell, std::uint64_t count) {
  wait_until(cell, read_cell(cell) + count);
}

// More waits than the edge and its reader have room for: the producing stage is blocked.
void wait_for_overflow(const EdgeCells& edge, std::uint64_t capacity) {
  wait_until(edge.popped_batches, 1);
  wait_until(edge.pushed_batches, 1 + capacity + 1);
}

// Three events of the told source: the first stands in the gate with the reader of `late`, the second waits
// in that edge, and the third has reached `stage`, which emits to it. `arrivals_before`: of others at the
// gate.
void bring_three(const StageCells& stage, const EdgeCells& late, std::uint64_t arrivals_before) {
  told(0) = 1;
  wait_until(late.popped_batches, 1);
  Gate::get().wait_for_arrivals(arrivals_before + 1);
  told(0) = 2;
  wait_until(late.pushed_batches, 2);
  told(0) = 3;
  wait_until(stage.received_events, 3);
  EXPECT_EQ(read_cell(late.popped_batches), 1U) << "it stands still";
}

TEST(Neighbours, DoNotKeepEventsFromAnIdleReaderHoweverBusyTheyAre) {
  Neighbours run(3);
  const auto busy = run.maker().add("busy", source_plugin(), 0, {}, endless);
  run.maker().add("nul", filter_plugin(), 0, {{.stage = busy}});
  const auto source = run.maker().add("source", told_source_plugin(), 1);
  const auto split = run.maker().add("split", splitter_plugin(), 0, {{.stage = source}}, 1);
  run.maker().add("late", gated_sink_plugin(), 2, {{.stage = split}});
  run.start();
  const EdgeCells& late = run.edge("split->late");
  bring_three(run.stage(split), late, 0);
  wait_for_more(run.thread(0).loops, 2);
  EXPECT_EQ(read_cell(late.pushed_batches), 2U) << "the third is kept for a fuller batch";
  Gate::get().open();
  wait_until(late.popped_batches, 2);
  wait_for_more(run.thread(0).loops, 1000);
  EXPECT_EQ(read_cell(late.pushed_batches), 3U) << "its reader is idle";
  run.end();
  EXPECT_EQ(Witness::get().of("late").size(), 3U);
}

TEST(Neighbours, KeepNothingWhileAnotherStageIsBlocked) {
  Neighbours run(5);
  const auto endless_source = run.maker().add("endless", source_plugin(), 1, {}, endless);
  const auto blocked = run.maker().add("blocked", filter_plugin(), 0, {{.stage = endless_source}});
  run.maker().add("slow", gated_sink_plugin(), 2, {{.stage = blocked, .capacity = 1}});
  const auto source = run.maker().add("source", told_source_plugin(), 3);
  const auto split = run.maker().add("split", splitter_plugin(), 0, {{.stage = source}}, 1);
  run.maker().add("late", gated_sink_plugin(), 4, {{.stage = split}});
  run.start();
  wait_for_overflow(run.edge("blocked->slow"), 1);
  const EdgeCells& late = run.edge("split->late");
  bring_three(run.stage(split), late, 1);
  wait_for_more(run.thread(0).sleeps, 1);
  EXPECT_EQ(read_cell(late.pushed_batches), 3U) << "who sleeps keeps nothing back";
  Gate::get().open();
  run.end();
  EXPECT_EQ(Witness::get().of("late").size(), 3U);
}

TEST(Neighbours, KeepNothingForAnOutputWhileAnotherOneIsBlocked) {
  Neighbours run(4);
  // One copy on the first output, two on the second: more than half of a batch, which is never kept.
  run.maker().graph().config.batch_events_max = 3;
  const auto source = run.maker().add("source", told_source_plugin(), 1);
  const auto split = run.maker().add("split", splitter_plugin(), 0, {{.stage = source}}, 1);
  run.maker().add("late", gated_sink_plugin(), 2, {{.stage = split}});
  run.maker().add("slow", gated_sink_plugin(), 3, {{.stage = split, .output = 1, .capacity = 1}});
  run.start();
  const EdgeCells& late = run.edge("split->late");
  bring_three(run.stage(split), late, 1);
  wait_for_overflow(run.edge("split->slow"), 1);
  wait_for_more(run.thread(0).sleeps, 1);
  EXPECT_EQ(read_cell(late.pushed_batches), 3U);
  Gate::get().open();
  run.end();
  EXPECT_EQ(Witness::get().of("late").size(), 3U);
  EXPECT_EQ(Witness::get().of("slow").size(), 6U);
}

// Both edges meet in one inbox, from which their blocks are popped together.
TEST(Neighbours, DoNotHoldUpWhoDropsTheOldest) {
  Neighbours run(3);
  std::vector<From> inputs;
  for (const std::int64_t i : {0, 1}) {
    const auto source = run.maker().add("source" + std::to_string(i), told_source_plugin(),
                                        static_cast<std::uint32_t>(i), {}, i);
    inputs.push_back({.stage = source, .capacity = 1, .when_full = WhenFull::drop_oldest});
  }
  run.maker().add("slow", gated_sink_plugin(), 2, inputs);
  run.start();
  const EdgeCells& first = run.edge("source0->slow");
  const EdgeCells& second = run.edge("source1->slow");
  told(0) = 1;
  Gate::get().wait_for_arrivals(1);
  told(0) = 2;
  told(1) = 1;
  wait_until(first.pushed_batches, 2);
  wait_until(second.pushed_batches, 1);
  // The reader takes both, and stands still with one of them.
  Gate::get().let_one_in();
  Gate::get().wait_for_arrivals(2);
  told(0) = 4;
  told(1) = 3;
  const auto both_drop = [&] {
    return read_cell(first.dropped_batches) == 1 && read_cell(second.dropped_batches) == 1;
  };
  // A producer that cannot go on has no rounds to count.
  for (const auto give_up = std::chrono::steady_clock::now() + 20s;
       !both_drop() && std::chrono::steady_clock::now() < give_up;) {
    std::this_thread::yield();
  }
  const bool goes_on = both_drop();
  EXPECT_TRUE(goes_on);
  goes_on ? run.engine().abandon() : run.engine().stop();
  Gate::get().open();
  ASSERT_TRUE(run.wait());
  if (!goes_on) return;
  const std::vector<EdgeReport> edges = run.engine().report().edges;
  EXPECT_EQ(edges[0].in_flight + edges[1].in_flight, 3U) << "one popped, and one waiting in each edge";
}

TEST(Neighbours, SleepWhileOneIsBlockedAndASourceIsIdle) {
  Neighbours run(3, WaitMode::block);
  const auto idle = run.maker().add("idle", told_source_plugin(), 0);
  run.maker().add("nul", sink_plugin(), 0, {{.stage = idle}});
  const auto source = run.maker().add("source", source_plugin(), 1, {}, 1000);
  const auto blocked = run.maker().add("blocked", filter_plugin(), 0, {{.stage = source}});
  run.maker().add("slow", gated_sink_plugin(), 2, {{.stage = blocked, .capacity = 1}});
  run.start();
  wait_for_overflow(run.edge("blocked->slow"), 1);
  wait_for_more(run.thread(0).loops, 1);
  const std::uint64_t sleeps = read_cell(run.thread(0).sleeps);
  wait_for_more(run.thread(0).loops, 8);
  EXPECT_GE(read_cell(run.thread(0).sleeps), sleeps + 7) << "each round that moves nothing ends in a sleep";
  // The idle source is asked all the same.
  told(0) = 5;
  wait_until(run.stage(1).handled_events, 5);
  Gate::get().open();
  wait_until(run.stage(4).handled_events, 1000);
  run.end();
}

}  // namespace
}  // namespace tickweir::test
