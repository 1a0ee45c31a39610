// What the engine promises about logs: durable before settled, in order, the same again after a restart.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "log_pipeline.h"

namespace tickweir::test {
namespace {

TEST_P(Logs, StoreWhatPassesUnderRisingNumbers) {
  Pipeline run(shape());
  ASSERT_TRUE(run());
  ASSERT_EQ(disk("log").events.size(), 1000U);
  EXPECT_EQ(run.engine().telemetry().logs[2]->durable_sequence, 1000U);
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(sequence_at("log", i), i + 1);
  EXPECT_EQ(disk("log").synced, 1000U);
  EXPECT_EQ(disk("trades").events.size(), Witness::get().of("sink").size());
  EXPECT_EQ(Witness::get().of("released").size(), 1000U);
  EXPECT_EQ(disk("log").schema,
            "EventHeader 32 0 size@0:4 type@4:2 verdict@6:1 flags@7:1 sequence@8:8 time@16:8 origin@24:8\n"
            "Number 16 300 value@0:8 path@8:8\n");
}

TEST_P(Logs, SettleEveryEventOnceInOrderAndOnlyWhenItIsDurable) {
  ASSERT_TRUE(Pipeline(shape())());
  ASSERT_EQ(settled().size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(settled()[i], (Settled{make_origin(1, i + 1), 0, true})) << i;
  }
}

TEST_P(Logs, SettleRefusedEventsWithTheirVerdictAndDoNotStoreThem) {
  Shape refusing = shape();
  refusing.refuse = 2;
  ASSERT_TRUE(Pipeline(refusing)());
  std::size_t refused = 0;
  ASSERT_EQ(settled().size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(settled()[i].origin, make_origin(1, i + 1));
    ASSERT_EQ(settled()[i].verdict != 0, is_refused(i, 2));
    refused += settled()[i].verdict != 0 ? 1 : 0;
  }
  EXPECT_EQ(disk("log").events.size(), 1000 - refused);
}

TEST_P(Logs, TellNobodyBeforeTheSyncHasReturned) {
  Disks::get().close("log");
  Pipeline run(shape());
  ASSERT_TRUE(run.start());
  Disks::get().wait_for_arrival();
  // The first group is in the sync and stays there: work inside goes on, but nothing has left.
  EXPECT_TRUE(Witness::get().of("released").empty());
  EXPECT_TRUE(disk("trades").events.empty());
  EXPECT_EQ(run.engine().telemetry().logs[2]->durable_sequence, 0U);
  Disks::get().open();
  ASSERT_TRUE(run.wait());
  EXPECT_EQ(settled().size(), 1000U);
}

TEST_P(Logs, StoreNothingInTheSecondThatIsNotDurableInTheFirst) {
  ASSERT_TRUE(Pipeline(shape())());
  EXPECT_EQ(disk("trades").upstream_synced_at_append, 1000U);
}

TEST_P(Logs, GoOnAfterARestartAsIfThereHadBeenNone) {
  Shape undisturbed = shape();
  undisturbed.events = 1500;
  undisturbed.refuse = 4;
  ASSERT_TRUE(Pipeline(undisturbed)());
  const auto all = disk("log").events;
  const auto trades = disk("trades").events;
  Disks::get().clear();

  Shape first = undisturbed;
  first.events = 900;
  ASSERT_TRUE(Pipeline(first)());
  const std::size_t stored = disk("log").events.size();
  Pipeline second(undisturbed);
  ASSERT_TRUE(second());
  EXPECT_EQ(recovered_events(), stored) << "the filter is shown what is stored";
  EXPECT_EQ(disk("log").events, all);
  EXPECT_EQ(disk("trades").events, trades);
  EXPECT_EQ(Witness::get().of("released").size(), all.size())
      << "the replay reaches the stages after the log";
  EXPECT_NE(second.logged().find("replayed " + std::to_string(stored) + " events"), std::string::npos);
}

TEST_P(Logs, GoOnFromWhatAPowerCutLeft) {
  Shape whole = shape();
  ASSERT_TRUE(Pipeline(whole)());
  const auto all = disk("log").events;
  const auto trades = disk("trades").events;
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, std::size_t{333}, std::size_t{999}}) {
    for (const std::size_t kept_trades : {std::size_t{0}, kept / 2}) {
      disk("log").synced = kept;
      disk("log").cut();
      disk("trades").synced = std::min(kept_trades, disk("trades").events.size());
      disk("trades").cut();
      ASSERT_TRUE(Pipeline(whole)());
      ASSERT_EQ(disk("log").events, all) << kept;
      ASSERT_EQ(disk("trades").events, trades) << kept;
    }
  }
}

