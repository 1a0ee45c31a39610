// The bytes of a segment file: see framework/docs/wal_format.md, which this follows field by field.
//
//   | header 4 KiB | mark 4 KiB | schema, padded to 4 KiB | block | ... | zeros, or an older segment |
//
// Threading: plain data. Memory: nothing is allocated but names and texts.
// Units:     offsets and sizes in bytes; offsets from the start of the file.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "crc32c.h"
#include "tickweir/event.h"
#include "tickweir/planted_bug.h"

namespace tickweir::wal_segment {

using LogId = std::array<std::uint8_t, 16>;

constexpr std::uint32_t format_version = 1;
constexpr std::uint32_t format_version_reused = 2;  // blocks of an older segment may lie behind its own
constexpr std::uint32_t page_bytes = 4096;
constexpr std::uint32_t schema_bytes_max = 1 << 20;
constexpr std::array<char, 8> segment_magic{'T', 'W', 'S', 'E', 'G', 'M', 'N', 'T'};

struct SegmentHeader {
  std::array<char, 8> magic = segment_magic;
  std::uint32_t check = 0;  // CRC32C of the whole page with this field 0
  std::uint32_t version = format_version;
  LogId log_id{};
  std::uint64_t number = 0;          // from 1, without a gap
  std::uint64_t first_sequence = 0;  // of the first event in it
  std::uint64_t segment_bytes = 0;   // of the whole file, whole pages
  std::uint32_t previous_chain = 0;  // at the end of the segment before; 0 in the first
  std::uint32_t schema_bytes = 0;
  std::uint32_t schema_check = 0;  // CRC32C of the schema
  std::uint32_t data_offset = 0;   // of the first block

  [[nodiscard]] bool is_reused() const { return version == format_version_reused; }
};
static_assert(sizeof(SegmentHeader) == 72);

using HeaderPage = std::array<std::uint8_t, page_bytes>;

// Overwritten in place when the log is idle or stops: a witness, in another sector, of what was synced. One
// that is damaged counts as none.
struct SyncMark {
  std::uint32_t check = 0;          // CRC32C of log id, segment number, own offset, and the fields below
  std::uint32_t kind = 0x4b4d5754;  // "TWMK"
  std::uint64_t synced_sequence = 0;
};
static_assert(sizeof(SyncMark) == 16);
constexpr std::uint64_t mark_offset = page_bytes;
constexpr std::uint64_t schema_offset = 2 * page_bytes;

enum BlockKind : std::uint32_t {
  block_none = 0,             // never written
  block_events = 0x56455754,  // "TWEV"
  block_sealed = 0x4c535754,  // "TWSL": the next segment exists
};

struct BlockHeader {
  std::uint32_t check = 0;  // CRC32C of log id, segment number, own offset, and the fields below
  std::uint32_t kind = block_none;
  std::uint32_t payload_bytes = 0;  // a multiple of 8
  std::uint32_t event_count = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t synced_sequence = 0;  // up to here all was synced before this block was written
  std::uint32_t chain = 0;  // CRC32C of kind .. synced_sequence and the payload, after the block before
  std::uint32_t reserved = 0;
};
static_assert(sizeof(BlockHeader) == 40);
constexpr std::uint64_t block_header_bytes = sizeof(BlockHeader);

// Something on the disk that no crash explains. The text says where, what, and what to do.
class Damage : public std::runtime_error {
 public:
  Damage(const std::string& file, std::uint64_t offset, std::uint64_t sequence, const std::string& found)
      : std::runtime_error(
            file + " is damaged at byte " + std::to_string(offset) + ": " + found +
            "; events from sequence " + std::to_string(sequence) +
            " on cannot be trusted. Nothing was changed: restore the file from a copy, or keep what can be "
            "read: tickweir wal copy LOG --to NEW --keep-readable") {}
};

[[nodiscard]] inline std::string numbered_name(std::uint64_t number, std::string_view suffix) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%012llu", static_cast<unsigned long long>(number));
  return std::string(digits).append(suffix);
}
[[nodiscard]] inline std::string segment_name(std::uint64_t number) {
  return numbered_name(number, ".segment");
}

// The number in a file's name, if it is such a one.
[[nodiscard]] inline std::optional<std::uint64_t> file_number(std::string_view name,
                                                              std::string_view suffix) {
  const std::size_t dot = name.find('.');
  if (dot < 12 || dot > 18) return {};
  std::uint64_t number = 0;
  for (const char digit : name.substr(0, dot)) {
    if (digit < '0' || digit > '9') return {};
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (number == 0 || numbered_name(number, suffix) != name) return {};
  return number;
}

[[nodiscard]] constexpr std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}
// Of the page in which that byte is.
[[nodiscard]] constexpr std::uint64_t end_of_page(std::uint64_t offset) {
  return whole_pages(offset + 1);
}

[[nodiscard]] inline HeaderPage encode(SegmentHeader header) {
  HeaderPage page{};
  header.check = 0;
  std::memcpy(page.data(), &header, sizeof header);
  header.check = crc32c(page.data(), page.size());
  std::memcpy(page.data(), &header, sizeof header);
  return page;
}

