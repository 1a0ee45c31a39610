// What the tests of the segment log share: a log over a faulty disk with a memory of what it owes.
//
// Events follow from their sequence alone, so nothing need be kept to know what must come back.
//
// Threading: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../../plugins/wal_segment/segment_log.h"
#include "tickweir/testing_batches.h"
#include "tickweir/testing_files.h"

namespace tickweir::wal_segment {

using testing::FaultyFiles;
using testing::FileCall;
using testing::PowerCut;

// What a suite found. No failures and no states means that it did nothing: a failure, too.
struct Findings {
  std::uint64_t states = 0;
  std::uint64_t failures = 0;
  std::string first_failure;

  void expect(bool holds, const std::string& otherwise) {
    if (holds) return;
    if (failures++ == 0) first_failure = otherwise;
  }
};

inline constexpr const char* folder = "log";

inline std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

// The bytes of the only event that sequence may have in a history; histories differ in payload, not in size.
inline void add_event(std::vector<std::uint8_t>& bytes, std::uint64_t sequence, std::uint64_t history = 0) {
  const auto words = static_cast<std::uint32_t>(1 + mixed(sequence) % 8);
  const Event event{.size = static_cast<std::uint32_t>(sizeof(Event)) + words * 8,
                    .type = 300,
                    .sequence = sequence,
                    .time = sequence * 10};
  const std::size_t at = bytes.size();
  bytes.resize(at + event.size);
  std::memcpy(bytes.data() + at, &event, sizeof event);
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint64_t word = mixed(sequence * 64 + i + history);
    std::memcpy(bytes.data() + at + sizeof event + i * 8, &word, sizeof word);
  }
}
inline std::vector<std::uint8_t> events_from(std::uint64_t first, std::uint64_t count,
                                             std::uint64_t history = 0) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t i = 0; i < count; ++i) add_event(bytes, first + i, history);
  return bytes;
}

// A log, and what it must keep.
class Drive {
 public:
  static constexpr std::uint64_t small_segment = 16 * 1024;
  // Files of dropped segments are used again.
  static constexpr SupplyPlan reusing{.segment_bytes = small_segment, .reused_bytes = 2 * small_segment};

  explicit Drive(FaultyFiles& files, const SupplyPlan& supply = reusing)
      : files_(files), log_(Files(files.raw()), folder, supply) {}

  void open(bool is_read_only = false) { log_.open(is_read_only, ""); }
  [[nodiscard]] SegmentLog& log() { return log_; }

  void append(std::uint64_t count, std::uint64_t history = 0) {
    const std::uint64_t first = log_.last_sequence() + 1;
    std::vector<std::uint8_t> bytes = events_from(first, count / 2, history);
    const std::uint64_t cut = bytes.size();
    for (std::uint64_t i = count / 2; i < count; ++i) add_event(bytes, first + i, history);
    const tickweir_span spans[2]{{bytes.data(), cut}, {bytes.data() + cut, bytes.size() - cut}};
    tried_ = first + count - 1;
    log_.append(spans, first, static_cast<std::uint32_t>(count));
  }
  void sync() {
    const std::uint64_t covered = log_.last_sequence();
    log_.sync();
    durable_ = covered;
  }
  // With appends of so many events, none of which changes segments, before the disk is done and after that.
  void sync_overlapped(std::uint64_t before, std::uint64_t after) {
    bool is_done = false;
    files_.during_sync([&] {
      const std::uint64_t count = std::exchange(is_done, true) ? after : before;
      if (count != 0 && log_.has_room(count * 128)) append(count);
    });
    try {
      sync();
    } catch (...) {
      files_.during_sync({});
      throw;
    }
    files_.during_sync({});
  }
  // The last sequence that was synced, and the last that was ever tried.
  [[nodiscard]] std::uint64_t durable() const { return durable_; }
  [[nodiscard]] std::uint64_t tried() const { return std::max(tried_, durable_); }
  void owe(std::uint64_t durable) { durable_ = durable; }