TEST_P(Logs, KeepWhatAStageAfterThemHoldsForTheNextRun) {
  GraphMaker maker(1);
  const auto source = maker.add("source", settling_source_plugin(), 0, {}, 100);
  const auto log = maker.add("log", memory_log_plugin(), 0, {{.stage = source}});
  const auto holder = maker.add("holder", holder_plugin(), 0, {{.stage = log}});
  const auto trades = maker.add("trades", memory_log_plugin(), 0, {{.stage = holder}});
  maker.graph().stages[holder].log = maker.graph().stages[trades].log = log;
  maker.graph().stages[source].settling_log = log;
  auto engine = std::move(Engine::create(maker.finish(), {}).value());
  ASSERT_TRUE(engine->start());
  ASSERT_TRUE(engine->wait());
  const RunReport report = engine->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  EXPECT_EQ(report.stages[holder].held, 100U);
  EXPECT_TRUE(disk("trades").events.empty()) << "that the run ended is not in the log";
}

TEST_P(Logs, RefuseASecondLogThatTheReplayDoesNotMakeAgain) {
  ASSERT_TRUE(Pipeline(shape())());
  disk("trades").events[7].back() ^= 1;
  auto outcome = Pipeline(shape())();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("stage trades: event 8 is stored otherwise"), std::string::npos)
      << outcome.error().message;
}

// New events would take the numbers of those that are lost, and be acknowledged.
TEST_P(Logs, RefuseAFirstLogThatLostItsEndBeforeASourceIsPolled) {
  ASSERT_TRUE(Pipeline(shape())());
  const auto trades = disk("trades").events;
  Shape more = shape();
  more.events = 2000;
  for (const std::size_t kept : {std::size_t{500}, std::size_t{0}}) {
    disk("log").events.resize(kept);
    Pipeline run(more);
    auto outcome = run();
    ASSERT_FALSE(outcome);
    const std::string& said = outcome.error().message;
    EXPECT_TRUE(said.starts_with("stage trades: the log holds " + std::to_string(trades.size()) +
                                 " events, the replay makes "))
        << said;
    EXPECT_NE(said.find("the log before it has lost its end"), std::string::npos) << said;
    EXPECT_EQ(run.engine().report().stages[0].sent, 0U);
    EXPECT_EQ(disk("log").events.size(), kept);
    EXPECT_EQ(disk("trades").events, trades);
  }
  disk("trades").events.clear();
  ASSERT_TRUE(Pipeline(more)()) << "set aside knowingly, it is made again";
}

TEST_P(Logs, ReplayComparesAndTouchesNothing) {
  ASSERT_TRUE(Pipeline(shape())());
  const auto trades = disk("trades").events;
  const std::size_t syncs = disk("log").syncs;
  Shape again = shape();
  again.mode.is_replay = true;
  Pipeline replay(again);
  ASSERT_TRUE(replay());
  const auto replays = replay.engine().replays();
  ASSERT_EQ(replays.size(), 2U);
  EXPECT_EQ(replays[0].id, "log");
  EXPECT_TRUE(replays[0].is_input);
  EXPECT_EQ(replays[0].made_last, 1000U);
  EXPECT_EQ(replays[1].id, "trades");
  EXPECT_EQ(replays[1].made_last, trades.size());
  EXPECT_EQ(replays[1].equal_events, trades.size());
  EXPECT_EQ(disk("trades").events, trades);
  EXPECT_EQ(disk("log").events.size(), 1000U);
  EXPECT_EQ(disk("log").syncs, syncs);
  EXPECT_EQ(recovered_events(), 0U) << "what is before a log takes no part";
  EXPECT_TRUE(settled().empty());
  EXPECT_TRUE(Witness::get().of("sink").empty());
  EXPECT_TRUE(Witness::get().of("released").empty());
}

