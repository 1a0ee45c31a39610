// Copies into memory that the disk reads next, past the caches.
//
// What a disk, or the host of a virtual machine, has just read lies in its cache: an ordinary store would
// fetch each line back first, which costs up to ten times the copy. A store past the caches asks for no old
// content.
//
// Threading: any. Memory: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace tickweir::wal_segment {

// What is smaller is often read again soon: the page in which the next append begins.
constexpr std::size_t copied_past_caches_min = 8192;

inline void copy_for_disk(std::uint8_t* to, const std::uint8_t* from, std::size_t bytes) {
#if defined(__x86_64__)
  constexpr std::size_t line = 64;
  if (bytes >= copied_past_caches_min) {
    const std::size_t head = (line - reinterpret_cast<std::uintptr_t>(to) % line) % line;
    std::memcpy(to, from, head);
    to += head, from += head, bytes -= head;
    for (; bytes >= line; to += line, from += line, bytes -= line) {
      const auto* const source = reinterpret_cast<const __m128i*>(from);
      auto* const target = reinterpret_cast<__m128i*>(to);
      const __m128i first = _mm_loadu_si128(source), second = _mm_loadu_si128(source + 1);
      const __m128i third = _mm_loadu_si128(source + 2), fourth = _mm_loadu_si128(source + 3);
      _mm_stream_si128(target, first);
      _mm_stream_si128(target + 1, second);
      _mm_stream_si128(target + 2, third);
      _mm_stream_si128(target + 3, fourth);
    }
    _mm_sfence();  // they are weakly ordered: before whatever tells the disk
  }
#endif
  std::memcpy(to, from, bytes);
}

}  // namespace tickweir::wal_segment
