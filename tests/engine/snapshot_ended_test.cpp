// A source that ends while another goes on: snapshots go on, and what its stages remember is in them.
#include <gtest/gtest.h>

#include "snapshot_pipeline.h"

namespace tickweir::test {
namespace {

// lasting ------------> log -> sums -> trades(log)
// finite -> filter ->
// Each line of stages up to the log has a thread of its own.
class TwoSources : public RecordedEngine {
 public:
  TwoSources(std::int64_t events, WaitMode wait, const std::string& folder) : RecordedEngine(3) {
    settled().clear();
    Graph& graph = maker_.graph();
    graph.threads[1].wait = wait;
    if (!folder.empty()) graph.config.snapshots = {.path = folder, .every_ns = never_ns};
    const auto lasting = maker_.add("lasting", lasting_source_plugin(), 0, {}, events);
    const auto finite = maker_.add("finite", source_plugin(), 1, {}, finite_events);
    const auto filter = maker_.add("filter", saving_filter_plugin(), 1, {{.stage = finite}});
    const auto log = maker_.add("log", memory_log_plugin(), 2, {{.stage = lasting}, {.stage = filter}});
    const auto sums = maker_.add("sums", summing_plugin(), 2, {{.stage = log}}, 3);
    const auto trades = maker_.add("trades", memory_log_plugin(), 2, {{.stage = sums}});
    graph.stages[sums].log = graph.stages[trades].log = log;
    graph.stages[lasting].settling_log = log;
    make();
  }
  // Until all has come to the log that both will bring.
  void run_out_both(std::uint64_t events) {
    run_out(events);
    const Cell& passed = engine().telemetry().stages[2]->handled_events;
    while (read_cell(passed) < finite_events) std::this_thread::yield();
  }

  static constexpr std::int64_t finite_events = 100;
};

class EndedSource : public ::testing::TestWithParam<WaitMode> {
 protected:
  void SetUp() override { Disks::get().clear(); }

  static std::size_t stored(const std::string& log) { return Disks::get().of(log).events.size(); }
  [[nodiscard]] Snapshot newest() const {
    return read_snapshot(Files(posix_files()), SnapshotFolder(posix_files(), folder_).list().value().front())
        .value();
  }

  testing::TempFolder around_;
  std::string folder_ = around_.at("snapshots");
};

TEST_P(EndedSource, DoesNotEndTheSnapshots) {
  {
    TwoSources run(5000, GetParam(), folder_);
    ASSERT_TRUE(run.engine().start());
    run.run_out_both(5000);
    for (int i = 0; i < 3; ++i) {
      auto taken = run.engine().take_snapshot();
      ASSERT_TRUE(taken) << taken.error().message;
    }
    // Also where it spun before.
    while (read_cell(run.engine().telemetry().threads[1]->sleeps) == 0) std::this_thread::yield();
    ASSERT_TRUE(run.engine().take_snapshot());
    run.end();
    EXPECT_EQ(newest().logs[0].last_sequence, 5100U);
    EXPECT_EQ(newest().stages.size(), 3U) << "lasting, filter and sums";
  }
  {
    TwoSources again(6000, GetParam(), folder_);
    ASSERT_TRUE(again.engine().start());
    again.run_out_both(1000);
    again.end();
    EXPECT_NE(again.logged().find("going on from"), std::string::npos) << again.logged();
    EXPECT_EQ(stored("log"), 6200U) << "a source that does not recover begins again";
  }
  // A replay of everything makes what the second log holds, to the byte.
  const std::size_t trades = stored("trades");
  TwoSources whole(6000, GetParam(), "");
  ASSERT_TRUE(whole.engine().start());
  whole.run_out_both(0);
  whole.end();
  EXPECT_GE(stored("trades"), trades);
}

INSTANTIATE_TEST_SUITE_P(Waits, EndedSource, ::testing::Values(WaitMode::adaptive, WaitMode::spin));

}  // namespace
}  // namespace tickweir::test
