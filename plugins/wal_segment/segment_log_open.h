// Part of segment_log.h: opening, recovery, and the change to the next segment.
#pragma once

#include "segment_log.h"

namespace tickweir::wal_segment {

// The folder is there, and nobody else writes to it.
inline void SegmentLog::take_folder() {
  files_.make_folders(path_);
  const std::string path = path_ + "/lock";
  lock_ = files_.open_if_there(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
  if (!lock_.is_open()) {
    lock_ = files_.open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
  }
  if (!TICKWEIR_BUG("no lock") && !lock_.try_lock()) {
    throw std::runtime_error("the log in " + path_ + " is in use: somebody holds the lock on " + path +
                             "; stop that pipeline, or give this log another path");
  }
}

inline SegmentHeader SegmentLog::read_header(const File& file, std::uint64_t number) {
  HeaderPage page{};
  std::string problem;
  file.read(page.data(), page.size(), 0);
  const SegmentHeader header = decode(page, file.bytes(), problem);
  if (is_newer(page)) {
    throw std::runtime_error(file.path() + " has format version " + std::to_string(header.version) +
                             ", this program reads up to " + std::to_string(format_version_reused) +
                             "; use the tickweir that wrote it, or a newer one. Nothing was changed");
  }
  if (problem.empty() && header.number != number) {
    problem = "the header is that of segment " + segment_name(header.number);
  }
  if (!problem.empty()) throw Damage(file.path(), 0, std::max<std::uint64_t>(next_sequence_, 1), problem);
  return header;
}

// The segment that comes next by its name.
inline void SegmentLog::add_segment(const std::string& path, std::uint64_t number) {
  const bool may_be_gone = is_read_only_ && segments_.empty();  // its owner drops the oldest
  const File file =
      may_be_gone ? files_.open_if_there(path, TICKWEIR_FILE_READ) : files_.open(path, TICKWEIR_FILE_READ);
  if (!file.is_open()) return;
  Segment found{path, read_header(file, number)};
  if (!segments_.empty()) {
    const SegmentHeader& before = segments_.back().header;
    if (before.log_id != found.header.log_id) {
      throw Damage(path, 0, next_sequence_, "it belongs to another log than " + segments_.back().path);
    }
    if (before.number + 1 != number && !TICKWEIR_BUG("missing segment passed over")) {
      throw Damage(path, 0, next_sequence_,
                   "the segment before it, " + segment_name(number - 1) + ", is missing");
    }
    if (found.header.first_sequence < before.first_sequence) {
      throw Damage(path, 0, next_sequence_, "its first sequence is below that of the segment before");
    }
  }
  next_sequence_ = found.header.first_sequence;
  segments_.push_back(std::move(found));
}

inline void SegmentLog::find_segments() {
  segments_.clear();
  damage_.reset();
  next_sequence_ = 1;
  const std::vector<std::string> names = files_.list(path_);
  for (const std::string& name : names) {
    const auto number = segment_number(name);
    if (!number) continue;
    try {
      add_segment(path_ + "/" + name, *number);
    } catch (const Damage& damage) {
      if (!is_read_only_ || segments_.empty()) throw;
      damage_ = damage;
      break;
    }
  }
  if (!is_read_only_) supply_.take_over(names, segments_.empty() ? nullptr : &segments_.front().header);
}

inline void SegmentLog::read_schema() {
  const Segment& last = segments_.back();
  const File file = files_.open(last.path, TICKWEIR_FILE_READ);
  schema_.resize(last.header.schema_bytes);
  const std::uint64_t found = file.read(schema_.data(), schema_.size(), schema_offset);
  if (found != schema_.size() || crc32c(schema_.data(), schema_.size()) != last.header.schema_check) {
    throw Damage(last.path, schema_offset, last.header.first_sequence, "the schema's checksum is wrong");
  }
}

inline void SegmentLog::begin(const std::string& schema, const LogId& id) {
  if (schema.size() > schema_bytes_max)
    throw std::invalid_argument("the schema of the events is above 1 MiB");
  schema_ = schema;
  SegmentHeader header{.log_id = id, .number = 1, .first_sequence = 1, .segment_bytes = segment_bytes_};
  std::random_device random;
  while (header.log_id == LogId{}) {
    for (std::uint8_t& byte : header.log_id) byte = static_cast<std::uint8_t>(random());
  }
  File file = make_segment(files_, path_, header, schema_, supply_);
  if (!file.is_open()) throw std::runtime_error("no room on the disk to begin a log in " + path_);
  segments_.push_back({file.path(), header});
  writer_.open(std::move(file), header, {header.data_offset, 1, header.check}, 0, 0);
}

// For whoever only reads: damage is told by the read that gets there, so that what comes before can be read.
inline void SegmentLog::look_at_end() {
  const Segment& last = segments_.back();
  reader_.open(files_.open(last.path, TICKWEIR_FILE_READ), last.header, last.header.segment_bytes);
  Tail tail;
  try {
    tail = find_tail(reader_);
  } catch (const Damage& damage) {
    tail = {.position = reader_.position(), .synced_sequence = reader_.marked_sequence()};
    const bool is_damaged = TICKWEIR_BUG("writing taken for damage") || !is_growing(tail.position);
    if (!damage_ && is_damaged) damage_ = damage;
  }
  reader_.close();
  next_sequence_ = tail.position.next_sequence;
  last_end_ = tail.position.offset;
  if (damage_) {
    next_sequence_ = std::max(next_sequence_, tail.synced_sequence) + 1;  // one at least is lost
    repaired_ = damage_->what();
  } else if (tail.dirty_end != 0) {
    repaired_ = last.path + " has a torn end from byte " + std::to_string(last_end_) + " on (" +
                tail.problem + "), left as it is";
  }
}

// The log has an owner who went on writing while its end was looked for, which then looks like damage.
inline bool SegmentLog::is_growing(const Position& end) const {
  const Segment& last = segments_.back();
  const std::string next = path_ + "/" + segment_name(last.header.number + 1);
  if (files_.open_if_there(next, TICKWEIR_FILE_READ).is_open()) return true;
  SegmentReader again;
  again.open(files_.open(last.path, TICKWEIR_FILE_READ), last.header, last.header.segment_bytes);
  while (again.next().what == Step::events) {
  }
  return again.position().offset > end.offset;
}

inline void SegmentLog::recover() {
  read_schema();
  if (is_read_only_) return look_at_end();
  const Segment& last = segments_.back();
  File file = files_.open(last.path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
  reader_.open(files_.open(last.path, TICKWEIR_FILE_READ), last.header, last.header.segment_bytes);
  const Tail tail = find_tail(reader_);
  reader_.close();
  next_sequence_ = tail.position.next_sequence;
  last_end_ = tail.position.offset;
  if (tail.dirty_end != 0 && !TICKWEIR_BUG("torn end stays")) repaired_ = cut_tail(files_, path_, file, tail);
  if (!TICKWEIR_BUG("recovery not synced"))
    file.sync();  // what was read may never have been: it is answered for from now on
  files_.sync_folder(path_);
  const std::uint64_t vouched = std::max(tail.synced_sequence, last.header.first_sequence - 1);
  file = files_.open(last.path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_DIRECT);
  writer_.open(std::move(file), last.header, tail.position, next_sequence_ - 1, vouched);
}

// Goes on in a new segment with room for so many bytes of blocks, unless the sync that it had to wait for
// failed. False: the disk is full. What fails here is final before a sync gets in, which would find nothing
// left to do.
inline bool SegmentLog::roll(std::uint64_t bytes) {
  const std::lock_guard no_sync(segment_mutex_);
  if (!TICKWEIR_BUG("append goes on after a failed sync")) require_writable();
  bool is_changed = false;
  or_fail([&] { is_changed = change_segment(bytes); });
  return is_changed;
}

inline bool SegmentLog::change_segment(std::uint64_t bytes) {
  if (!writer_.is_synced() && !TICKWEIR_BUG("segment left unsynced")) writer_.sync();
  const std::uint64_t needed =
      whole_pages(schema_offset + schema_.size()) + whole_pages(bytes + block_header_bytes);
  SegmentHeader header{.log_id = id(),
                       .number = writer_.header().number + 1,
                       .first_sequence = next_sequence_,
                       .segment_bytes = std::max(segment_bytes_, needed),
                       .previous_chain = writer_.position().chain};
  File file = make_segment(files_, path_, header, schema_, supply_);
  while (!file.is_open() && supply_.give_back()) file = make_segment(files_, path_, header, schema_, supply_);
  if (!file.is_open()) return false;
  if (!TICKWEIR_BUG("segment not sealed")) writer_.seal();
  segments_.push_back({file.path(), header});
  writer_.open(std::move(file), header, {header.data_offset, next_sequence_, header.check},
               next_sequence_ - 1, next_sequence_ - 1);
  return true;
}

// Replaces the first segment, still untouched, by one that begins with another sequence.
inline bool SegmentLog::restart(std::uint64_t first_sequence) {
  const std::lock_guard no_sync(segment_mutex_);
  require_writable();
  SegmentHeader header{
      .log_id = id(), .number = 1, .first_sequence = first_sequence, .segment_bytes = segment_bytes_};
  File file = make_segment(files_, path_, header, schema_, supply_);
  if (!file.is_open()) return false;
  reader_.close();
  next_sequence_ = first_sequence;
  segments_.back().header = header;
  writer_.open(std::move(file), header, {header.data_offset, first_sequence, header.check},
               first_sequence - 1, first_sequence - 1);
  return true;
}

}  // namespace tickweir::wal_segment
