// The end of the log: makes segments, appends blocks to the last one, syncs it, seals it.
//
// Threading: append() and sync() or vouch() may run at the same time on two threads; nothing else may.
// Memory:    that of a BlockPlan and a PageWriter.
// Errors:    thrown; the log must not be written to after one (SegmentLog sees to it). A full disk is not
//            one: false, and nothing of the call is kept.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "block_plan.h"
#include "page_writer.h"
#include "segment_reader.h"
#include "segment_supply.h"

namespace tickweir::wal_segment {

// Makes the segment that `header` describes, durable and under its name. Not open: the disk is full.
[[nodiscard]] inline File make_segment(const Files& files, const std::string& folder, SegmentHeader& header,
                                       const std::string& schema, SegmentSupply& supply) {
  const std::string path = folder + "/" + segment_name(header.number);
  header.schema_bytes = static_cast<std::uint32_t>(schema.size());
  header.schema_check = crc32c(schema.data(), schema.size());
  header.data_offset = static_cast<std::uint32_t>(whole_pages(schema_offset + schema.size()));
  header.segment_bytes = std::max<std::uint64_t>(header.segment_bytes, header.data_offset);

  auto supplied = supply.take(header.segment_bytes);
  if (!supplied) {
    supplied = {path + ".new", false};
    if (!make_filled_file(files, supplied->path, header.segment_bytes)) return {};
  }
  const std::string& fresh = supplied->path;
  header.version = supplied->is_reused ? format_version_reused : format_version;
  const HeaderPage page = encode(header);
  std::memcpy(&header, page.data(), sizeof header);
  std::string padded = schema;
  // With the page in which the first block begins: see PageWriter.
  padded.resize(std::min<std::uint64_t>(end_of_page(header.data_offset), header.segment_bytes) -
                schema_offset);
  File file = files.open(fresh, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
  if (!file.write(page.data(), page.size(), 0) || !file.write(padded.data(), padded.size(), schema_offset)) {
    file.close();
    files.remove(fresh);
    return {};
  }
  if (!TICKWEIR_BUG("new segment not synced")) file.sync();
  file.close();
  files.rename(fresh, path);
  if (!TICKWEIR_BUG("segment name not synced")) files.sync_folder(folder);
  return files.open(path, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_DIRECT);
}

class SegmentWriter {
 public:
  // Goes on at `position` of a file opened with TICKWEIR_FILE_DIRECT; what lies before it says that all up to
  // `vouched_sequence` is synced.
  void open(File file, const SegmentHeader& header, const Position& position, std::uint64_t synced_sequence,
            std::uint64_t vouched_sequence) {
    pages_.open(std::move(file), position.offset, header.segment_bytes);
    header_ = header;
    position_ = position;
    appended_sequence_ = position.next_sequence - 1;
    synced_sequence_ = synced_sequence;
    vouched_sequence_ = vouched_sequence;
    is_synced_ = true;
  }
  void close() { pages_.close(); }
  [[nodiscard]] bool is_open() const { return pages_.is_open(); }
  [[nodiscard]] const Position& position() const { return position_; }
  [[nodiscard]] const SegmentHeader& header() const { return header_; }
  [[nodiscard]] bool is_synced() const { return is_synced_; }
  [[nodiscard]] std::uint64_t synced_sequence() const { return synced_sequence_; }

  // Room for blocks of so many bytes, and for the seal after them.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const {
    return position_.offset + bytes + block_header_bytes <= header_.segment_bytes;
  }

  [[nodiscard]] bool append(BlockPlan& plan) {
    const std::uint64_t synced = synced_sequence_;
    std::uint32_t chain = position_.chain;
    const auto spans = plan.chain_up({header_.log_id, header_.number, position_.offset}, chain, synced);
    const bool is_written = pages_.append(spans, plan.bytes());
    if (is_written) {
      position_.offset += plan.bytes();
      position_.next_sequence += plan.event_count();
      position_.chain = chain;
      appended_sequence_ = position_.next_sequence - 1;
    }
    is_synced_ = false;  // last: a sync that takes it back has seen the new sequence
    if (!is_written) return false;
    if (vouched_sequence_ < synced) vouched_sequence_ = synced;
    return true;
  }

  // Covers what was appended before it began; what is appended meanwhile is left to the next.
  void sync() {
    is_synced_ = true;
    std::uint64_t covered = appended_sequence_;
    if (!TICKWEIR_BUG("sync does nothing")) pages_.sync();
    if (TICKWEIR_BUG("sync vouches for later appends")) covered = appended_sequence_;
    synced_sequence_ = covered;
  }

  // Says on the disk that all before is synced, if nothing there says so yet: from then on a bad block before
  // this place is damage and cannot pass for a torn end.
  void vouch() {
    const std::uint64_t synced = synced_sequence_;
    if (vouched_sequence_ >= synced) return;
    SyncMark mark{.synced_sequence = synced};
    mark.check = mark_check(header_.log_id, header_.number, mark);
    std::memcpy(mark_page_.data(), &mark, sizeof mark);
    if (!pages_.write_page(mark_page_, mark_offset)) return;  // a full disk: it can do without
    pages_.sync();
    vouched_sequence_ = synced;
  }

  // Says that the next segment exists. Not part of the chain that goes on there.
  void seal() {
    const Position before = position_;
    plan_.cut_empty(block_sealed, position_.next_sequence);
    if (append(plan_)) pages_.sync();
    position_ = before;
  }

 private:
  PageWriter pages_;
  Pages mark_page_{page_bytes};
  SegmentHeader header_;
  Position position_;
  // Between append() and sync(), all sequentially consistent: next to a write to a file, that costs nothing.
  std::atomic<std::uint64_t> appended_sequence_ = 0;
  std::atomic<std::uint64_t> synced_sequence_ = 0;
  std::atomic<std::uint64_t> vouched_sequence_ = 0;
  std::atomic<bool> is_synced_ = true;  // nothing was written since the last sync began
  BlockPlan plan_;
};

}  // namespace tickweir::wal_segment
