// The engine's promises, one by one.
#include "runtime/engine/engine.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "graph_maker.h"
#include "runtime/engine/dead_letters.h"
#include "system_calls.h"
#include "test_stages.h"
#include "tickweir/testing_folder.h"

namespace tickweir::test {
namespace {

std::unique_ptr<Engine> started(const Graph& graph) {
  Witness::get().clear();
  auto engine = Engine::create(graph, {});
  EXPECT_TRUE(engine);
  const auto result = engine.value()->start();
  EXPECT_TRUE(result);
  return std::move(engine.value());
}

TEST(Engine, KeepsTheOrderOfAnEdgeAcrossThreads) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 5000);
  maker.add("sink", sink_plugin(), 1, {{.stage = source, .capacity = 2}});
  auto engine = started(maker.finish());
  ASSERT_TRUE(engine->wait());
  const auto seen = Witness::get().of("sink");
  ASSERT_EQ(seen.size(), 5000U);
  for (std::uint64_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].value, i);
}

TEST(Engine, GivesAFilterItsOwnCopyOfASharedBatch) {
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, 1000);
  const auto filter = maker.add("filter", filter_plugin(), 0, {{.stage = source}}, 1);
  maker.add("changed", sink_plugin(), 0, {{.stage = filter}});
  maker.add("unchanged", sink_plugin(), 0, {{.stage = source}});
  auto engine = started(maker.finish());
  ASSERT_TRUE(engine->wait());
  EXPECT_EQ(Witness::get().of("changed").size(), 500U);
  const auto unchanged = Witness::get().of("unchanged");
  ASSERT_EQ(unchanged.size(), 1000U);
  for (const Seen& seen : unchanged) ASSERT_EQ(seen.path, 0U);
}

TEST(Engine, DropsTheNewestOfAFullEdgeAndCountsThem) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 20'000);
  maker.add("sink", gated_sink_plugin(), 1,
            {{.stage = source, .capacity = 2, .when_full = WhenFull::drop_newest}});
  Gate::get().close();
  auto engine = started(maker.finish());
  // The source cannot be held up by this edge, so it ends although the sink stands still.
  while (engine->report().stages[0].sent != 20'000) std::this_thread::yield();
  Gate::get().open();
  ASSERT_TRUE(engine->wait());
  const RunReport report = engine->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  ASSERT_EQ(report.edges.size(), 1U);
  EXPECT_GT(report.edges[0].dropped, 0U);
  EXPECT_EQ(report.edges[0].pushed, 20'000U);
  EXPECT_EQ(report.edges[0].popped + report.edges[0].dropped, 20'000U);
  const auto seen = Witness::get().of("sink");
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front().value, 0U) << "the first events were there first and stay";
}

TEST(Engine, DropsTheOldestOfAFullEdgeAndKeepsTheLast) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 20'000);
  maker.add("sink", gated_sink_plugin(), 1,
            {{.stage = source, .capacity = 2, .when_full = WhenFull::drop_oldest}});
  Gate::get().close();
  auto engine = started(maker.finish());
  while (engine->report().stages[0].sent != 20'000) std::this_thread::yield();
  Gate::get().open();
  ASSERT_TRUE(engine->wait());
  const RunReport report = engine->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  EXPECT_GT(report.edges[0].dropped, 0U);
  EXPECT_EQ(report.edges[0].popped + report.edges[0].dropped, 20'000U);
  const auto seen = Witness::get().of("sink");
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().value, 19'999U);
}

TEST(Engine, HoldsTheSourceBackWhenABlockingEdgeIsFull) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 100'000);
  maker.add("sink", gated_sink_plugin(), 1, {{.stage = source, .capacity = 3}});
  maker.graph().config.batch_events_max = 16;
  Gate::get().close();
  auto engine = started(maker.finish());
  Gate::get().wait_for_arrivals(1);
  // At most: in the sink, in the edge, in the overflow of one poll (23 events), kept open.
  while (engine->report().edges[0].in_flight < 3) std::this_thread::yield();
  EXPECT_LE(engine->report().stages[0].sent, 16U * (1 + 3 + 2 + 1));
  Gate::get().open();
  ASSERT_TRUE(engine->wait());
  EXPECT_EQ(Witness::get().of("sink").size(), 100'000U);
}

TEST(Engine, RunsThreadsInACircleOverOneFullEdgeWithoutDeadlock) {
  // a on thread 0 -> b on thread 1 -> c on thread 0: both threads wait for each other's room.
  GraphMaker maker(2);
  maker.graph().config.batch_events_max = 1;
  const auto a = maker.add("a", source_plugin(), 0, {}, 3000);
  const auto b = maker.add("b", splitter_plugin(), 1, {{.stage = a, .capacity = 1}}, 1);
  const auto c = maker.add("c", splitter_plugin(), 0, {{.stage = b, .output = 0, .capacity = 1}}, 1);
  maker.add("d", sink_plugin(), 1, {{.stage = c, .output = 1, .capacity = 1}});
  auto engine = started(maker.finish());
  ASSERT_TRUE(engine->wait());
  EXPECT_TRUE(engine->report().balanced) << engine->report().imbalance;
}

TEST(Engine, DrainsWhatAStageHolds) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 777);
  const auto holder = maker.add("holder", holder_plugin(), 1, {{.stage = source}});
  maker.add("sink", sink_plugin(), 0, {{.stage = holder}});
  auto engine = started(maker.finish());
  ASSERT_TRUE(engine->wait());
  EXPECT_EQ(Witness::get().of("sink").size(), 777U);
  EXPECT_EQ(engine->report().stages[1].held, 0U);
}

