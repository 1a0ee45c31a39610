// Cuts the events of one append into blocks and lays them out as one vectored write, payload where it lies.
//
// Threading: one thread. Memory: its vectors grow to the largest append seen and stay.
// Errors:    events that make no sense are a bug of the caller: std::invalid_argument, nothing was written.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "segment_format.h"
#include "tickweir/files.h"

namespace tickweir::wal_segment {

// A block ends before the event that would take it above this. A single event may be larger.
constexpr std::uint32_t block_payload_target = 256 * 1024;

class BlockPlan {
 public:
  // The spans must hold exactly `event_count` whole events, with sequences from `first_sequence` on.
  void cut(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    blocks_.clear();
    pieces_.clear();
    bytes_ = 0;
    std::uint64_t sequence = first_sequence;
    open_block(sequence);
    for (const tickweir_span& span : spans) sequence = cut_span(span, sequence);
    if (sequence - first_sequence != event_count) {
      refuse(std::to_string(sequence - first_sequence) + " events, expected " + std::to_string(event_count));
    }
  }
  // A block without events.
  void cut_empty(std::uint32_t kind, std::uint64_t next_sequence) {
    blocks_.clear();
    pieces_.clear();
    bytes_ = 0;
    open_block(next_sequence);
    blocks_.back().kind = kind;
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t event_count() const {
    std::uint64_t sum = 0;
    for (const BlockHeader& block : blocks_) sum += block.event_count;
    return sum;
  }

  // Fills in the headers for blocks that begin at `place` and follow `chain`, which is moved on. Returns what
  // to write there; good until the next cut.
  [[nodiscard]] std::span<const tickweir_span> chain_up(Place place, std::uint32_t& chain,
                                                        std::uint64_t synced_sequence) {
    std::size_t piece = 0;
    for (BlockHeader& block : blocks_) {
      block.synced_sequence = synced_sequence;
      pieces_[piece].data = reinterpret_cast<const std::uint8_t*>(&block);
      ++piece;
      chain = chain_header(block, chain);
      for (; piece < pieces_.size() && pieces_[piece].data != nullptr; ++piece) {
        chain = crc32c(pieces_[piece].data, pieces_[piece].bytes, chain);
      }
      block.chain = chain;
      block.check = block_check(place, block);
      place.offset += block_header_bytes + block.payload_bytes;
    }
    return pieces_;
  }

 private:
  [[noreturn]] static void refuse(const std::string& found) {
    throw std::invalid_argument("cannot append: found " + found + " (a bug of the caller)");
  }
  void open_block(std::uint64_t first_sequence) {
    blocks_.push_back({.kind = block_events, .first_sequence = first_sequence});
    pieces_.push_back({nullptr, block_header_bytes});  // its address is known when all blocks are
    bytes_ += block_header_bytes;
  }
  void add_piece(const std::uint8_t* data, std::uint64_t bytes) {
    if (bytes == 0) return;
    pieces_.push_back({data, bytes});
    bytes_ += bytes;
  }
  // Returns the sequence that comes next.
  std::uint64_t cut_span(const tickweir_span& span, std::uint64_t sequence) {
    std::uint64_t piece = 0;
    for (std::uint64_t at = 0; at < span.bytes; ++sequence) {
      Event event;
      if (span.bytes - at < sizeof event) refuse("an event that is cut off");
      std::memcpy(&event, span.data + at, sizeof event);
      if (event.size < sizeof event || event.size % event_alignment != 0 || event.size > span.bytes - at) {
        refuse("an event of size " + std::to_string(event.size));
      }
      if (event.sequence != sequence || event.verdict != 0) {
        refuse("an event with sequence " + std::to_string(event.sequence) + " and verdict " +
               std::to_string(event.verdict) + ", expected sequence " + std::to_string(sequence) +
               " and no verdict");
      }
      if (blocks_.back().event_count > 0 &&
          std::uint64_t{blocks_.back().payload_bytes} + event.size > block_payload_target) {
        add_piece(span.data + piece, at - piece);
        piece = at;
        open_block(sequence);
      }
      blocks_.back().payload_bytes += event.size;
      ++blocks_.back().event_count;
      at += event.size;
    }
    add_piece(span.data + piece, span.bytes - piece);
    return sequence;
  }

  std::vector<BlockHeader> blocks_;
  std::vector<tickweir_span> pieces_;  // for each block its header, then its events
  std::uint64_t bytes_ = 0;
};

}  // namespace tickweir::wal_segment