TEST_P(Logs, ReplayCountsWhatTheSecondDoesNotHoldYet) {
  ASSERT_TRUE(Pipeline(shape())());
  const std::size_t made = disk("trades").events.size();
  disk("trades").synced = made / 2;
  disk("trades").cut();
  Shape again = shape();
  again.mode.is_replay = true;
  Pipeline replay(again);
  ASSERT_TRUE(replay());
  EXPECT_EQ(replay.engine().replays()[1].made_last, made);
  EXPECT_EQ(replay.engine().replays()[1].equal_events, made / 2);
  EXPECT_EQ(disk("trades").events.size(), made / 2);
}

TEST_P(Logs, ReplayEndsWhereItIsTold) {
  ASSERT_TRUE(Pipeline(shape())());
  Shape again = shape();
  // Whoever wants to see a stage gets those before the log, too, as they were then.
  again.mode = {.is_replay = true, .replay_until = 333, .shown_stage = "none of these"};
  Pipeline replay(again);
  ASSERT_TRUE(replay());
  EXPECT_EQ(replay.engine().replays()[0].made_last, 333U);
  EXPECT_EQ(recovered_events(), 333U) << "stages before the log";
  const LogReplay trades = replay.engine().replays()[1];
  EXPECT_EQ(trades.equal_events, trades.made_last);
  EXPECT_GT(trades.made_last, 0U);
  EXPECT_LT(trades.made_last, trades.held_last);
}

TEST_P(Logs, ReplayNamesTheFirstByteThatDiffers) {
  ASSERT_TRUE(Pipeline(shape())());
  disk("trades").events[7][40] ^= 1;
  Shape again = shape();
  again.mode.is_replay = true;
  auto outcome = Pipeline(again)();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("stage trades: event 8 is stored otherwise"), std::string::npos)
      << outcome.error().message;
  EXPECT_NE(outcome.error().message.find("first at byte 40"), std::string::npos) << outcome.error().message;
}

TEST_P(Logs, RefuseAFirstLogThatLostItsBeginning) {
  ASSERT_TRUE(Pipeline(shape())());
  for (const std::size_t dropped : {std::size_t{10}, std::size_t{1000}}) {
    disk("log").dropped = dropped;  // 1,000: all it held
    auto outcome = Pipeline(shape())();
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("the log begins at sequence " + std::to_string(dropped + 1)),
              std::string::npos)
        << outcome.error().message;
  }
}

TEST_P(Logs, EndTheRunWhenASyncFailsAndSettleNothingMore) {
  disk("log").fail_sync_at = 3;
  auto outcome = Pipeline(shape())();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("stage log: sync failed: the disk lost it"), std::string::npos)
      << outcome.error().message;
  EXPECT_EQ(disk("log").syncs, 3U) << "never tried again";
  EXPECT_LE(settled().size(), disk("log").synced);
  for (const Settled& one : settled()) EXPECT_TRUE(one.is_durable);
  EXPECT_LE(Witness::get().of("released").size(), disk("log").synced);
  EXPECT_LE(disk("trades").upstream_synced_at_append, disk("log").synced);
}

TEST_P(Logs, EndTheRunWhenAnAppendFails) {
  disk("log").fail_append_at = 1;
  auto outcome = Pipeline(shape())();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("append failed: the disk said EIO"), std::string::npos);
  EXPECT_TRUE(settled().empty());
  EXPECT_TRUE(disk("trades").events.empty());
}

TEST_P(Logs, WaitWhileTheDiskIsFullAndGoOnWhenThereIsRoom) {
  disk("log").full_times = 2;
  Pipeline run(shape());
  ASSERT_TRUE(run());
  EXPECT_EQ(disk("log").events.size(), 1000U);
  EXPECT_EQ(settled().size(), 1000U);
  EXPECT_NE(run.logged().find("the disk is full"), std::string::npos);
  EXPECT_NE(run.logged().find("the disk has room again"), std::string::npos);
}

