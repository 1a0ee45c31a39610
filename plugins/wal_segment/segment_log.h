// A log in a folder of segments: what wal_segment does, without the plugin line around it.
//
//   <path>/lock                        held by the one process that may write
//   <path>/000000000001.segment ...    see segment_format.h
//   <path>/000000000001.ready ...      files for segments to come: see segment_supply.h
//   <path>/*.segment.new               one that is being made, maybe ahead; removed at the next start
//   <path>/*.torn, *.torn.2 ...        what a crash left behind the last good block, kept for people
//
// Threading: one call after the other, from any thread, but that append() may run while sync() does: the two
//            meet only where a segment is full, and there append waits. With spares, a thread of its own
//            makes them.
// Memory:    1 MiB each to read and to write, and some 100 bytes a segment.
// Errors:    thrown. LogFull: nothing of that append is kept, and it may be tried again. After anything else
//            that append or sync throws, both throw again: a failed sync is never retried.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "recovery.h"
#include "segment_writer.h"
#include "tickweir/wal_backend.h"

namespace tickweir::wal_segment {

class SegmentLog {
 public:
  SegmentLog(Files files, std::string path, const SupplyPlan& supply)
      : files_(files),
        path_(std::move(path)),
        segment_bytes_(supply.segment_bytes),
        supply_(files, path_, supply) {}

  // Recovers. `schema` and `id` (zeros: a random one) are those of a new log; an old one has its own.
  void open(bool is_read_only, const std::string& schema, const LogId& id = {}) {
    is_read_only_ = is_read_only;
    if (!is_read_only) take_folder();
    find_segments();
    if (segments_.empty()) {
      if (is_read_only) throw std::runtime_error("there is no log in " + path_);
      begin(schema, id);
    } else {
      recover();
    }
    if (!is_read_only && !supply_.prepare()) {
      throw std::runtime_error("no room on the disk to prepare the segments of the log in " + path_);
    }
  }

  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    require_writable();
    const bool starts_elsewhere = first_sequence != next_sequence_;
    if (starts_elsewhere && (!is_untouched() || first_sequence == 0)) {
      throw std::invalid_argument("cannot append from sequence " + std::to_string(first_sequence) +
                                  ", expected " + std::to_string(next_sequence_) + " (a bug of the caller)");
    }
    plan_.cut(spans, first_sequence, event_count);
    if (event_count == 0) return;
    bool is_stored = false;
    or_fail([&] {
      is_stored = (!starts_elsewhere || restart(first_sequence)) &&
                  (writer_.has_room(plan_.bytes()) || roll(plan_.bytes())) && writer_.append(plan_);
    });
    if (!is_stored) throw LogFull("no room on the disk for the log in " + path_);
    next_sequence_ += event_count;
    supply_.keep_ahead(writer_.position().offset);
  }

  // Everything appended before is durable. Called again with nothing new, it also makes that known on the
  // disk: see SegmentWriter::vouch().
  void sync() {
    const std::lock_guard in_one_segment(segment_mutex_);
    require_writable();
    or_fail([&] { writer_.is_synced() ? writer_.vouch() : writer_.sync(); });
  }

  // False: there is nothing from there on. Otherwise at least one event is put in, as many as fit.
  [[nodiscard]] bool read(std::uint64_t sequence, tickweir_batch& room);

  // Drops whole segments, never the newest nor the newest event. What it throws is not final: the log goes on
  // with what it has.
  void truncate_before(std::uint64_t sequence) {
    require_writable();
    sequence = std::min(sequence, last_sequence());  // the newest segment may be without events after a crash
    while (segments_.size() > 1 && segments_[1].header.first_sequence <= sequence) {
      if (reader_.is_open() && reader_.number() == segments_.front().header.number) reader_.close();
      supply_.drop(segments_.front().path, segments_.front().header.segment_bytes);
      segments_.erase(segments_.begin());
      supply_.settle_drop();
    }
  }

