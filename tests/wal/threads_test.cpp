// Three threads in one segment log: one appends, one syncs, the log's own makes the next segments. For TSan;
// and whatever the order, all is there afterwards.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "segment_drive.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_folder.h"

namespace tickweir::wal_segment {
namespace {

constexpr std::uint64_t groups = 600;
constexpr std::uint64_t events_in_group = 40;
constexpr std::uint64_t all = groups * events_in_group;

void append(SegmentLog& log, std::uint64_t first) {
  const std::vector<std::uint8_t> bytes = events_from(first, events_in_group);
  const tickweir_span span{bytes.data(), bytes.size()};
  log.append({&span, 1}, first, events_in_group);
}

TEST(SegmentThreads, AppendAndSyncAtOnceWhileSegmentsAreMade) {
  const testing::TempFolder folder;
  const SupplyPlan plan{
      .segment_bytes = Drive::small_segment, .reused_bytes = 4 * Drive::small_segment, .makes_spares = true};
  {
    SegmentLog log(Files(posix_files()), folder.at("log"), plan);
    log.open(false, "");
    std::atomic<std::uint64_t> appended = 0;
    std::thread syncs([&] {
      for (std::uint64_t synced = 0; synced < all; synced = appended) log.sync();
      log.sync();
    });
    for (std::uint64_t first = 1; first < all; first += events_in_group) {
      append(log, first);
      appended += events_in_group;
    }
    syncs.join();
    log.stop();
  }
  SegmentLog log(Files(posix_files()), folder.at("log"), plan);
  log.open(true, "");
  ASSERT_EQ(log.last_sequence(), all);
  std::vector<std::uint8_t> found;
  for (std::uint64_t next = 1; next <= all;) {
    alignas(64) std::uint8_t memory[8192];
    tickweir_batch room;
    room.data = memory;
    room.capacity_bytes = sizeof memory;
    room.event_count_max = 64;
    ASSERT_TRUE(log.read(next, room)) << next;
    found.insert(found.end(), memory, memory + room.used_bytes);
    next += room.event_count;
  }
  EXPECT_EQ(found, events_from(1, all));
}

}  // namespace
}  // namespace tickweir::wal_segment
