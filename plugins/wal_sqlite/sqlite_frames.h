// Looks through SQLite's own log (the -wal file) before SQLite does, and refuses damage that SQLite would
// take for its end: frames of a commit that was synced, behind one that is not sound.
//
// SQLite reads a -wal file up to the first frame whose checksum is wrong and forgets the rest. After a crash
// the rest is at most one commit that was being written, because each commit is synced before the next
// begins, and the file is emptied at each start and after a commit that was rolled back. So more than one
// commit behind the break, in frames of the same generation, was acknowledged. And the file's head is synced
// before the first frame, so it cannot be torn when there is more than a head.
//
// A generation is a pair of salts: the first counts, the second is random. Frames of an older one, behind
// the newest, have another first and another second; one that has only one of the two has rotted.
//
// Layout: SQLite's "Database File Format", section 4.1. Threading: a function. Memory: one frame.
// Errors: thrown as LogDamage, with file, byte and frame.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tickweir/files.h"
#include "tickweir/log_group.h"

namespace tickweir::sqlite {

namespace detail {

inline std::uint32_t big_endian(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

// SQLite's running sum over pairs of words.
struct Sum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool is_big_endian = false;

  void add(const std::uint8_t* at, std::size_t bytes) {
    for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
      first += word(at + i) + second;
      second += word(at + i + 4) + first;
    }
  }
  [[nodiscard]] std::uint32_t word(const std::uint8_t* at) const {
    if (is_big_endian) return big_endian(at);
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  [[nodiscard]] bool is(const std::uint8_t* at) const {
    return first == big_endian(at) && second == big_endian(at + 4);
  }
};

constexpr std::uint64_t head_bytes = 32;
constexpr std::uint64_t frame_head_bytes = 24;

inline Sum with_frame(Sum sum, const std::vector<std::uint8_t>& frame) {
  sum.add(frame.data(), 8);
  sum.add(frame.data() + frame_head_bytes, frame.size() - frame_head_bytes);
  return sum;
}

inline bool is_commit(const std::vector<std::uint8_t>& frame) {
  return big_endian(frame.data() + 4) != 0;
}

// Whether it ended a commit before it rotted: the mark is a number of pages, which may have a single bit.
inline bool was_commit(const Sum& before, std::vector<std::uint8_t> frame) {
  if (is_commit(frame)) return true;
  for (unsigned bit = 0; bit < 32; ++bit) {
    std::uint8_t& byte = frame[4 + bit / 8];
    byte = static_cast<std::uint8_t>(1U << bit % 8);
    if (with_frame(before, frame).is(frame.data() + 16)) return true;
    byte = 0;
  }
  return false;
}

// The first frame that is not sound although a commit that was synced ends with it or behind it.
struct Break {
  std::uint64_t at = 0;  // 0: the file's head
  std::uint32_t commits = 0;

  bool operator==(const Break&) const = default;
};

// `sum`: of the file's head, whose salts follow.
inline std::optional<Break> find_break(const File& file, std::uint32_t page_bytes, Sum sum,
                                       const std::uint8_t* salts) {
  std::vector<std::uint8_t> frame(frame_head_bytes + page_bytes);
  Break found;
  for (std::uint64_t at = head_bytes; file.read(frame.data(), frame.size(), at) == frame.size();
       at += frame.size()) {
    const bool has_first = std::memcmp(frame.data() + 8, salts, 4) == 0;
    const bool has_second = std::memcmp(frame.data() + 12, salts + 4, 4) == 0;
    if (found.at != 0) {
      if ((has_first || has_second) && is_commit(frame)) ++found.commits;
      continue;
    }
    const Sum before = std::exchange(sum, with_frame(sum, frame));
    if (has_first && has_second && sum.is(frame.data() + 16)) continue;
    found.at = at;
    if ((has_first || has_second) && was_commit(before, frame)) ++found.commits;
  }
  return found.commits < 2 ? std::nullopt : std::optional(found);
}

inline std::optional<Break> find_break(const File& file) {
  std::array<std::uint8_t, head_bytes> head{};
  if (file.read(head.data(), head.size(), 0) < head.size()) return {};
  const std::uint32_t magic = big_endian(head.data());
  const std::uint32_t page_bytes = big_endian(head.data() + 8);
  Sum sum{.is_big_endian = (magic & 1) != 0};
  sum.add(head.data(), 24);
  const bool is_sound = (magic & ~1U) == 0x377F'0682 && std::has_single_bit(page_bytes) &&
                        page_bytes >= 512 && page_bytes <= 65'536 && sum.is(head.data() + 24);
  if (is_sound) return find_break(file, page_bytes, sum, head.data() + 16);
  return file.bytes() > head_bytes ? std::optional(Break{}) : std::nullopt;
}

}  // namespace detail

inline void check_frames(const std::string& path, const Files& files) {
  const File file = files.open_if_there(path, TICKWEIR_FILE_READ);
  if (!file.is_open()) return;
  // Whoever only reads may be overtaken by the owner, who writes over an older generation: damage is what is
  // the same when it is looked at again.
  std::optional<detail::Break> found = detail::find_break(file);
  while (found) {
    const std::optional<detail::Break> again = detail::find_break(file);
    if (again == found) break;
    found = again;
  }
  if (!found) return;
  constexpr const char* what_to_do = ", and SQLite would forget them; restore the log from a copy";
  if (found->at == 0) {
    throw LogDamage(path + " is damaged in its first 32 bytes: frames lie behind them, which " +
                    "are written after these were synced" + what_to_do);
  }
  throw LogDamage(path + " is damaged in the frame at byte " + std::to_string(found->at) + ": " +
                  std::to_string(found->commits) + " commits that were synced end there or behind it" +
                  what_to_do);
}

}  // namespace tickweir::sqlite