  // Reads everything; "" or what is wrong. The log must end with `last`. What is wrong is told only when the
  // whole of it can be read: a log that has a part of another one breaks off where that part ends.
  [[nodiscard]] std::string check(std::uint64_t last, std::uint64_t history = 0) {
    std::string wrong;
    if (log_.last_sequence() != last) wrong = "ends with " + std::to_string(log_.last_sequence());
    // A log may hold nothing although it once did: the old was dropped, the new was never synced.
    std::uint64_t next = log_.first_sequence() == 0 ? log_.last_sequence() + 1 : log_.first_sequence();
    std::vector<std::uint8_t> expected;
    for (;;) {
      tickweir_batch room;
      alignas(64) std::uint8_t memory[8192];
      room.data = memory;
      room.capacity_bytes = sizeof memory;
      room.event_count_max = 64;
      if (!log_.read(next, room)) break;
      expected.clear();
      for (std::uint32_t i = 0; i < room.event_count; ++i) add_event(expected, next + i, history);
      if (expected.size() != room.used_bytes || std::memcmp(expected.data(), memory, expected.size()) != 0) {
        if (wrong.empty()) wrong = "other events at " + std::to_string(next);
      }
      next += room.event_count;
    }
    if (wrong.empty() && last != 0 && next != last + 1) wrong = "nothing to read at " + std::to_string(next);
    return wrong;
  }

 private:
  FaultyFiles& files_;
  SegmentLog log_;
  std::uint64_t durable_ = 0;
  std::uint64_t tried_ = 0;
};

// A life with rolls, unsynced appends, truncation and a restart. Ends early by what the disk throws.
struct Life {
  std::uint64_t durable = 0;
  std::uint64_t tried = 0;
  bool was_stopped_by_error = false;
  std::uint64_t failed_drops = 0;  // it went on after these
  std::string wrong;               // it went on, and something was not as it must be
};

inline void live(Drive& drive, std::uint64_t seed, int groups, Life& life) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < groups; ++i) {
    drive.append(1 + random() % 20);
    if (random() % 3 == 0) drive.append(1 + random() % 20);
    if (random() % 2 == 0) drive.sync_overlapped(random() % 5, random() % 5);
    if (random() % 8 == 0) drive.sync();
    if (i == groups / 2 || i == groups * 3 / 4) {
      try {
        drive.log().truncate_before(drive.log().last_sequence() * 2 / 3);
      } catch (const std::exception&) {
        ++life.failed_drops;
      }
    }
    life.durable = drive.durable();
  }
}

inline Life live_over(FaultyFiles& files, std::uint64_t seed, int groups = 16) {
  Life life;
  SupplyPlan supply = Drive::reusing;
  supply.prepared_bytes = seed % 3 * supply.segment_bytes;
  std::unique_ptr<Drive> drive;
  try {
    for (int part = 0; part < 2; ++part) {
      drive = std::make_unique<Drive>(files, supply);
      drive->open();
      life.durable = std::max(life.durable, drive->log().last_sequence());  // recovery synced it
      drive->owe(life.durable);
      life.tried = drive->log().last_sequence();
      live(*drive, seed + static_cast<std::uint64_t>(part), groups, life);
      life.tried = drive->tried();
      if (part == 1) drive->log().stop();
    }
    life.durable = drive->tried();
  } catch (const std::exception&) {
    life.was_stopped_by_error = true;
    life.durable = std::max(life.durable, drive->durable());
  }
  life.tried = std::max({life.tried, drive == nullptr ? 0 : drive->tried(), life.durable});
  return life;
}

// The suites.
[[nodiscard]] Findings power_cuts(std::uint64_t seed);
[[nodiscard]] Findings cut_truncations(std::uint64_t seed);
[[nodiscard]] Findings torn_copies();
[[nodiscard]] Findings reads_while_written();
[[nodiscard]] Findings killed_processes(std::uint64_t seed);
// Of two logs, in new files and in used ones, of `size` times 32 KiB each: every bit or length, or one in so
// many.
[[nodiscard]] Findings flipped_bits(std::size_t stride, std::uint64_t size);
[[nodiscard]] Findings cut_files(std::size_t stride, std::uint64_t size);
[[nodiscard]] Findings bad_sectors(std::uint64_t seed);
[[nodiscard]] Findings rotten_last_groups();
[[nodiscard]] Findings spliced_logs();
[[nodiscard]] Findings failed_calls(std::uint64_t seed);
[[nodiscard]] Findings full_disks(std::uint64_t step);  // from one offset to the next
[[nodiscard]] Findings short_transfers(std::uint64_t seed);
[[nodiscard]] Findings made_up_blocks();
[[nodiscard]] Findings owners_and_files();

}  // namespace tickweir::wal_segment
