// The lines of a file, plain or gzip alike.
//
// Threading: one thread.
// Ownership: a line is lent until the next call of next().
// Memory:    one buffer, made when opened; it bounds the longest line.
// Errors:    std::runtime_error with path, cause and what to do: the file cannot be opened, is a folder, is
//            empty, or reading fails. A gzip stream that ends too early is no error: see ends_early().
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickweir::lobster {

struct Line {
  std::string_view text;     // without its end, \n or \r\n
  bool is_too_long = false;  // `text` is only its beginning
};

class LineReader {
 public:
  static constexpr std::size_t line_bytes_max = 64U << 10;

  // `what` the file should be, for error texts.
  LineReader(std::string path, std::string what)
      : path_(std::move(path)), what_(std::move(what)), buffer_(2 * line_bytes_max) {
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(std::string("cannot be opened: ") + std::strerror(errno));
    struct stat facts {};
    const bool is_folder = ::fstat(descriptor, &facts) == 0 && S_ISDIR(facts.st_mode);
    if (!is_folder) file_.reset(::gzdopen(descriptor, "rb"));
    if (file_ == nullptr) {
      ::close(descriptor);
      fail(is_folder ? "is a directory, expected " + what_ : "cannot be opened: out of memory");
    }
    if (!refill()) fail("is empty, expected " + what_);
  }

  // The next line; none: the end. What stands behind the last line end is a line too.
  std::optional<Line> next() {
    for (std::size_t searched = 0;;) {
      const char* const begin = buffer_.data() + begin_;
      const std::size_t size = end_ - begin_;
      const void* const found = std::memchr(begin + searched, '\n', size - searched);
      if (found != nullptr) return take(static_cast<std::size_t>(static_cast<const char*>(found) - begin), 1);
      searched = size;
      if (size >= line_bytes_max) return take_too_long();
      if (!refill()) return size == 0 ? std::nullopt : std::optional(take(size, 0));
    }
  }

  // Of the line given last, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // How many bytes were read, after decompression.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // At the end: the gzip stream was cut off, so there was more.
  [[nodiscard]] bool ends_early() const { return ends_early_; }

 private:
  struct Close {
    void operator()(gzFile file) const { ::gzclose(file); }
  };

  Line take(std::size_t size, std::size_t line_end) {
    std::string_view text(buffer_.data() + begin_, size);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    begin_ += size + line_end;
    ++number_;
    return {.text = text};
  }

  // Passes over all of it; its beginning is kept at the front of the buffer.
  Line take_too_long() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, line_bytes_max);
    const std::size_t rest = line_bytes_max;
    for (begin_ = end_ = rest; read_behind(rest);) {
      const void* const found = std::memchr(buffer_.data() + rest, '\n', end_ - rest);
      begin_ = end_;
      if (found == nullptr) continue;
      begin_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
      break;
    }
    ++number_;
    return {.text = {buffer_.data(), line_bytes_max}, .is_too_long = true};
  }

  // Moves what is left to the front and reads more behind it. False: there is nothing more.
  bool refill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return read_behind(end_);
  }
  bool read_behind(std::size_t at) {
    const std::size_t wanted = buffer_.size() - at;
    const int got = ::gzread(file_.get(), buffer_.data() + at, static_cast<unsigned>(wanted));
    if (got < 0 || static_cast<std::size_t>(got) < wanted) judge_end();
    end_ = at + static_cast<std::size_t>(std::max(got, 0));
    bytes_ += static_cast<std::uint64_t>(std::max(got, 0));
    return got > 0;
  }
  void judge_end() {
    int code = Z_OK;
    const char* const cause = ::gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) {
      ends_early_ = true;
    } else if (code != Z_OK && code != Z_STREAM_END) {
      fail("cannot be read after line " + std::to_string(number_) + ": " +
           (code == Z_ERRNO ? std::strerror(errno) : cause));
    }
  }
  [[noreturn]] void fail(const std::string& cause) const { throw std::runtime_error(path_ + ": " + cause); }

  std::string path_;
  std::string what_;
  std::vector<char> buffer_;
  std::unique_ptr<std::remove_pointer_t<gzFile>, Close> file_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  bool ends_early_ = false;
};

}  // namespace tickweir::lobster
