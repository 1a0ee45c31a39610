// Walks the blocks of one segment, in order, and trusts none of its bytes.
//
// Threading: one thread. Memory: a buffer of 1 MiB, or of the largest block if that is more; a block's length
//            is checked before it counts, and never exceeds the file.
// Errors:    what the disk refuses is thrown (std::system_error); what the bytes say is a Step.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "segment_format.h"
#include "tickweir/files.h"

namespace tickweir::wal_segment {

// Where a walk is: all that the next block is checked against.
struct Position {
  std::uint64_t offset = 0;
  std::uint64_t next_sequence = 0;
  std::uint32_t chain = 0;
};

struct Step {
  enum What {
    events,
    sealed,
    end,       // nothing was written here
    bad,       // what lies here is no block, or not a whole one
    senseless  // a whole block that no writer of ours makes: no crash explains it
  } what = end;
  BlockHeader header{};
  std::span<const std::uint8_t> payload{};  // until the next call
  std::uint32_t stride = 0;                 // the size all events of the block share, or 0
  std::string problem{};                    // of bad and senseless
};

// Bytes of a file, read ahead.
class FileWindow {
 public:
  static constexpr std::uint64_t read_ahead = 1 << 20;

  void open(File file, std::uint64_t end) {
    file_ = std::move(file);
    end_ = end;
    start_ = filled_ = 0;
  }
  [[nodiscard]] const File& file() const { return file_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  // Bytes from here on are not read.
  void set_end(std::uint64_t end) { end_ = end; }

  // Exactly `bytes` from `offset` on; empty when the window or the file ends before.
  [[nodiscard]] std::span<const std::uint8_t> at(std::uint64_t offset, std::uint64_t bytes) {
    if (offset > end_ || bytes > end_ - offset) return {};
    if (offset < start_ || offset + bytes > start_ + filled_) fill(offset, bytes);
    if (offset + bytes > start_ + filled_) return {};
    return {buffer_.data() + (offset - start_), bytes};
  }

 private:
  void fill(std::uint64_t offset, std::uint64_t bytes) {
    const std::uint64_t wanted = std::min(std::max(bytes, read_ahead), end_ - offset);
    std::uint64_t kept = 0;
    if (offset >= start_ && offset < start_ + filled_) {
      kept = start_ + filled_ - offset;
      std::memmove(buffer_.data(), buffer_.data() + (offset - start_), kept);
    }
    start_ = offset;
    filled_ = kept;
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    filled_ += file_.read(buffer_.data() + kept, wanted - kept, offset + kept);
  }

  File file_;
  std::uint64_t end_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t start_ = 0;  // of the buffer in the file
  std::uint64_t filled_ = 0;
};

class SegmentReader {
 public:
  // Reads up to `end`; for a segment that is still written, that is where its writer is.
  void open(File file, const SegmentHeader& header, std::uint64_t end) {
    log_id_ = header.log_id;
    number_ = header.number;
    segment_bytes_ = header.segment_bytes;
    is_reused_ = header.is_reused();
    position_ = {header.data_offset, header.first_sequence, header.check};
    window_.open(std::move(file), end);
  }
  void close() { window_.open({}, 0); }
  [[nodiscard]] bool is_open() const { return window_.file().is_open(); }
  void set_end(std::uint64_t end) { window_.set_end(end); }
  [[nodiscard]] const std::string& path() const { return window_.file().path(); }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool is_reused() const { return is_reused_; }
  [[nodiscard]] const Position& position() const { return position_; }
  [[nodiscard]] FileWindow& window() { return window_; }

  // What the segment's mark vouches for; 0: nothing.
  [[nodiscard]] std::uint64_t marked_sequence() {
    const auto bytes = window_.at(mark_offset, sizeof(SyncMark));
    if (bytes.empty()) return 0;
    SyncMark mark;
    std::memcpy(&mark, bytes.data(), sizeof mark);
    const bool is_sound = mark.kind == SyncMark{}.kind && mark.check == mark_check(log_id_, number_, mark);
    return is_sound ? mark.synced_sequence : 0;
  }

  // The next block. Moves on over a good one; stays before anything else.
  [[nodiscard]] Step next() {
    const auto bytes = window_.at(position_.offset, block_header_bytes);
    if (bytes.empty()) return {};
    Step step;
    std::memcpy(&step.header, bytes.data(), sizeof step.header);
    step.what = judge(step);
    if (step.what == Step::events) {
      position_.offset += block_header_bytes + step.header.payload_bytes;
      position_.next_sequence += step.header.event_count;
      position_.chain = step.header.chain;
    }
    return step;
  }

  // Whether a sound block header lies at that offset: its length can be trusted then, its payload not yet.
  [[nodiscard]] bool is_block(std::uint64_t offset, const BlockHeader& header) const {
    if (header.kind != block_events && header.kind != block_sealed) return false;
    const bool fits = header.payload_bytes % event_alignment == 0 &&
                      header.payload_bytes <= segment_bytes_ - offset - block_header_bytes;
    return fits && block_check({log_id_, number_, offset}, header) == header.check;
  }

 private:
  [[nodiscard]] Step::What judge(Step& step) {
    const BlockHeader& header = step.header;
    static constexpr BlockHeader nothing{};
    if (std::memcmp(&header, &nothing, sizeof header) == 0) return Step::end;
    if (!is_block(position_.offset, header)) return bad(step, "there is no sound block header");
    const auto payload = window_.at(position_.offset + block_header_bytes, header.payload_bytes);
    if (payload.size() != header.payload_bytes) return bad(step, "the file ends within a block");
    step.payload = payload;
    const std::uint32_t chain = crc32c(payload.data(), payload.size(), chain_header(header, position_.chain));
    if (chain != header.chain) {
      return bad(step, "a block's checksum is wrong, or it does not follow the block before it");
    }
    if (header.first_sequence != position_.next_sequence && !TICKWEIR_BUG("gap passed over")) {
      step.problem = "a block begins with sequence " + std::to_string(header.first_sequence);
    } else {
      step.problem = events_problem(payload, header.first_sequence, header.event_count, step.stride);
    }
    if (!step.problem.empty()) return Step::senseless;
    return header.kind == block_sealed ? Step::sealed : Step::events;
  }
  static Step::What bad(Step& step, std::string problem) {
    step.problem = std::move(problem);
    return Step::bad;
  }

  LogId log_id_{};
  std::uint64_t number_ = 0;
  std::uint64_t segment_bytes_ = 0;
  bool is_reused_ = false;
  Position position_;
  FileWindow window_;
};

}  // namespace tickweir::wal_segment
