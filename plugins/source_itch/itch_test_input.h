// What the tests of source_itch share: bytes from hex, memory as a source of bytes, a sink that keeps
// events, files that remove themselves.
//
// Threading: one thread. Errors: a wrong hex text is our bug and asserted.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "itch_framing.h"
#include "itch_writer.h"
#include "tickweir/testing_events.h"
#include "tickweir/testing_folder.h"

namespace tickweir::itch {

using Buffer = std::vector<std::uint8_t>;

inline Buffer hex(std::string_view text) {
  Buffer bytes;
  std::string digits;
  for (const char letter : text) {
    if (letter != ' ') digits += letter;
  }
  TICKWEIR_ASSERT(digits.size() % 2 == 0);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}
inline Buffer operator+(Buffer left, const Buffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Buffer to_buffer(const Message& message) {
  return {message.bytes().begin(), message.bytes().end()};
}

struct MemorySource {
  Buffer bytes;
  std::size_t at = 0;
  std::size_t read(std::uint8_t* to, std::size_t size) {
    const std::size_t given = std::min(size, bytes.size() - at);
    if (given != 0) std::memcpy(to, bytes.data() + at, given);
    at += given;
    return given;
  }
  [[nodiscard]] std::uint64_t position() const { return at; }
};

struct MemoryOut {
  Buffer bytes;
  void write(std::span<const std::uint8_t> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
};

// Keeps every event; full after `room` of them in one read, as a batch is.
class KeepingSink {
 public:
  explicit KeepingSink(std::size_t room = SIZE_MAX) : room_(room), left_(room) {}
  [[nodiscard]] bool is_full() const { return left_ == 0; }
  void next_batch() { left_ = room_; }
  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time, std::uint64_t origin) {
    --left_;
    const Buffer unwritten(bytes, 0xEE);  // so that what is never written shows
    kept_.push_back(std::make_unique<testing::OwnedEvent>(type, unwritten,
                                                          testing::Fields{.time = time, .origin = origin}));
    return const_cast<std::uint8_t*>(kept_.back()->payload_bytes().data());
  }
  [[nodiscard]] std::vector<testing::OwnedEvent> events() const {
    std::vector<testing::OwnedEvent> all;
    for (const auto& event : kept_) all.push_back(*event);
    return all;
  }

 private:
  std::size_t room_;
  std::size_t left_;
  std::vector<std::unique_ptr<testing::OwnedEvent>> kept_;
};

// A file in a folder of its own.
class TestFile {
 public:
  explicit TestFile(const Buffer& bytes, const std::string& name = "day.itch") : TestFile(name) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  // Only the place for one.
  explicit TestFile(const std::string& name) : path_(folder_.at(name)) {}
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string folder() const { return folder_.path().string(); }
  [[nodiscard]] Buffer bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  testing::TempFolder folder_;
  std::string path_;
};

}  // namespace tickweir::itch
