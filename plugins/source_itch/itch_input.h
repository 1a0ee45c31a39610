// The bytes of a file, plain or gzip alike, and a window over them that is parsed in place.
//
// Threading: one thread.
// Ownership: Input owns the descriptor; Window owns its buffer and borrows the Input.
// Memory:    all of it when opened; reading does not allocate.
// Errors:    std::runtime_error with path, cause and what to do. A gzip stream that ends too early is no
//            error here: see Input::ends_early().
// Units:     offsets in bytes of the uncompressed data.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace tickweir::itch {

class Input {
 public:
  explicit Input(const std::string& path) : path_(path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(std::string("cannot be opened: ") + std::strerror(errno));
    struct stat facts {};
    if (::fstat(descriptor, &facts) == 0 && S_ISDIR(facts.st_mode)) {
      ::close(descriptor);
      fail("is a directory, expected a file of ITCH 5.0 messages");
    }
    file_ = ::gzdopen(descriptor, "rb");
    if (file_ == nullptr) {
      ::close(descriptor);
      fail("cannot be opened: out of memory");
    }
    ::gzbuffer(file_, 128U << 10);
    try {
      head_size_ = read_file(head_.data(), head_.size());
      if (head_size_ == 0) fail("is empty, expected a file of ITCH 5.0 messages");
    } catch (...) {
      ::gzclose(file_);
      throw;
    }
  }
  ~Input() { ::gzclose(file_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The first bytes, at most 8; they are read again by read().
  [[nodiscard]] const std::uint8_t* head() const { return head_.data(); }
  [[nodiscard]] std::size_t head_size() const { return head_size_; }

  // Up to `size` bytes; 0: the end. Fewer than `size` only at the end.
  std::size_t read(std::uint8_t* to, std::size_t size) {
    const std::size_t again = std::min(size, head_size_ - head_used_);
    if (again != 0) std::memcpy(to, head_.data() + head_used_, again);
    head_used_ += again;
    const std::size_t fresh = size == again ? 0 : read_file(to + again, size - again);
    position_ += again + fresh;
    return again + fresh;
  }

  // How many bytes read() has given out.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // At the end: the gzip stream was cut off, so there was more.
  [[nodiscard]] bool ends_early() const { return ends_early_; }

 private:
  std::size_t read_file(std::uint8_t* to, std::size_t size) {
    const int got = ::gzread(file_, to, static_cast<unsigned>(size));
    if (got >= 0 && static_cast<std::size_t>(got) == size) return size;
    int code = Z_OK;
    const char* cause = ::gzerror(file_, &code);
    if (code == Z_BUF_ERROR) {
      ends_early_ = true;
    } else if (code != Z_OK && code != Z_STREAM_END) {
      fail(std::string("cannot be read after byte ") + std::to_string(position_) + ": " +
           (code == Z_ERRNO ? std::strerror(errno) : cause));
    }
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  [[noreturn]] void fail(const std::string& cause) const { throw std::runtime_error(path_ + ": " + cause); }

  std::string path_;
  gzFile file_ = nullptr;
  std::array<std::uint8_t, 8> head_{};
  std::size_t head_size_ = 0;
  std::size_t head_used_ = 0;
  std::uint64_t position_ = 0;
  bool ends_early_ = false;
};

// Source: an Input, or in tests anything with its read().
template <typename Source>
class Window {
 public:
  // `capacity` must hold the longest unit that is parsed.
  Window(Source& source, std::size_t capacity) : source_(&source), buffer_(capacity) {}

  [[nodiscard]] const std::uint8_t* begin() const { return buffer_.data() + begin_; }
  [[nodiscard]] const std::uint8_t* end() const { return buffer_.data() + end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  // Of a byte in the window, in the whole input.
  [[nodiscard]] std::uint64_t offset(const std::uint8_t* at) const {
    return base_ + static_cast<std::uint64_t>(at - buffer_.data());
  }
  [[nodiscard]] const Source& source() const { return *source_; }
  void consume_to(const std::uint8_t* at) { begin_ = static_cast<std::size_t>(at - buffer_.data()); }

  // Moves what is left to the front and fills the rest. False: there was nothing more to read.
  bool refill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, size());
    base_ += begin_;
    end_ -= begin_;
    begin_ = 0;
    const std::size_t got = source_->read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got != 0;
  }

 private:
  Source* source_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t base_ = 0;
};

}  // namespace tickweir::itch
