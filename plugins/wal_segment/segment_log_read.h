// Part of segment_log.h: reading, from any sequence on, block by block, each checked before it is handed out.
#pragma once

#include "segment_log.h"

namespace tickweir::wal_segment {

// Whoever only reads may lose a segment to the owner of the log, who then uses its file again.
inline void SegmentLog::require_kept(const std::string& path, std::uint64_t sequence) const {
  if (!is_read_only_ || files_.open_if_there(path, TICKWEIR_FILE_READ).is_open()) return;
  throw std::runtime_error("sequence " + std::to_string(sequence) +
                           " was dropped from the log while it was read: begin again");
}

inline void SegmentLog::open_reader(std::size_t segment) {
  const Segment& chosen = segments_[segment];
  require_kept(chosen.path, chosen.header.first_sequence);
  reader_.open(files_.open(chosen.path, TICKWEIR_FILE_READ), chosen.header, chosen.header.segment_bytes);
  block_ = {};
  block_taken_ = 0;
  read_sequence_ = chosen.header.first_sequence;
}

// The segment must end exactly where the next one begins.
inline void SegmentLog::go_to_next_segment(const Step& end) {
  const std::size_t index = reader_index();
  const SegmentHeader& next = segments_[index + 1].header;
  const Position& at = reader_.position();
  if (at.next_sequence != next.first_sequence) {
    const std::string found = end.problem.empty() ? "the blocks end" : end.problem;
    throw Damage(
        reader_.path(), at.offset, at.next_sequence,
        found + ", and the next segment begins with sequence " + std::to_string(next.first_sequence));
  }
  if (at.chain != next.previous_chain) {
    throw Damage(segments_[index + 1].path, 0, at.next_sequence, "it does not follow " + reader_.path());
  }
  open_reader(index + 1);
}

// False: all that there is was handed out.
inline bool SegmentLog::next_block() {
  for (;;) {
    const bool is_last = reader_index() + 1 == segments_.size();
    if (is_last) {
      reader_.set_end(writer_.is_open() ? writer_.position().offset : last_end_);
    } else {
      reader_.set_end(segments_[reader_index()].header.segment_bytes);
    }
    block_taken_ = 0;
    block_ = {};  // what it shows is gone, also when the disk refuses the next one
    block_ = reader_.next();
    if (block_.what == Step::events && block_.header.event_count > 0) return true;
    if (block_.what == Step::events) continue;
    const Step end = std::exchange(block_, {});
    if (!is_last) {
      go_to_next_segment(end);
    } else if (read_sequence_ >= next_sequence_) {
      return false;
    } else if (damage_) {
      throw *damage_;
    } else {
      throw Damage(reader_.path(), reader_.position().offset, read_sequence_,
                   end.problem.empty() ? "events that were there are gone" : end.problem);
    }
  }
}

inline void SegmentLog::seek(std::uint64_t sequence) {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), sequence,
      [](std::uint64_t wanted, const Segment& segment) { return wanted < segment.header.first_sequence; });
  open_reader(static_cast<std::size_t>(after - segments_.begin()) - 1);
  while (next_block()) {
    read_sequence_ = block_.header.first_sequence;
    if (sequence < read_sequence_ + block_.header.event_count) break;
    read_sequence_ += block_.header.event_count;
    block_taken_ = block_.payload.size();
  }
  for (; read_sequence_ < sequence; ++read_sequence_) {
    Event event;
    std::memcpy(&event, block_.payload.data() + block_taken_, sizeof event);
    block_taken_ += event.size;
  }
}

// Events of one size go in one copy.
inline void SegmentLog::fill(tickweir_batch& room) {
  const auto rest = block_.payload.subspan(block_taken_);
  const std::uint32_t count_before = room.event_count;
  if (const std::uint32_t stride = block_.stride; stride != 0) {
    const std::uint64_t count =
        std::min({rest.size() / stride, std::uint64_t{room.event_count_max - room.event_count},
                  std::uint64_t{(room.capacity_bytes - room.used_bytes) / stride}});
    if (count == 0) return;
    std::memcpy(room.data + room.used_bytes, rest.data(), count * stride);
    room.stride = room.event_count == 0 || room.stride == stride ? stride : 0;
    room.event_count += static_cast<std::uint32_t>(count);
    room.used_bytes += static_cast<std::uint32_t>(count * stride);
    block_taken_ += count * stride;
  } else {
    block_taken_ += append_events(room, rest);
  }
  read_sequence_ += room.event_count - count_before;
}

inline bool SegmentLog::read(std::uint64_t sequence, tickweir_batch& room) {
  if (segments_.empty()) throw std::logic_error("the log in " + path_ + " is not open");
  if (sequence < segments_.front().header.first_sequence) {
    throw std::runtime_error("sequence " + std::to_string(sequence) +
                             " is not in the log any more: it begins with " +
                             std::to_string(segments_.front().header.first_sequence));
  }
  if (sequence >= next_sequence_) return false;
  if (!reader_.is_open() || read_sequence_ != sequence) seek(sequence);
  try {
    for (;;) {
      if (block_taken_ == block_.payload.size() && (read_sequence_ >= next_sequence_ || !next_block())) break;
      const std::uint32_t before = room.event_count;
      fill(room);
      if (block_taken_ < block_.payload.size() || room.event_count == before) break;
    }
  } catch (const Damage&) {
    if (room.event_count == 0) {  // otherwise the next call meets it again
      require_kept(reader_.path(), read_sequence_);
      throw;
    }
  }
  if (room.event_count > 0) return true;
  throw std::runtime_error("the event with sequence " + std::to_string(sequence) +
                           " does not fit into a batch of " + std::to_string(room.capacity_bytes) + " bytes");
}

}  // namespace tickweir::wal_segment
