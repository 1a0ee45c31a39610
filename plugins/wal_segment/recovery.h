// What a log's last segment ends with: the decision between a clean end, a torn end and damage.
//
// A block tells up to which sequence all was synced before it was written. So when a block is bad:
//   - a later block that vouches for it proves that it was once whole on the disk: damage;
//   - otherwise it was never vouched for: it is the torn end of what was being written when the power went.
// The segment's mark vouches likewise. Later blocks that do not vouch for it belong to the same torn end:
// unsynced bytes reach the disk in any order.
//
// In a file that another segment was in before, anything may follow the page in which the blocks end: that
// page the writer has filled up with zeros. Behind it only sound block headers of this segment are signs of a
// torn end; whatever else lies there stays and is written over.
//
// Threading: one thread. Memory: a buffer. Errors: thrown (Damage, std::system_error).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "segment_reader.h"

namespace tickweir::wal_segment {

// The end of a segment's good blocks, and what follows them.
struct Tail {
  Position position;                  // where the next block goes
  std::uint64_t dirty_end = 0;        // a torn end goes from position.offset to here; 0: there is none
  std::string problem;                // of the first bad block; "" when there is none
  std::uint64_t synced_sequence = 0;  // blocks and mark vouch for these
};

namespace detail {

// Looks through everything behind the good blocks, in steps of the alignment.
inline void search_behind(SegmentReader& reader, Tail& tail) {
  FileWindow& window = reader.window();
  const std::uint64_t chunk = FileWindow::read_ahead / 2;
  const bool is_reused = reader.is_reused();
  const std::uint64_t own_end =
      TICKWEIR_BUG("rot taken for an older segment") ? 0 : end_of_page(tail.position.offset);
  for (std::uint64_t from = tail.position.offset; from < window.end(); from += chunk) {
    const std::uint64_t bytes = std::min(chunk, window.end() - from);
    const auto here = window.at(from, bytes);
    if (here.size() != bytes) throw Damage(reader.path(), from, tail.position.next_sequence, "the file ends");
    for (std::uint64_t at = 0; at + 8 <= bytes; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, here.data() + at, sizeof word);
      if (word == 0) continue;
      if (!is_reused || from + at < own_end) tail.dirty_end = from + at + 8;
      const auto kind = static_cast<std::uint32_t>(word >> 32);
      if (kind != block_events && kind != block_sealed) continue;
      BlockHeader header;
      if (window.end() - from - at < sizeof header) continue;
      const std::uint64_t known = std::min<std::uint64_t>(sizeof header, bytes - at);
      std::memcpy(&header, here.data() + at, known);
      if (known < sizeof header) {
        auto* const rest = reinterpret_cast<std::uint8_t*>(&header) + known;
        if (window.file().read(rest, sizeof header - known, from + at + known) != sizeof header - known)
          continue;
      }
      if (!reader.is_block(from + at, header)) continue;
      tail.dirty_end = std::max(tail.dirty_end, from + at + sizeof header + header.payload_bytes);
      const bool vouches =
          header.synced_sequence >= tail.position.next_sequence || TICKWEIR_BUG("torn end taken for damage");
      if (vouches && !TICKWEIR_BUG("damage cut as torn")) {
        const std::string found = tail.problem.empty() ? "there are zeros instead of a block" : tail.problem;
        throw Damage(reader.path(), tail.position.offset, tail.position.next_sequence,
                     found + ", and a later block (byte " + std::to_string(from + at) +
                         ") says that this one was synced");
      }
    }
  }
}

}  // namespace detail

// Walks the last segment to its end. Throws Damage unless what it finds is an end that a crash may leave.
[[nodiscard]] inline Tail find_tail(SegmentReader& reader) {
  Tail tail;
  tail.synced_sequence = reader.marked_sequence();
  Step step = reader.next();
  for (; step.what == Step::events; step = reader.next()) {
    tail.synced_sequence = std::max(tail.synced_sequence, step.header.synced_sequence);
  }
  tail.position = reader.position();
  tail.problem = step.problem;
  if (step.what == Step::sealed) {
    throw Damage(
        reader.path(), tail.position.offset, tail.position.next_sequence,
        "it is sealed, so there was a segment " + segment_name(reader.number() + 1) + ", which is missing");
  }
  if (step.what == Step::senseless) {
    throw Damage(reader.path(), tail.position.offset, tail.position.next_sequence, step.problem);
  }
  if (!TICKWEIR_BUG("zeros are the end") || step.what != Step::end) detail::search_behind(reader, tail);
  if (tail.synced_sequence >= tail.position.next_sequence && !TICKWEIR_BUG("synced mark ignored")) {
    throw Damage(reader.path(), tail.position.offset, tail.position.next_sequence,
                 (tail.problem.empty() ? std::string("the blocks end") : tail.problem) +
                     ", and the segment's mark says that all up to sequence " +
                     std::to_string(tail.synced_sequence) + " was synced");
  }
  if (tail.dirty_end != 0 && tail.problem.empty()) tail.problem = "bytes after the last block";
  return tail;
}

