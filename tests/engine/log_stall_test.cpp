// Logs when something stands still, is stopped or fails: bounded, in order, nothing told that is not so.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "log_pipeline.h"

namespace tickweir::test {
namespace {

TEST_P(Logs, LetNothingOutWhenNothingIsDurable) {
  disk("log").fail_sync_at = 1;
  ASSERT_FALSE(Pipeline(shape())());
  EXPECT_TRUE(settled().empty());
  EXPECT_TRUE(disk("trades").events.empty());
  EXPECT_TRUE(Witness::get().of("released").empty());
}

TEST_P(Logs, StoreTimesThatNeverGoBack) {
  ASSERT_TRUE(Pipeline(shape())());
  std::uint64_t last = 0;
  for (const auto& bytes : disk("log").events) {
    const std::uint64_t time = reinterpret_cast<const Event*>(bytes.data())->time;
    ASSERT_GE(time, last);
    last = time;
  }
  EXPECT_EQ(last, 999U);
}

TEST_P(Logs, SettleWhatIsUnderWayAtAStopInOrderAndOnceItIsDurable) {
  Shape slow = shape();
  slow.events = 1'000'000;  // more than it ever comes to
  slow.refuse = 2;
  slow.max_events = 8;
  slow.batch_events = 1;
  Disks::get().close("log");
  Pipeline run(slow);
  ASSERT_TRUE(run.start());
  Disks::get().wait_for_arrival();
  // A group of 8 at most is in the sync; what comes now waits behind it.
  while (read_cell(run.engine().telemetry().stages[2]->received_events) < 30) std::this_thread::yield();
  run.engine().stop();
  Disks::get().open();
  ASSERT_TRUE(run.wait());
  ASSERT_EQ(settled().size(), run.engine().report().stages[0].sent);
  for (std::size_t i = 0; i < settled().size(); ++i) {
    ASSERT_EQ(settled()[i], (Settled{make_origin(1, i + 1), settled()[i].verdict, !is_refused(i, 2)})) << i;
  }
  EXPECT_EQ(disk("log").synced, disk("log").events.size());
}

TEST_P(Logs, ShowThatTheyWaitForRoomAndWhatIsInFlightThen) {
  disk("log").full_times = std::numeric_limits<std::size_t>::max();
  Shape watched = shape();
  watched.watchdog_after_ns = 1'000'000;
  Pipeline run(watched);
  ASSERT_TRUE(run.start());
  const auto says_so = [](const std::string& stall) {
    return stall.starts_with("log: ") &&
           stall.ends_with(" events are numbered and not durable, and none has become so; the disk is full");
  };
  while (std::ranges::none_of(run.engine().stalls(), says_so)) std::this_thread::yield();
  EXPECT_EQ(read_cell(run.engine().telemetry().logs[2]->waits_for_room), 1U);
  run.engine().abandon();
  ASSERT_TRUE(run.engine().wait());
  const LogReport log = run.engine().report().logs[0];
  EXPECT_EQ(log.id, "log");
  EXPECT_EQ(log.durable, 0U);
  EXPECT_GT(log.numbered, 0U);
  EXPECT_EQ(log.in_flight, log.numbered);
  EXPECT_EQ(log.stored_events, 0U);
}

// They have left their edge, and the stage has not received them.
TEST_P(Logs, CountWhatWaitsToBeReleasedWhenTheRunIsGivenUp) {
  Shape stuck = shape();
  stuck.events = 40;
  Disks::get().close("log");
  Pipeline run(stuck);
  ASSERT_TRUE(run.start());
  Disks::get().wait_for_arrival();
  while (read_cell(run.engine().telemetry().stages.back()->waiting_events) < 40) std::this_thread::yield();
  const StageReport released = run.engine().report().stages.back();
  EXPECT_EQ(released.id, "released");
  EXPECT_EQ(released.waiting, 40U);
  EXPECT_EQ(released.received, 0U);
  const std::string page = run.metrics();
  EXPECT_NE(page.find("tickweir_component_waiting_events{component_id=\"released\",component_kind=\"sink\","
                      "plugin=\"sink_witness\"} 40\n"),
            std::string::npos)
      << page;
  run.engine().abandon();
  Disks::get().open();
  ASSERT_TRUE(run.wait());
}

TEST_P(Logs, ReportWhatTheyHaveStored) {
  Pipeline run(shape());
  ASSERT_TRUE(run());
  const std::vector<LogReport> logs = run.engine().report().logs;
  ASSERT_EQ(logs.size(), 2U);
  EXPECT_EQ(logs[0].numbered, 1000U);
  EXPECT_EQ(logs[0].durable, 1000U);
  EXPECT_EQ(logs[0].stored_events, 1000U);
  EXPECT_EQ(logs[0].stored_bytes, 1000U * event_size<Number>);
  EXPECT_EQ(logs[0].in_flight + logs[1].in_flight, 0U);
  EXPECT_EQ(logs[1].id, "trades");
}

// Which part of the pipeline stands still: a disk, or the last sink.
class StandingStill : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { Disks::get().clear(); }
  static bool is_disk() { return std::string(GetParam()) != "sink"; }
  static void close() { is_disk() ? Disks::get().close(GetParam()) : Gate::get().close(); }
  static void open() { is_disk() ? Disks::get().open() : Gate::get().open(); }
};

TEST_P(StandingStill, FillsWhatIsBoundedAndDropsNothing) {
  constexpr std::uint64_t all = 10'000;
  const Shape shape{.events = all, .threads = 3, .is_gated = !is_disk()};
  close();
  Pipeline run(shape);
  ASSERT_TRUE(run.start());
  // Until the source's thread has nothing more to do, again and again, or has sent everything.
  const Telemetry& telemetry = run.engine().telemetry();
  while (read_cell(telemetry.threads[0]->sleeps) < 3 && run.engine().report().stages[0].sent < all) {
    std::this_thread::yield();
  }
  // An edge holds its 4 batches, what one call emits more (2), one that is open and one that is worked on; a
  // log 64 staged ones, and a group of 64 events in batches of one event at worst.
  constexpr std::uint64_t batches_max = 3 * (4 + 4) + 2 * (64 + 64);
  EXPECT_LE(run.engine().report().stages[0].sent, shape.batch_events * batches_max);
  const std::uint64_t durable = read_cell(telemetry.logs[2]->durable_sequence);
  EXPECT_TRUE(std::string(GetParam()) != "log" || durable == 0) << durable;
  open();
  ASSERT_TRUE(run.wait());
  ASSERT_EQ(settled().size(), all);
  for (std::size_t i = 0; i < all; ++i) ASSERT_EQ(settled()[i], (Settled{make_origin(1, i + 1), 0, true}));
  EXPECT_EQ(Disks::get().of("log").events.size(), all);
  EXPECT_EQ(Witness::get().of("sink").size(), Disks::get().of("trades").events.size());
  EXPECT_EQ(Witness::get().of("released").size(), all);
}

INSTANTIATE_TEST_SUITE_P(Parts, StandingStill, ::testing::Values("sink", "log", "trades"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace tickweir::test
