// Events as one value, for logs kept in a key-value store: a head with a checksum, then whole events.
//
//   head   32 bytes, little-endian, see LogGroupHead
//   events whole events, one after the other
//
// The key of a group is the sequence of its first event. What is read was checked: the stores beneath do not
// all check it themselves, and none of them knows what an event is.
//
// Threading: functions of their arguments. Memory: in the vector given, which grows to the largest group.
// Errors:    a damaged group throws LogDamage, which says place and sequence.
// Needs:     ISA-L (libisal-dev, link `isal`) for the CRC32C.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <isa-l/crc.h>

#include "tickweir/event.h"

namespace tickweir {

struct LogGroupHead {
  std::uint32_t checksum = 0;  // CRC32C of all that follows it, events included
  std::uint16_t format = 1;
  std::uint16_t reserved = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t bytes = 0;  // of the events
  std::uint32_t event_count = 0;
  // So far behind first_sequence lay the last one that was synced when this was made. 0: not known, as in
  // older logs.
  std::uint32_t synced_behind = 0;
};
static_assert(sizeof(LogGroupHead) == 32);

// What is stored is not what was written.
class LogDamage : public std::runtime_error {
  using runtime_error::runtime_error;
};

namespace detail {

// CRC32C (Castagnoli), as iSCSI and RFC 3720 have it.
inline std::uint32_t crc32c(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t step = std::size_t{1} << 30;  // the library counts in int
  std::uint32_t crc = 0xFFFF'FFFF;
  while (!bytes.empty()) {
    const std::size_t taken = std::min(step, bytes.size());
    crc = ::crc32_iscsi(const_cast<std::uint8_t*>(bytes.data()), static_cast<int>(taken), crc);
    bytes = bytes.subspan(taken);
  }
  return ~crc;
}

inline std::uint32_t group_checksum(std::span<const std::uint8_t> group) {
  return crc32c(group.subspan(sizeof LogGroupHead{}.checksum));
}

inline std::string hexadecimal(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

}  // namespace detail

// Makes `group` a group of the events in `events`, of which there are `event_count`; all up to
// `synced_sequence` were synced before.
inline void make_log_group(std::vector<std::uint8_t>& group, std::span<const tickweir_span> events,
                           std::uint64_t first_sequence, std::uint32_t event_count,
                           std::uint64_t synced_sequence) {
  const std::uint64_t behind = first_sequence - synced_sequence;
  LogGroupHead head{.first_sequence = first_sequence,
                    .event_count = event_count,
                    .synced_behind = behind > UINT32_MAX ? 0 : static_cast<std::uint32_t>(behind)};
  for (const tickweir_span& span : events) head.bytes += span.bytes;
  group.resize(sizeof head + head.bytes);
  std::uint8_t* to = group.data() + sizeof head;
  for (const tickweir_span& span : events) {
    if (span.bytes != 0) std::memcpy(to, span.data, span.bytes);
    to += span.bytes;
  }
  std::memcpy(group.data(), &head, sizeof head);
  head.checksum = detail::group_checksum(group);
  std::memcpy(group.data(), &head.checksum, sizeof head.checksum);
}

// The head of a group that was found under `key` at `place`. Throws LogDamage unless all of it is sound.
inline LogGroupHead check_log_group(std::span<const std::uint8_t> group, std::uint64_t key,
                                    const std::string& place) {
  const auto damaged = [&](const std::string& what) {
    return LogDamage(place + ", group of sequence " + std::to_string(key) + ": " + what +
                     "; the log is damaged there, restore it from a copy");
  };
  LogGroupHead head;
  if (group.size() < sizeof head) {
    throw damaged("it has " + std::to_string(group.size()) + " bytes, at least " +
                  std::to_string(sizeof head) + " expected");
  }
  std::memcpy(&head, group.data(), sizeof head);
  if (const std::uint32_t found = detail::group_checksum(group); found != head.checksum) {
    throw damaged("its checksum is " + detail::hexadecimal(found) + ", " +
                  detail::hexadecimal(head.checksum) + " expected");
  }
  if (head.format != 1) throw damaged("its format is " + std::to_string(head.format) + ", 1 expected");
  if (head.first_sequence != key) {
    throw damaged("it begins with sequence " + std::to_string(head.first_sequence));
  }
  std::uint64_t at = sizeof head;
  for (std::uint32_t i = 0; i < head.event_count; ++i) {
    Event event{};
    if (group.size() - at >= sizeof event) std::memcpy(&event, group.data() + at, sizeof event);
    if (event.size < sizeof event || event.size % event_alignment != 0 || event.size > group.size() - at) {
      throw damaged("event " + std::to_string(i) + " of " + std::to_string(head.event_count) + " at byte " +
                    std::to_string(at) + " says it has " + std::to_string(event.size) + " bytes, " +
                    std::to_string(group.size() - at) + " are left");
    }
    at += event.size;
  }
  if (head.event_count == 0 || at != group.size() || head.bytes != at - sizeof head) {
    throw damaged("its " + std::to_string(head.event_count) + " events end at byte " + std::to_string(at) +
                  " of " + std::to_string(group.size()));
  }
  return head;
}

}  // namespace tickweir