namespace detail {

constexpr int torn_copies_max = 9;  // of one place

// "000000000001.segment.8192.torn", then "...torn.2" and on.
[[nodiscard]] inline std::string torn_path(const File& segment, std::uint64_t from, int number) {
  const std::string path = segment.path() + "." + std::to_string(from) + ".torn";
  return number == 1 ? path : path + "." + std::to_string(number);
}

// Shows the bytes from `from` to `end` to `visit`, piece by piece, with their offsets.
template <typename Visit>
void for_each_piece(const File& segment, std::uint64_t from, std::uint64_t end, Visit&& visit) {
  std::vector<std::uint8_t> room(std::min<std::uint64_t>(end - from, FileWindow::read_ahead));
  for (std::uint64_t at = from; at < end; at += room.size()) {
    const std::span piece(room.data(), std::min<std::uint64_t>(room.size(), end - at));
    if (segment.read(piece.data(), piece.size(), at) != piece.size())
      throw std::runtime_error(segment.path() + " became shorter");
    visit(piece, at);
  }
}

// Whether a copy holds the torn end already: that, or what a recovery that was cut short has left of it,
// which has zeros in places.
[[nodiscard]] inline bool holds_tail(const File& copy, const File& segment, const Tail& tail) {
  const std::uint64_t from = tail.position.offset;
  if (copy.bytes() < tail.dirty_end - from) return false;
  bool holds = true;
  std::vector<std::uint8_t> kept;
  for_each_piece(segment, from, tail.dirty_end, [&](std::span<const std::uint8_t> piece, std::uint64_t at) {
    kept.resize(piece.size());
    holds = holds && copy.read(kept.data(), kept.size(), at - from) == kept.size();
    for (std::size_t i = 0; i < piece.size() && holds; ++i) holds = piece[i] == 0 || piece[i] == kept[i];
  });
  return holds;
}

inline void require_room(bool is_written, const std::string& path) {
  if (!is_written)
    throw std::runtime_error("cannot cut the torn end of the log: no room on the disk for " + path);
}

// It is whole before it gets its name, and never replaced.
inline void copy_tail(const Files& files, const std::string& folder, const File& segment, const Tail& tail,
                      const std::string& path) {
  const std::string unfinished = path + ".new";
  if (files.open_if_there(unfinished, TICKWEIR_FILE_READ).is_open()) files.remove(unfinished);
  File copy = files.open(unfinished, TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
  const std::uint64_t from = tail.position.offset;
  for_each_piece(segment, from, tail.dirty_end, [&](std::span<const std::uint8_t> piece, std::uint64_t at) {
    require_room(copy.write(piece.data(), piece.size(), at - from), path);
  });
  copy.sync();
  copy.close();
  files.rename(unfinished, path);
  files.sync_folder(folder);
}

// Sees to it that a copy is there, and says where.
[[nodiscard]] inline std::string keep_tail(const Files& files, const std::string& folder, const File& segment,
                                           const Tail& tail) {
  for (int number = 1; number <= torn_copies_max; ++number) {
    const std::string path = torn_path(segment, tail.position.offset, number);
    const File kept = files.open_if_there(path, TICKWEIR_FILE_READ);
    if (kept.is_open() && !TICKWEIR_BUG("torn copy replaced")) {
      if (!holds_tail(kept, segment, tail)) continue;
      files.sync_folder(folder);  // its name may be as new as a cut recovery left it
    } else {
      copy_tail(files, folder, segment, tail, path);
    }
    return "; a copy is in " + path;
  }
  return "; no copy was kept: there are " + std::to_string(torn_copies_max) + " of that place already";
}

}  // namespace detail

// Makes the torn end zeros, after keeping a copy of it beside the segment. Returns a sentence for people.
[[nodiscard]] inline std::string cut_tail(const Files& files, const std::string& folder, File& segment,
                                          const Tail& tail) {
  const std::uint64_t from = tail.position.offset;
  const std::string kept = detail::keep_tail(files, folder, segment, tail);
  const std::vector<std::uint8_t> zeros(
      std::min<std::uint64_t>(tail.dirty_end - from, FileWindow::read_ahead));
  for (std::uint64_t at = from; at < tail.dirty_end; at += zeros.size()) {
    const std::uint64_t bytes = std::min<std::uint64_t>(zeros.size(), tail.dirty_end - at);
    detail::require_room(segment.write(zeros.data(), bytes, at), segment.path());
  }
  return "cut a torn end of " + std::to_string(tail.dirty_end - from) + " bytes at byte " +
         std::to_string(from) + " of " + segment.path() + ", after sequence " +
         std::to_string(tail.position.next_sequence - 1) + " (" + tail.problem + ")" + kept;
}

}  // namespace tickweir::wal_segment