TEST(Engine, StopsInOrderWhenAsked) {
  GraphMaker maker(2, WaitMode::block);
  const auto source = maker.add("source", source_plugin(), 0, {}, -1);  // idle for ever
  maker.add("sink", sink_plugin(), 1, {{.stage = source}});
  auto engine = started(maker.finish());
  EXPECT_EQ(engine->state(), EngineState::running);
  engine->stop();
  ASSERT_TRUE(engine->wait());
  EXPECT_EQ(engine->state(), EngineState::stopped);
}

TEST(Engine, AbandonsWithoutDrainAndSaysWhatIsInFlight) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 100'000);
  maker.add("sink", gated_sink_plugin(), 1, {{.stage = source, .capacity = 2}});
  Gate::get().close();
  auto engine = started(maker.finish());
  Gate::get().wait_for_arrivals(1);
  while (engine->report().edges[0].in_flight == 0) std::this_thread::yield();
  engine->abandon();
  Gate::get().open();
  ASSERT_TRUE(engine->wait());
  const RunReport report = engine->report();
  EXPECT_GT(report.edges[0].in_flight, 0U);
  EXPECT_TRUE(report.balanced) << report.imbalance;
}

TEST(Engine, EndsTheRunInOrderWhenAStageFails) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 50'000);
  maker.add("bad", failing_sink_plugin(), 1, {{.stage = source}}, 1234);
  maker.add("good", sink_plugin(), 1, {{.stage = source}});
  auto engine = started(maker.finish());
  auto outcome = engine->wait();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "stage bad: cannot write: disk on fire");
  const RunReport report = engine->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  EXPECT_GT(report.stages[1].failed, 0U);
  EXPECT_EQ(Witness::get().of("good").size(), report.stages[0].sent)
      << "what was sent reached the other sink";
}

TEST(Engine, WritesABatchThatFailedToTheDeadLettersAndGoesOn) {
  const testing::TempFolder folder;
  const std::string path = folder.at("dead_letters");
  GraphMaker maker(1);
  maker.graph().config.dead_letter_path = path;
  const auto source = maker.add("source", source_plugin(), 0, {}, 500);
  const auto bad = maker.add("bad", failing_sink_plugin(), 0, {{.stage = source}}, 250);
  maker.graph().stages[bad].on_error = OnError::dead_letter;
  auto engine = started(maker.finish());
  ASSERT_TRUE(engine->wait());
  const RunReport report = engine->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  EXPECT_EQ(Witness::get().of("bad").size() + report.stages[1].failed, 500U);
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes.size(), report.stages[1].failed * event_size<Number>);
}

TEST(DeadLetters, EndWithAWholeEventAndRefuseFilesOfSomethingElse) {
  const testing::TempFolder folder;
  PipelineConfig config;
  config.dead_letter_path = folder.at("dead_letters");
  const Event whole{.size = 40, .type = 256, .verdict = 0, .flags = 0, .sequence = 1, .time = 2, .origin = 3};
  const std::string bytes = std::string(reinterpret_cast<const char*>(&whole), sizeof whole) + "12345678";
  const auto size_after = [&](const std::string& held) {
    std::ofstream(config.dead_letter_path, std::ios::binary) << held;
    auto opened = DeadLetters(config).open();
    return opened ? std::to_string(std::filesystem::file_size(config.dead_letter_path))
                  : opened.error().message;
  };
  EXPECT_EQ(size_after(""), "0");
  EXPECT_EQ(size_after(bytes + bytes), "80");
  for (std::size_t torn = 1; torn < bytes.size(); ++torn)
    EXPECT_EQ(size_after(bytes + bytes.substr(0, torn)), "40");
  EXPECT_EQ(size_after(bytes + std::string(40, 'x')),
            "dead_letter.path " + config.dead_letter_path +
                ": holds no event at byte 40: name another file, or move this one away");
}

