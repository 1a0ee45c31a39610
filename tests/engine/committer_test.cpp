// A log's committer by itself, over a store that holds so many events and no more.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "log_stages.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/committer.h"

namespace tickweir::test {
namespace {

constexpr std::uint64_t capacity = 10;

class SmallStore {
 public:
  explicit SmallStore(bool appends_during_sync) {
    wal_.appends_during_sync = appends_during_sync ? 1 : 0;
    wal_.append = [](void* self, const tickweir_span*, std::uint32_t, std::uint64_t first,
                     std::uint32_t count,
                     tickweir_error*) { return static_cast<SmallStore*>(self)->append(first, count); };
    wal_.sync = [](void*, tickweir_error*) -> std::int32_t { return TICKWEIR_OK; };
    wal_.truncate_before = [](void* self, std::uint64_t sequence, tickweir_error* error) -> std::int32_t {
      return static_cast<SmallStore*>(self)->truncate_before(sequence, *error);
    };
    wal_.describe = [](void* self, tickweir_log_state*, tickweir_error*) -> std::int32_t {
      return static_cast<SmallStore*>(self)->is_lost ? TICKWEIR_FAILED : TICKWEIR_OK;
    };
    table_.wal = &wal_;
  }
  [[nodiscard]] const tickweir_plugin& table() const { return table_; }

  std::atomic<int> failing_drops = 0;  // the next so many
  bool is_lost = false;                // what was appended, with such a drop; set before the committer starts
  std::atomic<bool> has_dropped = false;

 private:
  std::int32_t append(std::uint64_t first, std::uint32_t count) {
    if (first + count - first_ > capacity) return TICKWEIR_FULL;
    return TICKWEIR_OK;
  }
  std::int32_t truncate_before(std::uint64_t sequence, const tickweir_error& error) {
    has_dropped = true;
    if (failing_drops > 0) {
      --failing_drops;
      std::snprintf(error.text, error.text_capacity, "the disk refused");
      return TICKWEIR_FAILED;
    }
    first_ = sequence;
    return TICKWEIR_OK;
  }

  tickweir_wal wal_;
  tickweir_plugin table_;
  std::atomic<std::uint64_t> first_ = 1;  // that is held
};

GraphStage log_stage() {
  GraphStage stage;
  stage.id = "log";
  stage.plugin = &memory_log_plugin();
  stage.durability.sync = SyncMode::group;
  return stage;
}

class Committers : public ::testing::TestWithParam<bool> {
 protected:
  Committers() { control_.expect_sources(1); }
  void push(std::uint64_t sequence) {
    Block* const block = pool_.take();
    const Event event{.size = sizeof event, .type = 300, .sequence = sequence};
    std::memcpy(block->batch.data, &event, sizeof event);
    block->batch.used_bytes = sizeof event;
    block->batch.event_count = 1;
    block->log_sequence = sequence;
    committer_.staging().push(block, clock_ticks(), &pool_);
  }

  SmallStore small_{GetParam()};
  PipelineConfig config_;
  const GraphStage stage_ = log_stage();
  LogCells cells_;
  LogStore store_{small_.table(), &small_};
  RunControl control_{{}, config_};
  BlockPool pool_{4096, 16};
  Committer committer_{config_, stage_, store_, cells_, control_};
};

// The log fills up while a snapshot is being saved: no other one will come, since nothing comes to rest.
TEST_P(Committers, DropWhatASnapshotHasReleasedAlsoWhileTheyWaitForRoom) {
  committer_.start({});
  for (std::uint64_t sequence = 1; sequence <= capacity + 1; ++sequence) push(sequence);
  while (read_cell(cells_.waits_for_room) == 0) std::this_thread::yield();
  committer_.drop_before(capacity / 2);
  const std::uint64_t tries = read_cell(cells_.full_waits);
  while (committer_.durable() <= capacity && read_cell(cells_.full_waits) < tries + 3)
    std::this_thread::yield();
  EXPECT_EQ(committer_.durable(), capacity + 1);
  if (HasFailure()) control_.abandon();
  committer_.staging().close();
  committer_.join();
  committer_.release_all();
}

// A drop may itself want room that another process has taken meanwhile.
TEST_P(Committers, TryADropThatFailedAgainWhileTheyWaitForRoom) {
  small_.failing_drops = 3;
  committer_.start({});
  for (std::uint64_t sequence = 1; sequence <= capacity + 1; ++sequence) push(sequence);
  committer_.drop_before(capacity / 2);
  while (committer_.durable() <= capacity && read_cell(cells_.full_waits) < 10) std::this_thread::yield();
  EXPECT_EQ(committer_.durable(), capacity + 1);
  if (HasFailure()) control_.abandon();
  committer_.staging().close();
  committer_.join();
  committer_.release_all();
}

TEST_P(Committers, EndWhenADropThatTheyWaitForLosesWhatWasAppended) {
  small_.failing_drops = 1000;
  small_.is_lost = true;
  committer_.start({});
  for (std::uint64_t sequence = 1; sequence <= capacity + 1; ++sequence) push(sequence);
  while (read_cell(cells_.waits_for_room) == 0) std::this_thread::yield();
  const std::uint64_t tries = read_cell(cells_.full_waits);
  committer_.drop_before(capacity / 2);
  while (read_cell(cells_.waits_for_room) != 0 && read_cell(cells_.full_waits) < tries + 10)
    std::this_thread::yield();
  EXPECT_EQ(read_cell(cells_.waits_for_room), 0U);
  EXPECT_TRUE(committer_.has_failed());
  control_.abandon();
  committer_.staging().close();
  committer_.join();
  committer_.release_all();
}

// What was appended and not synced may be gone with it, as only the store can say.
TEST_P(Committers, AskTheStoreAfterADropThatFailedWhetherItGoesOn) {
  small_.failing_drops = 1000;
  for (const bool is_lost : {false, true}) {
    SCOPED_TRACE(is_lost);
    small_.has_dropped = false;
    small_.is_lost = is_lost;
    LogStore store(small_.table(), &small_);
    RunControl control{{}, config_};
    Committer committer{config_, stage_, store, cells_, control};
    committer.drop_before(3);
    committer.start({});
    while (!small_.has_dropped) std::this_thread::yield();
    committer.staging().close();
    committer.join();
    EXPECT_EQ(committer.has_failed(), is_lost);
    EXPECT_EQ(control.failure().value_or("").find("the disk refused") != std::string::npos, is_lost);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Committers, ::testing::Values(false, true), [](const auto& one) {
  return one.param ? std::string("two_threads") : std::string("one_thread");
});

}  // namespace
}  // namespace tickweir::test
