// What the engine promises about snapshots: a run that goes on from one is the run that had no end.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "log_stages.h"
#include "recorded_engine.h"
#include "runtime/durability/snapshot_folder.h"
#include "runtime/engine/engine.h"
#include "scarcity.h"
#include "test_stages.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_folder.h"

namespace tickweir::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t never_ns = 3'600'000'000'000;

struct Shape {
  std::uint32_t threads = 1;
  std::int64_t events = 1000;
  Retain retain = Retain::all;
  std::uint64_t every_events = 0;
  std::uint64_t max_delay_ns = 10'000'000;
  bool releases = false;  // the sink gets only what is durable in the second log, on a thread that spins
  const Plugin& sums = summing_plugin();
};

// source -> filter -> log -> sums -> trades(log) -> sink
class Pipeline : public RecordedEngine {
 public:
  Pipeline(const Shape& shape, const std::string& folder) : RecordedEngine(shape.threads) {
    Witness::get().clear();
    settled().clear();
    const std::uint32_t core = shape.threads > 1 ? 1 : 0;
    const std::uint32_t last = shape.threads > 2 ? 2 : core;
    PipelineConfig& config = maker_.graph().config;
    config.batch_events_max = 16;
    if (!folder.empty())
      config.snapshots = {.path = folder, .every_ns = never_ns, .every_events = shape.every_events};
    const auto source = maker_.add("source", lasting_source_plugin(), 0, {}, shape.events);
    const auto filter = maker_.add("filter", saving_filter_plugin(), 0, {{.stage = source}}, 4);
    const auto log = maker_.add("log", memory_log_plugin(), core, {{.stage = filter}});
    const auto sums = maker_.add("sums", shape.sums, core, {{.stage = log}}, 3);
    const auto trades = maker_.add("trades", memory_log_plugin(), last, {{.stage = sums}});
    maker_.add("sink", sink_plugin(), last, {{.stage = trades}});
    auto& stages = maker_.graph().stages;
    stages[sums].log = stages[trades].log = log;
    stages.back().log = trades;
    stages.back().release_durable = shape.releases;
    if (shape.releases) maker_.graph().threads[last].wait = WaitMode::spin;
    stages[source].settling_log = log;
    for (const auto one : {log, trades}) {
      stages[one].durability.retain = shape.retain;
      stages[one].durability.max_delay_ns = shape.max_delay_ns;
    }
    make();
  }
};

using Events = std::vector<std::vector<std::uint8_t>>;

class Snapshots : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override { Disks::get().clear(); }

  static Disk& disk(const std::string& id) { return Disks::get().of(id); }
  [[nodiscard]] Shape shape(std::int64_t events) const { return {.threads = GetParam(), .events = events}; }
  void run(const Shape& wanted, std::size_t snapshots = 0) {
    Pipeline pipeline(wanted, folder_);
    auto started = pipeline.engine().start();
    ASSERT_TRUE(started) << started.error().message;
    if (snapshots != 0) pipeline.run_out((static_cast<std::uint64_t>(wanted.events) - brought_) / 2);
    for (std::size_t i = 0; i < snapshots; ++i) {
      auto taken = pipeline.engine().take_snapshot();
      ASSERT_TRUE(taken) << taken.error().message;
    }
    pipeline.run_out(static_cast<std::uint64_t>(wanted.events) - brought_);
    pipeline.end();
    logged_ = pipeline.logged();
  }
  // What a run that is never disturbed leaves in the logs.
  void expect_as_undisturbed(std::int64_t events) {
    const Events log = disk("log").events;
    const Events trades = disk("trades").events;
    Disks::get().clear();
    Pipeline whole(shape(events), "");
    ASSERT_TRUE(whole.engine().start());
    whole.run_out(static_cast<std::uint64_t>(events));
    whole.end();
    EXPECT_EQ(log, disk("log").events);
    EXPECT_EQ(trades, disk("trades").events);
  }
  [[nodiscard]] std::vector<std::string> files() const {
    return SnapshotFolder(posix_files(), folder_).list().value();
  }
  [[nodiscard]] Snapshot newest() const {
    return read_snapshot(Files(posix_files()), files().front()).value();
  }
  static void damage(const std::string& file) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(40);
    bytes.put('\x55');
  }

  testing::TempFolder around_;
  std::string folder_ = around_.at("snapshots");
  std::uint64_t brought_ = 0;  // by runs before, and durable
  std::string logged_;
};

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
  run(shape(60'000), 10);
  EXPECT_FALSE(files().empty());
  EXPECT_LE(files().size(), 2U) << "two are kept";
  expect_as_undisturbed(60'000);
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

TEST_P(Snapshots, OfAnotherLogOrOfALogThatLostItsEndArePassedOver) {
  run(shape(900), 1);
  disk("log").id = 9;
  brought_ = 900;
  run(shape(900));
  EXPECT_NE(logged_.find("log log was another one"), std::string::npos) << logged_;
  disk("log").id = 0;
  const std::uint64_t at = newest().logs[0].last_sequence;
  disk("log").events.resize(at - 1);
  disk("trades").events.clear();
  brought_ = 0;
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
  run(shape(900));
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

TEST_P(Snapshots, ThatCannotBeWrittenAreReportedAndTheRunGoesOn) {
  Shape failing{.threads = GetParam(), .events = 900, .sums = failing_save_plugin()};
  Pipeline pipeline(failing, folder_);
  ASSERT_TRUE(pipeline.engine().start());
  auto taken = pipeline.engine().take_snapshot();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "save failed: it will not be saved");
  EXPECT_EQ(read_cell(pipeline.engine().telemetry().snapshots->failed), 1U);
  pipeline.run_out(900);
  pipeline.end();
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(fs::exists(folder_ + "/new"), false);
}

TEST_P(Snapshots, ForWhichThereIsNoProcessCostNothingButThemselves) {
  Pipeline pipeline(shape(900), folder_);
  ASSERT_TRUE(pipeline.engine().start());
  {
    const auto scarcity = Scarcity::of_processes();
    auto taken = pipeline.engine().take_snapshot();
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().message, "fork failed: Resource temporarily unavailable");
  }
  pipeline.run_out(900);
  EXPECT_TRUE(pipeline.engine().take_snapshot());
  pipeline.end();
  EXPECT_EQ(files().size(), 1U);
}

// Wherever memory ends: the threads go on. So many allocations are more than one snapshot takes at first;
// each that fails late leaves a file to the next one.
TEST_P(Snapshots, ForWhichThereIsNoMemoryCostNothingButThemselves) {
  std::uint64_t failures = 0;
  constexpr std::uint64_t allocations = 60;
  {
    Pipeline pipeline(shape(900), folder_);
    ASSERT_TRUE(pipeline.engine().start());
    for (std::uint64_t nth = 1; nth <= allocations; ++nth) {
      const auto scarcity = Scarcity::of_memory(nth);
      static_cast<void>(pipeline.engine().take_snapshot());
      failures += scarcity.has_struck() ? 1 : 0;
    }
    pipeline.run_out(900);
    pipeline.end();
  }
  EXPECT_GT(failures, 10U);
  expect_as_undisturbed(900);
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
