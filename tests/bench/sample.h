// The ITCH files that benchmarks read, made once each by itch_sample.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "bench.h"

namespace tickweir::bench {

// Path of a file of `messages` messages; the same bytes every time.
std::string sample_file(const Settings& settings, std::uint64_t messages, std::uint32_t instruments = 100);

// What is in it.
std::string sample_bytes(const Settings& settings, std::uint64_t messages, std::uint32_t instruments = 100);

// A file that is all in memory.
class MemoryInput {
 public:
  explicit MemoryInput(const std::string& bytes) : bytes_(bytes) {}
  std::size_t read(std::uint8_t* to, std::size_t size) {
    const std::size_t count = std::min(size, bytes_.size() - at_);
    std::memcpy(to, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

}  // namespace tickweir::bench