[[nodiscard]] inline bool has_right_check(HeaderPage page) {
  SegmentHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  std::memset(page.data() + offsetof(SegmentHeader, check), 0, sizeof header.check);
  return crc32c(page.data(), page.size()) == header.check;
}

// A whole header of a version that is still to come when this is written.
[[nodiscard]] inline bool is_newer(const HeaderPage& page) {
  SegmentHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  return header.magic == segment_magic && header.version > format_version_reused && has_right_check(page) &&
         !TICKWEIR_BUG("version ignored");
}

// The header of a page, or what is wrong with it in `problem`. `file_bytes`: the length of its file.
[[nodiscard]] inline SegmentHeader decode(const HeaderPage& page, std::uint64_t file_bytes,
                                          std::string& problem) {
  SegmentHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  problem.clear();
  if (header.magic != segment_magic) {
    problem = "found no segment header (TWSEGMNT)";
  } else if (header.version != format_version && !header.is_reused() && !TICKWEIR_BUG("version ignored")) {
    problem = "found format version " + std::to_string(header.version) + ", this program reads versions " +
              std::to_string(format_version) + " and " + std::to_string(format_version_reused);
  } else {
    if (!has_right_check(page)) {
      problem = "the header's checksum is wrong";
    } else if (header.segment_bytes != file_bytes) {
      problem =
          "found " + std::to_string(file_bytes) + " bytes, expected " + std::to_string(header.segment_bytes);
    } else if (header.schema_bytes > schema_bytes_max || header.first_sequence == 0 ||
               header.data_offset != whole_pages(schema_offset + header.schema_bytes) ||
               header.data_offset > header.segment_bytes || header.segment_bytes % page_bytes != 0) {
      problem = "the header's sizes make no sense";
    }
  }
  return header;
}

[[nodiscard]] inline std::optional<std::uint64_t> segment_number(std::string_view name) {
  return file_number(name, ".segment");
}

// What binds a block to its place, so that no other place can pass for it.
struct Place {
  LogId log_id{};
  std::uint64_t segment_number = 0;
  std::uint64_t offset = 0;
};
static_assert(sizeof(Place) == 32);

[[nodiscard]] inline std::uint32_t block_check(const Place& place, const BlockHeader& header) {
  const std::uint32_t before = crc32c(&place, sizeof place);
  const auto* fields = reinterpret_cast<const std::uint8_t*>(&header) + sizeof header.check;
  return crc32c(fields, sizeof header - sizeof header.check, TICKWEIR_BUG("unbound block") ? 0 : before);
}

[[nodiscard]] inline std::uint32_t mark_check(const LogId& log_id, std::uint64_t number,
                                              const SyncMark& mark) {
  const Place place{log_id, number, mark_offset};
  const auto* fields = reinterpret_cast<const std::uint8_t*>(&mark) + sizeof mark.check;
  return crc32c(fields, sizeof mark - sizeof mark.check, crc32c(&place, sizeof place));
}

// The chain value after the fields of a block's header; the payload is to follow.
[[nodiscard]] inline std::uint32_t chain_header(const BlockHeader& header, std::uint32_t before) {
  const auto* fields = reinterpret_cast<const std::uint8_t*>(&header) + offsetof(BlockHeader, kind);
  return crc32c(fields, offsetof(BlockHeader, chain) - offsetof(BlockHeader, kind),
                TICKWEIR_BUG("unchained block") ? 0 : before);
}

// Whole events with rising sequences and no verdict; "" or what is wrong. `stride`: their common size or 0.
[[nodiscard]] inline std::string events_problem(std::span<const std::uint8_t> bytes,
                                                std::uint64_t first_sequence, std::uint32_t event_count,
                                                std::uint32_t& stride) {
  std::uint64_t at = 0;
  std::uint32_t count = 0;
  stride = 0;
  bool is_uniform = true;
  const auto event_at = [&](std::uint64_t offset) {
    Event event;
    std::memcpy(&event, bytes.data() + offset, sizeof event);
    return event;
  };
  while (bytes.size() - at >= sizeof(Event)) {
    const std::uint32_t size = event_at(at).size;
    if (size < sizeof(Event) || size % event_alignment != 0 || size > bytes.size() - at) {
      return "an event has the size " + std::to_string(size);
    }
    is_uniform = count == 0;
    if (is_uniform) stride = size;
    // As long as the size stays, the next event is looked at before this one has come from memory.
    do {
      const Event event = event_at(at);
      if (event.sequence != first_sequence + count) {
        return "an event has the sequence " + std::to_string(event.sequence) + ", expected " +
               std::to_string(first_sequence + count);
      }
      if (event.verdict != 0) return "an event has the verdict " + std::to_string(event.verdict);
      at += size;
      ++count;
    } while (bytes.size() - at >= size && event_at(at).size == size);
  }
  if (!is_uniform) stride = 0;
  if (at != bytes.size()) return "there are bytes that belong to no event";
  if (count == event_count) return {};
  return "there are " + std::to_string(count) + " events, expected " + std::to_string(event_count);
}

}  // namespace tickweir::wal_segment
