// The event file: a 64-byte header, then whole events back to back, as they lay in their batch.
//
// Threading: pure functions. Memory: none. Errors: a sentence about what is wrong, or "".
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "tickweir/event.h"

namespace tickweir::event_file {

// Little-endian, like everything else.
struct Header {
  std::array<char, 8> magic = {'T', 'I', 'C', 'K', 'W', 'E', 'I', 'R'};
  std::uint32_t version = 1;
  std::uint32_t header_bytes = 64;  // where the first event begins
  std::uint32_t event_header_bytes = 32;
  std::uint32_t event_alignment = 8;  // sizes of events are multiples of it
  std::array<std::uint64_t, 5> reserved = {};
  friend bool operator==(const Header&, const Header&) = default;
};
static_assert(sizeof(Header) == 64);

[[nodiscard]] inline std::string wrong_with(const Header& found) {
  if (found.magic != Header{}.magic) return "it does not begin with TICKWEIR, so it is no event file";
  if (found.version != 1)
    return "it is an event file of version " + std::to_string(found.version) + ", expected 1";
  return found == Header{} ? "" : "its header is not one that version 1 writes";
}

// The size of the event that begins at `bytes`, of which `count` are there; 0: not whole, or no event.
[[nodiscard]] inline std::uint32_t whole_event_size(const std::uint8_t* bytes, std::uint64_t count) {
  if (count < sizeof(Event)) return 0;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes, sizeof size);
  return size >= sizeof(Event) && size % event_alignment == 0 && size <= count ? size : 0;
}

}  // namespace tickweir::event_file