TEST_P(Logs, CountWhatTheyRepairAtTheStart) {
  Pipeline sound(shape());
  ASSERT_TRUE(sound());
  EXPECT_EQ(sound.engine().telemetry().logs[2]->repairs, 0U);
  disk("log").note = "cut a torn end";
  Pipeline torn(shape());
  ASSERT_TRUE(torn());
  EXPECT_EQ(torn.engine().telemetry().logs[2]->repairs, 1U);
  EXPECT_NE(torn.logged().find("cut a torn end"), std::string::npos) << torn.logged();
}

TEST_P(Logs, KeepGroupsWithinTheirBound) {
  for (const std::uint32_t bound : {1U, 5U, 64U}) {
    Disks::get().clear();
    Shape bounded = shape();
    bounded.max_events = bound;
    ASSERT_TRUE(Pipeline(bounded)());
    EXPECT_EQ(disk("log").events.size(), 1000U);
    for (const std::size_t group : disk("log").groups) ASSERT_LE(group, bound);
  }
}

TEST_P(Logs, SyncAsTheirModeSays) {
  Shape mode = shape();
  mode.events = 200;
  mode.sync = SyncMode::each;
  ASSERT_TRUE(Pipeline(mode)());
  EXPECT_GE(disk("log").syncs, 200U);  // one more when nothing has come for a while
  for (const SyncMode unsynced : {SyncMode::none, SyncMode::os}) {
    Disks::get().clear();
    mode.sync = unsynced;
    ASSERT_TRUE(Pipeline(mode)());
    EXPECT_EQ(disk("log").syncs, 0U);
    EXPECT_EQ(disk("log").events.size(), 200U);
    EXPECT_EQ(settled().size(), 200U);
  }
}

// So that what recovery finds last is known to have been synced, and not taken for a torn end.
TEST_P(Logs, SyncOnceMoreWhenIdle) {
  Shape small = shape();
  small.events = 10;
  small.is_lasting = true;
  Pipeline run(small);
  ASSERT_TRUE(run.start());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (disk("log").idle_syncs == 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(disk("log").idle_syncs, 1U);
  run.engine().stop();
  ASSERT_TRUE(run.wait());
}

TEST_P(Logs, SyncInOsWhatDoesNotOutliveTheProcess) {
  Shape os = shape();
  os.sync = SyncMode::os;
  os.forgets = true;
  ASSERT_TRUE(Pipeline(os)());
  EXPECT_GT(disk("log").syncs, 0U);
  ASSERT_EQ(settled().size(), 1000U);
  for (const Settled& one : settled()) ASSERT_TRUE(one.is_durable);
  EXPECT_EQ(disk("trades").upstream_synced_at_append, 1000U);
  Disks::get().clear();
  os.sync = SyncMode::none;
  ASSERT_TRUE(Pipeline(os)());
  EXPECT_EQ(disk("log").syncs, 0U) << "nobody was promised anything";
}

TEST_P(Logs, EndWhenAbandonedInsideASync) {
  Disks::get().close("log");
  Pipeline run(shape());
  ASSERT_TRUE(run.start());
  Disks::get().wait_for_arrival();
  run.engine().abandon();
  Disks::get().open();
  ASSERT_TRUE(run.engine().wait());
  for (const Settled& one : settled()) EXPECT_TRUE(one.is_durable);
}

TEST(OverlappingLogs, StoreTheNextGroupWhileThisOneIsSynced) {
  for (const std::uint32_t threads : {1U, 3U}) {
    Disks::get().clear();
    const Shape shape{.threads = threads, .max_events = 5, .overlaps = true, .waits_below = 1000};
    ASSERT_TRUE(Pipeline(shape)());  // batches have more than 5
    EXPECT_GT(Disks::get().of("log").appends_during_syncs, 0U);
    EXPECT_EQ(Disks::get().of("log").synced, 1000U);
    ASSERT_EQ(settled().size(), 1000U);
    for (const Settled& one : settled()) EXPECT_TRUE(one.is_durable);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, Logs,
                         ::testing::Values(Layout{1, false}, Layout{2, false}, Layout{3, false},
                                         Layout{1, true}, Layout{3, true}),
                         [](const auto& one) {
                           return std::to_string(one.param.threads) + "_threads" +
                                  (one.param.overlaps ? "_overlapping" : "");
                         });

}  // namespace
}  // namespace tickweir::test
