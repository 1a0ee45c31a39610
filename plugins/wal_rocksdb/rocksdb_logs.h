// Walks RocksDB's own logs (*.log, and MANIFEST-*, which is one of them by its form) before RocksDB does, and
// refuses damage that RocksDB would take for their end.
//
// A log is blocks of 32 KiB, a block is records and less than 7 bytes of nothing. A record is a head of 7
// bytes (a CRC32C of type and data, the data's length, the type) and data. A crash leaves a log that ends
// within a record, or in zeros: nothing sound lies behind. But RocksDB also ends a log in silence at a type
// of 5 to 8 (of records in a file that is used again, which is off here), and in its last block at a length
// that is too large; and it passes over zeros.
//
// Layout: RocksDB's wiki, "Write Ahead Log File Format". Threading: functions. Memory: one block.
// Errors: thrown as LogDamage, with file and byte.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tickweir/files.h"
#include "tickweir/log_group.h"

namespace tickweir::rocks {

namespace detail {

constexpr std::uint64_t block_bytes = 32'768;
constexpr std::uint64_t record_head_bytes = 7;
constexpr std::uint8_t last_type = 4;  // full, first, middle, last: the parts of what lies in several blocks

// The bytes of the record that `rest` of a block begins with; 0: it is not sound.
inline std::uint64_t sound_bytes(std::span<const std::uint8_t> rest) {
  const std::uint64_t data_bytes = rest[4] | static_cast<std::uint64_t>(rest[5]) << 8;
  const std::uint8_t type = rest[6];
  if (type == 0 || type > last_type || data_bytes > rest.size() - record_head_bytes) return 0;
  std::uint32_t stored = 0;
  std::memcpy(&stored, rest.data(), sizeof stored);
  const std::uint32_t checksum = tickweir::detail::crc32c(rest.subspan(6, 1 + data_bytes));
  // RocksDB masks it, so that data which holds such checksums does not mislead it.
  return stored == std::rotr(checksum, 15) + 0xA282'EAD8 ? record_head_bytes + data_bytes : 0;
}

inline void check_log(const std::string& path, const Files& files) {
  const File file = files.open_if_there(path, TICKWEIR_FILE_READ);
  if (!file.is_open()) return;
  const auto damaged = [&](std::uint64_t at, const std::string& what) {
    return LogDamage(path + " is damaged in the record at byte " + std::to_string(at) + ": " + what +
                     ", and RocksDB would forget it; restore the log from a copy");
  };
  const std::uint64_t bytes = file.bytes();  // the owner may go on: what lies behind is not ours to judge
  std::optional<std::uint64_t> broken_at;
  std::vector<std::uint8_t> block(block_bytes);
  for (std::uint64_t from = 0; from < bytes; from += block_bytes) {
    const std::uint64_t got = file.read(block.data(), std::min(block_bytes, bytes - from), from);
    for (std::uint64_t at = 0; got - at >= record_head_bytes;) {
      const std::span<const std::uint8_t> rest(block.data() + at, got - at);
      const std::uint64_t record = sound_bytes(rest);
      if (record != 0 && broken_at) {
        throw damaged(*broken_at, "what was written after it lies at byte " + std::to_string(from + at));
      }
      if (record == 0 && !broken_at) {
        broken_at = from + at;
        if (rest[6] > last_type) {
          throw damaged(*broken_at, "its type is " + std::to_string(rest[6]) + ", 1 to 4 expected");
        }
      }
      at += std::max<std::uint64_t>(record, 1);  // what rotted hides where the next one begins
    }
  }
}

}  // namespace detail

inline void check_logs(const std::string& folder, const Files& files) {
  for (const std::string& name : files.list(folder)) {
    if (name.ends_with(".log") || name.starts_with("MANIFEST-"))
      detail::check_log(folder + "/" + name, files);
  }
}

}  // namespace tickweir::rocks
