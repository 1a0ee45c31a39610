#include "runtime/engine/large_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace tickweir {

namespace {

constexpr std::uintptr_t large_bytes = 2 * 1024 * 1024;
constexpr std::uintptr_t range_max = std::uintptr_t{64} << 30;  // what is larger is reserved, not used
constexpr std::size_t small_pages = large_bytes / 4096;
constexpr std::ptrdiff_t worth_it =
    small_pages / 8;                 // fewer of them cost a fork little, and would waste the rest
constexpr int collapse_advice = 25;  // MADV_COLLAPSE; Debian's headers may not know it

void* at(std::uintptr_t address) {
  return reinterpret_cast<void*>(address);
}

void collapse(std::uintptr_t begin, std::uintptr_t end) {
  std::array<unsigned char, small_pages> is_present{};
  begin = (begin + large_bytes - 1) / large_bytes * large_bytes;
  for (; begin + large_bytes <= end; begin += large_bytes) {
    if (::mincore(at(begin), large_bytes, is_present.data()) != 0) continue;
    const auto present =
        std::ranges::count_if(is_present, [](unsigned char page) { return (page & 1) != 0; });
    if (present >= worth_it) static_cast<void>(::madvise(at(begin), large_bytes, collapse_advice));
  }
}

}  // namespace

void use_large_pages() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::string permissions;
    std::string offset;
    std::string device;
    std::uint64_t file = 0;
    words >> std::hex >> begin >> dash >> end >> permissions >> offset >> device >> file;
    if (!words || permissions != "rw-p" || file != 0) continue;
    if (end - begin < large_bytes || end - begin > range_max) continue;
    static_cast<void>(::madvise(at(begin), end - begin, MADV_HUGEPAGE));
    collapse(begin, end);
  }
}

}  // namespace tickweir
