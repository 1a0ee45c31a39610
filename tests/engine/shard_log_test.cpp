// Shards behind a log: what they make of it is in the logs behind them, whatever was the number of shards,
// and however often the run began again.
#include <gtest/gtest.h>

#include "log_stages.h"
#include "recorded_engine.h"
#include "runtime/durability/snapshot_folder.h"
#include "runtime/engine/engine.h"
#include "shard_stages.h"
#include "test_stages.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_folder.h"

namespace tickweir::test {
namespace {

constexpr std::uint64_t never_ns = 3'600'000'000'000;

struct Shape {
  std::uint32_t shards = 0;
  std::int64_t events = 0;
  Retain retain = Retain::all;
  bool releases_durable = false;
  RunMode mode = {};
};

// source -> log -> keyed -> a(log), b(log)
class Pipeline : public RecordedEngine {
 public:
  Pipeline(const Shape& shape, const std::string& folder) : RecordedEngine(2) {
    settled().clear();
    PipelineConfig& config = maker_.graph().config;
    config.batch_events_max = 16;
    if (!folder.empty()) config.snapshots = {.path = folder, .every_ns = never_ns};
    const auto source = maker_.add("source", lasting_source_plugin(), 0, {}, shape.events);
    const auto log = maker_.add("log", memory_log_plugin(), 0, {{.stage = source}});
    const auto keyed = maker_.add("keyed", keyed_plugin(), 1, {{.stage = log}});
    auto& stages = maker_.graph().stages;
    for (std::uint32_t output = 0; output < 2; ++output) {
      const auto made = maker_.add(output == 0 ? "a" : "b", memory_log_plugin(), 1,
                                   {{.stage = keyed, .output = output, .capacity = 2}});
      stages[made].log = log;
      stages[made].durability.retain = shape.retain;
    }
    stages[keyed].log = stages[source].settling_log = log;
    stages[keyed].release_durable = shape.releases_durable;
    stages[log].durability.retain = shape.retain;
    if (shape.shards != 0) maker_.shard(keyed, shape.shards);
    make(shape.mode);
  }
};

class ShardsBehindALog : public ::testing::Test {
 protected:
  void SetUp() override { Disks::get().clear(); }

  static Disk& disk(const std::string& id) { return Disks::get().of(id); }
  // Up to `events` in all, with a snapshot half way if `folder_` is to hold one.
  void run(const Shape& shape, bool takes_snapshot = false) {
    Pipeline pipeline(shape, folder_);
    auto started = pipeline.engine().start();
    ASSERT_TRUE(started) << started.error().message;
    const std::uint64_t ahead = static_cast<std::uint64_t>(shape.events) - brought_;
    if (takes_snapshot) {
      pipeline.run_out(ahead / 2);
      auto taken = pipeline.engine().take_snapshot();
      ASSERT_TRUE(taken) << taken.error().message;
    }
    pipeline.run_out(ahead);
    pipeline.end();
    logged_ = pipeline.logged();
    brought_ = static_cast<std::uint64_t>(shape.events);
  }
  // What one stage that is not sharded makes of so many events, in one run.
  void expect_as_unsharded(std::int64_t events) {
    const auto a = disk("a").events;
    const auto b = disk("b").events;
    Disks::get().clear();
    Pipeline whole({.events = events}, "");
    ASSERT_TRUE(whole.engine().start());
    whole.run_out(static_cast<std::uint64_t>(events));
    whole.end();
    ASSERT_GT(a.size(), static_cast<std::size_t>(events) / 2);
    EXPECT_EQ(a, disk("a").events);
    EXPECT_EQ(b, disk("b").events);
  }
  [[nodiscard]] bool has_logged(const std::string& text) const {
    return logged_.find(text) != std::string::npos;
  }
  [[nodiscard]] Snapshot newest() const {
    const auto files = SnapshotFolder(posix_files(), folder_).list().value();
    return read_snapshot(Files(posix_files()), files.front()).value();
  }

  testing::TempFolder around_;
  std::string folder_ = around_.at("snapshots");
  std::uint64_t brought_ = 0;
  std::string logged_;
};

TEST_F(ShardsBehindALog, GoOnFromASnapshotAsOneStageWould) {
  run({.shards = 3, .events = 800}, true);
  ASSERT_EQ(newest().stages.size(), 4U) << "the source and three shards";
  EXPECT_EQ(newest().stages[1].id, "keyed-1");
  run({.shards = 3, .events = 1500}, true);
  EXPECT_TRUE(has_logged("going on from")) << logged_;
  run({.shards = 3, .events = 2000});
  expect_as_unsharded(2000);
}

TEST_F(ShardsBehindALog, MayBeOfAnotherNumberWhileTheLogIsWhole) {
  run({.shards = 2, .events = 800}, true);
  run({.shards = 4, .events = 1200});
  EXPECT_TRUE(has_logged("it was taken where stage keyed has shards: 2, and here it has shards: 4"))
      << logged_;
  run({.shards = 0, .events = 1500}, true);
  EXPECT_TRUE(has_logged("it was taken where stage keyed has shards: 2, and here it is not sharded"))
      << logged_;
  run({.shards = 1, .events = 2000});
  EXPECT_TRUE(has_logged("it was taken where stage keyed is not sharded, and here it has shards: 1"))
      << logged_;
  expect_as_unsharded(2000);
}

TEST_F(ShardsBehindALog, KeepTheirNumberWhenTheLogHasNoBeginning) {
  run({.shards = 2, .events = 800, .retain = Retain::snapshots}, true);
  disk("log").dropped = newest().logs[0].last_sequence;
  Pipeline other({.shards = 3, .events = 800, .retain = Retain::snapshots}, folder_);
  auto started = other.engine().start();
  ASSERT_FALSE(started);
  const std::string& said = started.error().message;
  EXPECT_NE(said.find("there is no snapshot to go on from"), std::string::npos) << said;
  EXPECT_NE(said.find("it was taken where stage keyed has shards: 2, and here it has shards: 3"),
            std::string::npos)
      << said;
}

TEST_F(ShardsBehindALog, WaitForWhatIsDurableTogether) {
  run({.shards = 3, .events = 2000, .releases_durable = true});
  expect_as_unsharded(2000);
}

TEST_F(ShardsBehindALog, AreReplayedByAnyNumber) {
  run({.shards = 2, .events = 1000});
  const auto made = static_cast<std::uint64_t>(disk("a").events.size());
  Pipeline replay({.shards = 3, .events = 1000, .mode = {.is_replay = true}}, "");
  ASSERT_TRUE(replay.engine().start());
  auto ended = replay.engine().wait();
  ASSERT_TRUE(ended) << ended.error().message;
  ASSERT_EQ(replay.engine().replays().size(), 3U);
  EXPECT_EQ(replay.engine().replays()[1].id, "a");
  EXPECT_EQ(replay.engine().replays()[1].equal_events, made);
}

}  // namespace
}  // namespace tickweir::test
