// The bytes of a file, read piece by piece and only within its bounds; or bytes in memory, likewise.
//
// Threading: one thread. Ownership: owns the descriptor; lent the memory. Errors: open() says why not;
// read() is false for what does not lie wholly within.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

#include "runtime/result.h"

namespace tickweir {

class FileBytes {
 public:
  explicit FileBytes(std::span<const std::uint8_t> memory) : memory_(memory), size_(memory.size()) {}
  FileBytes(FileBytes&& other) noexcept
      : memory_(other.memory_), size_(other.size_), descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileBytes& operator=(FileBytes&&) = delete;
  ~FileBytes() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  static Result<FileBytes> open(const std::filesystem::path& file) {
    FileBytes opened({});
    opened.descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not hang us
    struct stat facts {};
    if (opened.descriptor_ < 0 || ::fstat(opened.descriptor_, &facts) != 0) {
      return Error{std::string("cannot be read: ") + std::strerror(errno)};
    }
    if (!S_ISREG(facts.st_mode)) return Error{"is not a regular file"};
    opened.size_ = static_cast<std::uint64_t>(facts.st_size);
    return opened;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  bool read(std::uint64_t offset, std::span<std::uint8_t> into) const {
    if (offset > size_ || into.size() > size_ - offset) return false;
    if (descriptor_ < 0) {
      if (!into.empty()) std::memcpy(into.data(), memory_.data() + offset, into.size());
      return true;
    }
    while (!into.empty()) {
      const ssize_t got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      offset += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }

 private:
  std::span<const std::uint8_t> memory_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace tickweir
