// CRC32C by ISA-L, with the usual inversions: crc32c("123456789") is 0xE3069283.
//
// Threading: any. Memory: none.
#pragma once

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tickweir::wal_segment {

// `before`: the value of the bytes in front; 0 when there are none.
[[nodiscard]] inline std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t before = 0) {
  constexpr std::size_t bytes_per_call = std::size_t{1} << 30;      // ISA-L counts in int
  auto* at = static_cast<unsigned char*>(const_cast<void*>(data));  // it only reads
  std::uint32_t value = ~before;
  while (bytes > 0) {
    const std::size_t now = std::min(bytes, bytes_per_call);
    value = crc32_iscsi(at, static_cast<int>(now), value);
    at += now;
    bytes -= now;
  }
  return ~value;
}

}  // namespace tickweir::wal_segment