TEST(DeadLetters, MakeTheirFileSoThatAPowerCutLeavesIt) {
  const testing::TempFolder folder;
  PipelineConfig config;
  config.dead_letter_path = folder.at("dead_letters");
  const std::uint64_t before = system_calls().folder_syncs;
  ASSERT_TRUE(DeadLetters(config).open());
  EXPECT_EQ(system_calls().folder_syncs, before + 1);
}

TEST(Engine, NamesTheStageThatCannotBeMade) {
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, 1);
  maker.add("licensed", throwing_create_plugin(), 0, {{.stage = source}});
  auto engine = Engine::create(maker.finish(), {});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().message, "stage licensed: create failed: no licence");
}

TEST(Engine, NamesTheOptionForWhichAStageCannotBeMade) {
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, 1);
  maker.add("picky", throwing_create_plugin(), 0, {{.stage = source}}, 5);
  auto engine = Engine::create(maker.finish(), {});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().message, "stage picky: option parameter: create failed: not here");
}

TEST(Engine, NamesTheStageThatCannotStartAndStopsTheOthers) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 1);
  maker.add("sink", sink_plugin(), 1, {{.stage = source}});
  maker.add("broken", failing_start_plugin(), 1, {{.stage = source}});
  auto engine = Engine::create(maker.finish(), {});
  ASSERT_TRUE(engine);
  auto outcome = engine.value()->start();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "stage broken: start failed: no such device");
}

TEST(Engine, GivesUpOnAStageWhoseStartDoesNotReturn) {
  GraphMaker maker(1);
  maker.graph().config.start_timeout_ns = 20'000'000;
  const auto source = maker.add("source", source_plugin(), 0, {}, 1);
  maker.add("stuck", hanging_start_plugin(), 0, {{.stage = source}});
  // The engine leaves its parts behind, and the graph with them.
  static GraphMaker* const kept = new GraphMaker(std::move(maker));
  Gate::get().close();
  {
    auto engine = Engine::create(kept->finish(), {});
    ASSERT_TRUE(engine);
    auto outcome = engine.value()->start();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "stage stuck: start did not return within 20 ms (timeouts.start)");
  }
  Gate::get().open();
}

TEST(EngineDeathTest, NamesTheStageWhosePluginReturnsNonsenseSizes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, 10);
  const auto liar = maker.add("liar", liar_plugin(), 0, {{.stage = source}});
  maker.add("sink", sink_plugin(), 0, {{.stage = liar}});
  Graph& graph = maker.finish();
  EXPECT_DEATH(
      {
        auto engine = Engine::create(graph, {});
        static_cast<void>(engine.value()->start());
        static_cast<void>(engine.value()->wait());
      },
      "stage liar \\(plugin transform_liar\\) emitted an event with a wrong size");
}

TEST(Engine, SaysWhichEdgeStandsStillAndWhoItWaitsFor) {
  GraphMaker maker(2);
  const auto source = maker.add("source", source_plugin(), 0, {}, 100'000);
  maker.add("stuck", gated_sink_plugin(), 1, {{.stage = source, .capacity = 2}});
  maker.graph().config.watchdog_after_ns = 1'000'000;
  Gate::get().close();
  auto engine = started(maker.finish());
  // Its thread may take a moment to wake up and go in.
  std::string stall;
  while (stall.find("is inside stage stuck") == std::string::npos) {
    const std::vector<std::string> stalls = engine->stalls();
    if (!stalls.empty()) stall = stalls.front();
    std::this_thread::yield();
  }
  EXPECT_NE(stall.find("batches wait for stage stuck (capacity 2)"), std::string::npos) << stall;
  Gate::get().open();
  ASSERT_TRUE(engine->wait());
}

TEST(Engine, SendsTicksWhileItsSourceIsIdle) {
  GraphMaker maker(1);
  const auto source = maker.add("source", source_plugin(), 0, {}, -1);
  maker.add("sink", sink_plugin(), 0, {{.stage = source}});
  maker.graph().config.tick_every_ns = 1'000'000;
  auto engine = started(maker.finish());
  while (engine->report().stages[1].received < 3) std::this_thread::yield();
  engine->stop();
  ASSERT_TRUE(engine->wait());
  EXPECT_TRUE(Witness::get().of("sink").empty()) << "ticks are not numbers";
}

}  // namespace
}  // namespace tickweir::test
