// What the engine promises about snapshots: a run that goes on from one is the run that had no end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "snapshot_pipeline.h"
#include "tickweir/testing_random.h"

namespace tickweir::test {
namespace {

namespace fs = std::filesystem;

using Shape = SnapshotShape;
using Pipeline = SnapshotPipeline;

TEST_P(Snapshots, AreGoneOnFrom) {
  run(shape(900), 1);
  const std::size_t stored = disk("log").events.size();
  const std::uint64_t at = newest().logs[0].last_sequence;
  ASSERT_LE(at, stored);
  ASSERT_EQ(newest().logs[1].stage, "trades");
  ASSERT_EQ(newest().stages.size(), 3U) << "source, filter and sums";
  brought_ = 900;
  run(shape(1500));
  EXPECT_EQ(recovered_events(), stored - at) << "the filter is shown what came after the snapshot only";
  EXPECT_NE(logged_.find("going on from " + files().front()), std::string::npos) << logged_;
  if (stored != at) {
    EXPECT_NE(logged_.find("replayed " + std::to_string(stored - at) + " events"), std::string::npos)
        << logged_;
  }
  expect_as_undisturbed(1500);
}

TEST_P(Snapshots, ChangeNothingHoweverOftenTheyAreTaken) {
  // A sanitizer takes its time for a fork, and for each event.
  constexpr std::int64_t events = testing::is_sanitized ? 12'000 : 60'000;
  run(shape(events), testing::is_sanitized ? 4 : 10);
  EXPECT_FALSE(files().empty());
  EXPECT_LE(files().size(), 2U) << "two are kept";
  expect_as_undisturbed(events);
}

TEST_P(Snapshots, AreTakenByThemselves) {
  Shape often = shape(20'000);
  often.every_events = 100;
  Pipeline pipeline(often, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  while (read_cell(pipeline.engine().telemetry().snapshots->taken) < 1) std::this_thread::yield();
  pipeline.end();
  EXPECT_FALSE(files().empty());
}

TEST_P(Snapshots, AreNotTakenTwiceOfTheSame) {
  Pipeline pipeline(shape(100), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  pipeline.run_out(100);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pipeline.engine().take_snapshot());
  pipeline.end();
  EXPECT_LE(files().size(), 1U);
}

// The source waits for what the first log makes durable, nobody for the second: that one gathers, here for
// long.
TEST_P(Snapshots, HaveALogStoreWhatItGathers) {
  Shape slow = shape(100);
  slow.max_delay_ns = never_ns;
  Pipeline pipeline(slow, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  const Cell& arrived = pipeline.engine().telemetry().stages[4]->received_events;
  while (read_cell(arrived) < 80) std::this_thread::yield();
  ASSERT_TRUE(pipeline.engine().take_snapshot());
  EXPECT_EQ(disk("trades").groups, std::vector<std::size_t>{80});
  pipeline.end();
}

// A thread that spins needs no wake, but it waits: the log does not gather.
TEST_P(Snapshots, AreNotNeededByAStageThatWaitsForALog) {
  Shape slow = shape(100);
  slow.max_delay_ns = never_ns;
  slow.releases = true;
  Pipeline pipeline(slow, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  const Cell& arrived = pipeline.engine().telemetry().stages[5]->received_events;
  while (read_cell(arrived) < 80) std::this_thread::yield();
  pipeline.end();
}

TEST_P(Snapshots, ThatAreDamagedArePassedOver) {
  run(shape(500), 1);
  brought_ = 500;
  run(shape(1000), 1);
  ASSERT_EQ(files().size(), 2U);
  damage(files().front());
  const std::string good = files().back();
  brought_ = 1000;
  run(shape(1500), 1);
  EXPECT_NE(logged_.find("is damaged at byte"), std::string::npos) << logged_;
  EXPECT_NE(logged_.find("going on from " + good), std::string::npos) << logged_;
  EXPECT_EQ(files().back(), good) << "the damaged one is gone, the good one kept";
  expect_as_undisturbed(1500);
}

TEST_P(Snapshots, AreNotNeededWhileTheLogIsWhole) {
  run(shape(900), 2);
  for (const std::string& file : files()) damage(file);
  brought_ = 900;
  run(shape(1500));
  EXPECT_EQ(logged_.find("going on from"), std::string::npos) << logged_;
  expect_as_undisturbed(1500);
}

// Its folder is not mounted, say. Whoever began anew would give the numbers of those events to others.
TEST_P(Snapshots, OfAnotherLogOrOfOneThatIsEmptyEndTheStart) {
  run(shape(900), 1);
  const auto log = disk("log").events;
  const auto trades = disk("trades").events;
  const auto before = files();
  const auto expect_refusal = [&](const std::string& what) {
    Pipeline pipeline(shape(1500), folder_);
    auto started = pipeline.engine().start();
    ASSERT_FALSE(started);
    const std::string& said = started.error().message;
    EXPECT_NE(said.find("log log " + what + ", but " + before.front() + " comes after event "),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("remove the snapshots in " + folder_), std::string::npos) << said;
    EXPECT_EQ(files(), before);
  };
  disk("log").id = 9;
  expect_refusal("is another one");
  EXPECT_EQ(disk("log").events, log);
  disk("log").events.clear();
  expect_refusal("is empty");
  disk("log").id = 0;
  expect_refusal("is empty");
  EXPECT_TRUE(disk("log").events.empty());
  EXPECT_EQ(disk("trades").events, trades);
  disk("log").events = log;
  brought_ = 900;
  run(shape(1500));
  EXPECT_NE(logged_.find("going on from " + before.front()), std::string::npos) << logged_;
  expect_as_undisturbed(1500);
}

// After a crash, all that was not synced may be gone. Its id says that it is there.
TEST_P(Snapshots, OfALogThatKeptNothingUnsyncedArePassedOver) {
  run(shape(900), 1);
  disk("log").events.clear();
  disk("trades").events.clear();
  {
    Pipeline synced(shape(1500), folder_);
    ASSERT_FALSE(synced.engine().start());
  }
  SnapshotShape unsynced = shape(1500);
  unsynced.sync = SyncMode::none;
  run(unsynced);
  EXPECT_NE(logged_.find(", which ends at 0"), std::string::npos) << logged_;
  expect_as_undisturbed(1500);
}

// It is made again from the first one.
TEST_P(Snapshots, AreNotMissedByASecondLogThatIsEmpty) {
  run(shape(900), 1);
  disk("trades").id = 9;
  disk("trades").events.clear();
  brought_ = 900;
  run(shape(1500));
  EXPECT_NE(logged_.find("log trades was another one"), std::string::npos) << logged_;
  expect_as_undisturbed(1500);
}

TEST_P(Snapshots, OfALogThatLostItsEndArePassedOver) {
  run(shape(900), 1);
  const std::uint64_t at = newest().logs[0].last_sequence;
  disk("log").events.resize(at - 1);
  disk("trades").events.clear();
  Pipeline pipeline(shape(900), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  pipeline.end();
  EXPECT_NE(pipeline.logged().find(", which ends at " + std::to_string(at - 1)), std::string::npos)
      << pipeline.logged();
}

// An older copy of the log was put in its place, and has since grown past the snapshot.
TEST_P(Snapshots, OfALogThatWentOnOtherwiseArePassedOver) {
  run(shape(900), 1);
  const std::uint64_t at = newest().logs[0].last_sequence;
  auto* const event = reinterpret_cast<Event*>(disk("log").events[at - 1].data());
  ASSERT_EQ(event->time, newest().logs[0].last_time);
  event->time += 1;
  disk("trades").events.clear();
  brought_ = 900;
  const std::string misfit = files().front();
  run(shape(1500), 2);
  EXPECT_EQ(std::ranges::count(files(), misfit), 1) << "it fits again when the other copy is back";
  EXPECT_NE(
      logged_.find("of sequence " + std::to_string(at) + " of log log, which holds another event there"),
      std::string::npos)
      << logged_;
}

TEST_P(Snapshots, LetLogsDropWhatTheOlderOfTwoDoesNotNeed) {
  Shape dropping = shape(900);
  dropping.retain = Retain::snapshots;
  {
    Pipeline pipeline(dropping, folder_);
    ASSERT_TRUE(pipeline.engine().start());
    pipeline.run_out(900);
    ASSERT_TRUE(pipeline.engine().take_snapshot());
    EXPECT_EQ(disk("log").dropped, 0U) << "one alone might be damaged";
    pipeline.end();
  }
  const std::uint64_t first = newest().logs[0].last_sequence;

  dropping.events = 1500;
  brought_ = 900;
  run(dropping, 0);
  dropping.events = 1800;
  brought_ = 1500;
  {
    Pipeline third(dropping, folder_);
    ASSERT_TRUE(third.engine().start());
    third.run_out(300);
    ASSERT_TRUE(third.engine().take_snapshot());
    third.end();
  }
  EXPECT_EQ(disk("log").dropped, first);
  EXPECT_EQ(files().size(), 2U);

  dropping.events = 2000;
  brought_ = 1800;
  run(dropping);
  damage(files().front());
  brought_ = 2000;
  run(dropping);
  EXPECT_NE(logged_.find("going on from"), std::string::npos) << logged_;
  expect_as_undisturbed(2000);
}

TEST_P(Snapshots, AreMissedWhenTheLogHasNoBeginning) {
  run(shape(900), 1);
  disk("log").dropped = newest().logs[0].last_sequence;
  damage(files().front());
  Pipeline pipeline(shape(900), folder_);
  auto started = pipeline.engine().start();
  ASSERT_FALSE(started);
  EXPECT_NE(
      started.error().message.find("what came before was dropped, and there is no snapshot to go on from"),
      std::string::npos)
      << started.error().message;
  EXPECT_NE(started.error().message.find("is damaged at byte"), std::string::npos) << started.error().message;
}

// A snapshot fits it, as there is nothing of it in there. What it would be shown is not what once passed.
TEST_P(Snapshots, AreNotEnoughForAStageThatMustBeShownTheWholeLog) {
  run({.threads = GetParam(), .events = 900, .filter = filter_plugin()}, 1);
  disk("log").dropped = 10;
  Pipeline pipeline({.threads = GetParam(), .events = 900, .filter = recovering_filter_plugin()}, folder_);
  auto started = pipeline.engine().start();
  ASSERT_FALSE(started);
  EXPECT_EQ(
      started.error().message,
      "stage log: recovery: stage filter (filter_recovering) must be shown the whole log, as it does not "
      "save what it remembers; the log begins at sequence 11: put a copy of the whole log there, or "
      "remove the stage; to begin anew, give the log an empty path, remove the snapshots, and move the logs "
      "behind it away");
  EXPECT_EQ(recovered_events(), 0U);
}

// What the stages know is behind what the logs have numbered.
TEST_P(Snapshots, AreNotTakenAmidTheReplay) {
  run(shape(900));
  Gate::get().close();
  Pipeline pipeline({.threads = GetParam(), .events = 900, .is_gated = true}, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  Gate::get().wait_for_arrivals(1);
  EXPECT_EQ(pipeline.engine().state(), EngineState::replaying);
  auto taken = pipeline.engine().take_snapshot();
  EXPECT_EQ(taken ? "taken" : taken.error().message, "the logs are being replayed");
  Gate::get().open();
  while (pipeline.engine().state() == EngineState::replaying) std::this_thread::yield();
  ASSERT_TRUE(pipeline.engine().take_snapshot());
  pipeline.end();
  EXPECT_EQ(newest().logs[0].last_sequence, disk("log").events.size());
}

// Sockets would stay open for as long as it writes, and a signal's handler is the parent's.
TEST_P(Snapshots, AreSavedWithoutWhatTheParentHasOpenAndWithoutItsSignals) {
  descriptor_of_the_parent = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  run(shape(900), 1);
  ::close(std::exchange(descriptor_of_the_parent, -1));
  EXPECT_EQ(files().size(), 1U);
}

// The value of a series; -1: it is not there.
double value_of(const std::string& page, const std::string& series) {
  const std::size_t at = page.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size() + 2));
}

TEST_P(Snapshots, AndLogsAreInTheMetrics) {
  Pipeline pipeline(shape(900), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  pipeline.run_out(900);
  ASSERT_TRUE(pipeline.engine().take_snapshot());
  pipeline.end();
  const std::string page = pipeline.metrics();
  constexpr double passed = 720;  // the filter refuses every fifth
  const auto of_log = [&](const std::string& name) {
    return value_of(page, "tickweir_wal_" + name + R"({component_id="log",plugin="wal_test"})");
  };
  for (const char* const name : {"last_sequence", "durable_sequence", "stored_events_total",
                                 "group_events_sum", "durable_latency_seconds_count"}) {
    EXPECT_EQ(of_log(name), passed) << name;
  }
  EXPECT_EQ(of_log("stored_bytes_total"), passed * event_size<Number>);
  EXPECT_GT(of_log("groups_total"), 0);
  EXPECT_EQ(of_log("groups_total"), of_log("group_events_count"));
  EXPECT_EQ(of_log("sync_duration_seconds_count"), static_cast<double>(disk("log").syncs));
  for (const char* const name : {"disk_full_total", "waits_for_room", "replayed_events_total"}) {
    EXPECT_EQ(of_log(name), 0) << name;
  }
  EXPECT_GE(of_log("late_events_total"), 0);
  EXPECT_GE(of_log("blocked_seconds_total"), 0);
  EXPECT_EQ(value_of(page, R"(tickweir_snapshots_total{result="taken"})"), 1);
  EXPECT_EQ(value_of(page, R"(tickweir_snapshots_total{result="failed"})"), 0);
  EXPECT_EQ(value_of(page, "tickweir_snapshot_bytes"), static_cast<double>(fs::file_size(files().front())));
  EXPECT_GT(value_of(page, "tickweir_snapshot_timestamp_seconds"), 0);
  EXPECT_EQ(value_of(page, "tickweir_snapshot_pause_seconds_count"), 1);
  EXPECT_EQ(value_of(page, "tickweir_snapshot_duration_seconds_count"), 1);
}

TEST_P(Snapshots, BelongToOneRunAtATime) {
  Pipeline one(shape(0), folder_);  // nothing happens that both would remember
  ASSERT_TRUE(one.engine().start());
  Pipeline other(shape(0), folder_);
  auto started = other.engine().start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("are in use: another process holds"), std::string::npos);
  one.end();
}

INSTANTIATE_TEST_SUITE_P(Threads, Snapshots, ::testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace tickweir::test
