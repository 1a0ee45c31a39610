// Looks through SQLite's own log (the -wal file) before SQLite does, and refuses damage that SQLite would
// take for its end: frames of a commit that was synced, behind one that is not sound.
//
// SQLite reads a -wal file up to the first frame whose checksum is wrong and forgets the rest. After a crash
// the rest is at most one commit that was being written, because each commit is synced before the next
// begins, and each start empties the file. So more than one commit behind the break, in frames of the same
// generation, was acknowledged.
//
// Layout: SQLite's "Database File Format", section 4.1. Threading: a function. Memory: one frame.
// Errors: thrown as LogDamage, with file, byte and frame.
#pragma once

#include <array>
#include <cstdint>
#include <string>
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

}  // namespace detail

inline void check_frames(const std::string& path, const Files& files) {
  constexpr std::uint64_t head_bytes = 32;
  constexpr std::uint64_t frame_head_bytes = 24;
  const File file = files.open_if_there(path, TICKWEIR_FILE_READ);
  std::array<std::uint8_t, head_bytes> head{};
  if (!file.is_open() || file.read(head.data(), head.size(), 0) < head.size()) return;
  const std::uint32_t magic = detail::big_endian(head.data());
  const std::uint32_t page_bytes = detail::big_endian(head.data() + 8);
  if ((magic & ~1U) != 0x377F'0682 || page_bytes < 512 || page_bytes > 65'536)
    return;  // of a crashed creation
  detail::Sum sum{.is_big_endian = (magic & 1) != 0};
  sum.add(head.data(), 24);
  bool is_sound = sum.is(head.data() + 24);
  std::uint64_t broken_at = 0;
  std::uint32_t commits_behind = 0;
  std::vector<std::uint8_t> frame(frame_head_bytes + page_bytes);
  for (std::uint64_t at = head_bytes; file.read(frame.data(), frame.size(), at) == frame.size();
       at += frame.size()) {
    if (std::memcmp(frame.data() + 8, head.data() + 16, 8) != 0) {  // salts: of an older generation
      if (is_sound) break;
      continue;
    }
    if (is_sound) {
      sum.add(frame.data(), 8);
      sum.add(frame.data() + frame_head_bytes, page_bytes);
      is_sound = sum.is(frame.data() + 16);
      broken_at = at;
    }
    if (!is_sound && detail::big_endian(frame.data() + 4) != 0) ++commits_behind;
  }
  if (commits_behind < 2) return;
  throw LogDamage(path + " is damaged in the frame at byte " + std::to_string(broken_at) + ": " +
                  std::to_string(commits_behind) +
                  " commits that were synced lie behind it, and SQLite would forget them; restore the log "
                  "from a copy");
}

}  // namespace tickweir::sqlite
