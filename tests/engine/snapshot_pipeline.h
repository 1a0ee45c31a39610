// The pipeline of the tests of snapshots, and their fixture: once for each number of threads.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "log_stages.h"
#include "recorded_engine.h"
#include "runtime/durability/snapshot_folder.h"
#include "scarcity.h"
#include "test_stages.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_folder.h"

namespace tickweir::test {

inline constexpr std::uint64_t never_ns = 3'600'000'000'000;

struct SnapshotShape {
  std::uint32_t threads = 1;
  std::int64_t events = 1000;
  Retain retain = Retain::all;
  SyncMode sync = SyncMode::group;
  std::uint64_t every_events = 0;
  std::uint64_t max_delay_ns = 10'000'000;
  bool releases = false;  // the sink gets only what is durable in the second log, on a thread that spins
  bool is_gated = false;  // the sink passes the Gate
  const Plugin& filter = saving_filter_plugin();
  const Plugin& sums = summing_plugin();
};

// source -> filter -> log -> sums -> trades(log) -> sink
class SnapshotPipeline : public RecordedEngine {
 public:
  SnapshotPipeline(const SnapshotShape& shape, const std::string& folder) : RecordedEngine(shape.threads) {
    Witness::get().clear();
    settled().clear();
    const std::uint32_t core = shape.threads > 1 ? 1 : 0;
    const std::uint32_t last = shape.threads > 2 ? 2 : core;
    PipelineConfig& config = maker_.graph().config;
    config.batch_events_max = 16;
    if (!folder.empty())
      config.snapshots = {.path = folder, .every_ns = never_ns, .every_events = shape.every_events};
    const auto source = maker_.add("source", lasting_source_plugin(), 0, {}, shape.events);
    const auto filter = maker_.add("filter", shape.filter, 0, {{.stage = source}}, 4);
    const auto log = maker_.add("log", memory_log_plugin(), core, {{.stage = filter}});
    const auto sums = maker_.add("sums", shape.sums, core, {{.stage = log}}, 3);
    const auto trades = maker_.add("trades", memory_log_plugin(), last, {{.stage = sums}});
    maker_.add("sink", shape.is_gated ? gated_sink_plugin() : sink_plugin(), last, {{.stage = trades}});
    auto& stages = maker_.graph().stages;
    stages[sums].log = stages[trades].log = log;
    stages.back().log = trades;
    stages.back().release_durable = shape.releases;
    if (shape.releases) maker_.graph().threads[last].wait = WaitMode::spin;
    stages[source].settling_log = log;
    for (const auto one : {log, trades}) {
      stages[one].durability.retain = shape.retain;
      stages[one].durability.sync = shape.sync;
      stages[one].durability.max_delay_ns = shape.max_delay_ns;
    }
    make();
  }
};

class Snapshots : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override { Disks::get().clear(); }

  static Disk& disk(const std::string& id) { return Disks::get().of(id); }
  [[nodiscard]] SnapshotShape shape(std::int64_t events) const {
    return {.threads = GetParam(), .events = events};
  }
  void run(const SnapshotShape& wanted, std::size_t snapshots = 0) {
    SnapshotPipeline pipeline(wanted, folder_);
    auto started = pipeline.engine().start();
    ASSERT_TRUE(started) << started.error().message;
    if (snapshots != 0) pipeline.run_out((static_cast<std::uint64_t>(wanted.events) - brought_) / 2);
    for (std::size_t i = 0; i < snapshots; ++i) {
      const auto scarcity = Scarcity::of_memory_in_children();
      auto taken = pipeline.engine().take_snapshot();
      ASSERT_TRUE(taken) << taken.error().message;
    }
    pipeline.run_out(static_cast<std::uint64_t>(wanted.events) - brought_);
    pipeline.end();
    logged_ = pipeline.logged();
  }
  // What a run that is never disturbed leaves in the logs.
  void expect_as_undisturbed(std::int64_t events) {
    const std::vector<std::vector<std::uint8_t>> log = disk("log").events;
    const std::vector<std::vector<std::uint8_t>> trades = disk("trades").events;
    Disks::get().clear();
    SnapshotPipeline whole(shape(events), "");
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

}  // namespace tickweir::test
