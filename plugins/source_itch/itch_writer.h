// Writes ITCH 5.0: messages field by field, and the framings around them. For samples and tests.
//
// Threading: one thread. Memory: buffers grow to the size of one datagram or one block of output.
// Errors:    std::runtime_error with path and cause from the file; a message of a wrong length is our bug
//            and asserted.
// Units:     prices in 1/10000 of the currency, times in ns since midnight.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "itch_messages.h"
#include "tickweir/assert.h"

namespace tickweir::itch {

// A message under construction: the head, then each field in the order of the specification.
class Message {
 public:
  Message(char type, std::uint32_t locate, std::uint64_t time) {
    u8(static_cast<std::uint8_t>(type));
    u16(locate);
    u16(0);
    big_endian(time, 6);
  }
  Message& u8(std::uint32_t value) { return big_endian(value, 1); }
  Message& u16(std::uint32_t value) { return big_endian(value, 2); }
  Message& u32(std::uint32_t value) { return big_endian(value, 4); }
  Message& u64(std::uint64_t value) { return big_endian(value, 8); }
  Message& letter(char value) { return u8(static_cast<std::uint8_t>(value)); }
  // Padded with spaces to `width`.
  Message& text(std::string_view value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) letter(i < value.size() ? value[i] : ' ');
    return *this;
  }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const {
    TICKWEIR_ASSERT(size_ == lengths[bytes_[0]]);
    return {bytes_.data(), size_};
  }

 private:
  Message& big_endian(std::uint64_t value, std::size_t width) {
    TICKWEIR_ASSERT(size_ + width <= bytes_.size());
    for (std::size_t i = 0; i < width; ++i) {
      bytes_[size_ + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
    }
    size_ += width;
    return *this;
  }

  std::array<std::uint8_t, message_length_max> bytes_{};
  std::size_t size_ = 0;
};

// A file that is written as a whole or not at all: PATH.partial becomes PATH in close(). gzip if PATH ends
// in .gz.
class OutputFile {
 public:
  explicit OutputFile(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {
    file_ = ::gzopen(partial_.c_str(), path_.ends_with(".gz") ? "wb1" : "wbT");
    if (file_ == nullptr) fail("cannot be created", std::strerror(errno));
    ::gzbuffer(file_, 1U << 20);
  }
  ~OutputFile() {
    if (file_ == nullptr) return;
    ::gzclose(file_);
    std::remove(partial_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::uint8_t> bytes) {
    errno = 0;
    if (::gzwrite(file_, bytes.data(), static_cast<unsigned>(bytes.size())) <= 0) fail_to_write();
    bytes_ += bytes.size();
  }
  void close() {
    errno = 0;
    const int result = ::gzclose(std::exchange(file_, nullptr));
    if (result == Z_OK && std::rename(partial_.c_str(), path_.c_str()) == 0) return;
    const int cause = errno;
    std::remove(partial_.c_str());
    fail("cannot be written", std::strerror(cause));
  }
  // Before compression.
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_; }

 private:
  void fail_to_write() const { fail("cannot be written", std::strerror(errno)); }
  [[noreturn]] void fail(const char* what, const char* cause) const {
    throw std::runtime_error(path_ + ": " + what + ": " + cause);
  }

  std::string path_;
  std::string partial_;
  gzFile file_ = nullptr;
  std::uint64_t bytes_ = 0;
};

// BinaryFILE; `untyped`: with length prefixes of 0. `Out` is anything with write(bytes).
template <typename Out>
class BinaryFileWriter {
 public:
  BinaryFileWriter(Out& out, bool untyped) : out_(out), untyped_(untyped) {}
  void write(std::span<const std::uint8_t> message) {
    std::array<std::uint8_t, 2 + message_length_max> framed{};
    if (!untyped_) framed[1] = static_cast<std::uint8_t>(message.size());
    std::copy(message.begin(), message.end(), framed.begin() + 2);
    out_.write({framed.data(), 2 + message.size()});
  }
  void finish() { out_.write(std::array<std::uint8_t, 2>{}); }

 private:
  Out& out_;
  bool untyped_;
};

// Classic pcap, little-endian, nanoseconds: Ethernet, IPv4, UDP, MoldUDP64.
template <typename Out>
class MoldCaptureWriter {
 public:
  explicit MoldCaptureWriter(Out& out) : out_(out) {
    little(0xa1b23c4d, 4), little(2, 2), little(4, 2), little(0, 8), little(65535, 4), little(1, 4);
    out_.write(bytes_);
  }
  // Adds to the open datagram.
  void write(std::span<const std::uint8_t> message) {
    payload_.push_back(0);
    payload_.push_back(static_cast<std::uint8_t>(message.size()));
    payload_.insert(payload_.end(), message.begin(), message.end());
    ++count_;
  }
  [[nodiscard]] std::uint32_t open_count() const { return count_; }

  // Ends the open datagram; it was sent at `time`. Returns its packet, good until the next call.
  std::span<const std::uint8_t> flush(std::uint64_t time) {
    send(time, count_);
    sequence_ += count_;
    count_ = 0;
    payload_.clear();
    return bytes_;
  }
  void heartbeat(std::uint64_t time) { send(time, 0); }
  void finish(std::uint64_t time) {
    if (count_ != 0) flush(time);
    send(time, 0xffff);
  }
  // The next one's number, from 1.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

 private:
  void send(std::uint64_t time, std::uint32_t count) {
    const auto udp = static_cast<std::uint32_t>(8 + 20 + payload_.size());
    bytes_.clear();
    little(static_cast<std::uint32_t>(time / 1'000'000'000), 4),
        little(static_cast<std::uint32_t>(time % 1'000'000'000), 4);
    little(14 + 20 + udp, 4), little(14 + 20 + udp, 4);
    big(0x01005e360c6f, 6), big(0x020000000001, 6), big(0x0800, 2);
    const std::size_t ip = bytes_.size();
    big(0x4500, 2), big(20 + udp, 2), big(0, 2), big(0x4000, 2), big(0x4011, 2), big(0, 2);
    big(0x0a000001, 4), big(0xe9360c6f, 4);
    const std::uint32_t sum = checksum(ip);
    bytes_[ip + 10] = static_cast<std::uint8_t>(sum >> 8U);
    bytes_[ip + 11] = static_cast<std::uint8_t>(sum);
    big(26477, 2), big(26477, 2), big(udp, 2), big(0, 2);
    for (const char letter : std::string_view("TICKWEIR01"))
      bytes_.push_back(static_cast<std::uint8_t>(letter));
    big(sequence_, 8), big(count, 2);
    bytes_.insert(bytes_.end(), payload_.begin(), payload_.end());
    out_.write(bytes_);
  }
  [[nodiscard]] std::uint32_t checksum(std::size_t ip) const {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2) sum += read_u16(bytes_.data() + ip + i);
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return ~sum & 0xffffU;
  }
  void big(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void little(std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }

  Out& out_;
  std::vector<std::uint8_t> bytes_;    // the packet last made
  std::vector<std::uint8_t> payload_;  // blocks of the open datagram
  std::uint64_t sequence_ = 1;
  std::uint32_t count_ = 0;
};

}  // namespace tickweir::itch