  void stop() {
    if (writer_.is_open() && !has_failed_) {
      if (!writer_.is_synced()) sync();
      sync();
    }
    supply_.stop();
    writer_.close();
    reader_.close();
    lock_ = {};
  }

  [[nodiscard]] std::uint64_t first_sequence() const {
    const std::uint64_t first = segments_.front().header.first_sequence;
    return first < next_sequence_ ? first : 0;
  }
  [[nodiscard]] std::uint64_t last_sequence() const { return next_sequence_ - 1; }
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Segment& segment : segments_) sum += segment.header.segment_bytes;
    return sum;
  }
  // An append of so many bytes of events, in one block, stays in the present segment.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const {
    return writer_.has_room(bytes + block_header_bytes);
  }
  [[nodiscard]] std::size_t segment_count() const { return segments_.size(); }
  [[nodiscard]] std::size_t ready_count() const { return supply_.ready_count(); }
  [[nodiscard]] const LogId& id() const { return segments_.front().header.log_id; }
  [[nodiscard]] const std::string& schema() const { return schema_; }
  // What open() repaired, or found and left as it is; "" when nothing was.
  [[nodiscard]] const std::string& repaired() const { return repaired_; }

 private:
  struct Segment {
    std::string path;
    SegmentHeader header;
  };

  void take_folder();
  void find_segments();
  [[nodiscard]] SegmentHeader read_header(const File& file, std::uint64_t number);
  void add_segment(const std::string& path, std::uint64_t number);
  void read_schema();
  void begin(const std::string& schema, const LogId& id);
  void recover();
  void look_at_end();
  [[nodiscard]] bool is_growing(const Position& end) const;
  [[nodiscard]] bool roll(std::uint64_t bytes);
  [[nodiscard]] bool change_segment(std::uint64_t bytes);
  [[nodiscard]] bool restart(std::uint64_t first_sequence);
  void seek(std::uint64_t sequence);
  void open_reader(std::size_t segment);
  [[nodiscard]] bool next_block();
  void go_to_next_segment(const Step& end);
  void fill(tickweir_batch& room);
  void require_kept(const std::string& path, std::uint64_t sequence) const;
  [[nodiscard]] std::size_t reader_index() const {
    return reader_.number() - segments_.front().header.number;
  }

  void require_writable() const {
    if (!writer_.is_open()) throw std::logic_error("the log in " + path_ + " is not open for writing");
    if (has_failed_) {
      throw std::runtime_error("the log in " + path_ + " failed before: start again, so that it recovers");
    }
  }
  // What throws is final.
  template <typename Call>
  void or_fail(Call&& call) {
    try {
      call();
    } catch (...) {
      has_failed_ = !TICKWEIR_BUG("sync retried");
      throw;
    }
  }
  // Nothing was ever appended.
  [[nodiscard]] bool is_untouched() const {
    return segments_.size() == 1 && segments_.front().header.number == 1 &&
           writer_.position().offset == writer_.header().data_offset;
  }

  Files files_;
  std::string path_;
  std::uint64_t segment_bytes_;
  bool is_read_only_ = false;
  std::atomic<bool> has_failed_ = false;
  std::mutex segment_mutex_;  // held by a sync, and by whoever changes the segment that is written
  File lock_;
  std::vector<Segment> segments_;  // never empty while open
  std::string schema_;
  std::string repaired_;
  std::optional<Damage> damage_;  // read-only: where what can be read ends
  std::uint64_t next_sequence_ = 1;
  BlockPlan plan_;
  SegmentWriter writer_;
  SegmentSupply supply_;

  SegmentReader reader_;
  Step block_;                       // the block that is being handed out
  std::uint64_t block_taken_ = 0;    // bytes of it
  std::uint64_t read_sequence_ = 0;  // what comes next of it; 0: no block
  std::uint64_t last_end_ = 0;       // of the last segment's blocks, when it is not being written
};

}  // namespace tickweir::wal_segment

#include "segment_log_open.h"
#include "segment_log_read.h"
