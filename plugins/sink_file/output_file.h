// A file that grows by whole batches: what a batch could not write in full is cut off again.
//
//   open      opens, locks, and refuses what cannot be written to
//   empty     mode truncate: drops what the file held before, which stands there until then
//   put       adds bytes to the batch; a fixed buffer, written out whenever it is full
//   commit    writes the rest; from now on the batch stays
//   sync      to the disk, the file's name included
//   close     checks what only closing tells
//
// Threading: one owner. Memory: the buffer, allocated in open().
// Errors:    std::runtime_error with path, offset and cause. A batch that failed is gone from the file, and
//            the next one may be tried. Devices and pipes cannot be cut; they keep what they got.
// Locking:   flock, exclusive, for regular files: two writers of one file would destroy it.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tickweir {

enum class OpenMode : std::int64_t { truncate, append, create };

class OutputFile {
 public:
  static constexpr std::size_t buffer_bytes = 256 * 1024;

  OutputFile() = default;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void open(const std::string& path, OpenMode mode) {
    path_ = path;
    buffer_.resize(buffer_bytes);
    // Without O_TRUNC: nothing is lost before the lock is ours. Non-blocking: a pipe without a reader is
    // an error, not a wait.
    const int flags = (mode == OpenMode::append ? O_RDWR : O_WRONLY) | O_CLOEXEC | O_NONBLOCK;
    descriptor_ = ::open(path.c_str(), flags | O_CREAT | O_EXCL, 0644);
    is_new_ = descriptor_ >= 0;
    if (descriptor_ < 0 && errno == EEXIST && mode != OpenMode::create)
      descriptor_ = ::open(path.c_str(), flags);
    if (descriptor_ < 0) fail("cannot open " + path_, open_advice(errno));
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail("cannot examine " + path_, "");
    is_regular_ = S_ISREG(status.st_mode);
    if (!is_regular_ && mode == OpenMode::append) {
      throw std::runtime_error("cannot append to " + path_ + ": expected a regular file; use mode truncate");
    }
    if (!is_regular_) return;
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      throw std::runtime_error(
          "cannot write to " + path_ +
          ": another stage or process is writing to it; give each sink a file of its own");
    }
    // Once more: who had the lock may have written until now.
    if (::fstat(descriptor_, &status) != 0) fail("cannot examine " + path_, "");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    holds_old_ = mode == OpenMode::truncate && size != 0;
    committed_ = written_ = mode == OpenMode::append ? size : 0;
  }
  [[nodiscard]] bool holds_old() const { return holds_old_; }
  void empty() {
    if (!cut()) fail("cannot empty " + path_, "");
    holds_old_ = false;
  }

  // Bytes of whole batches that are in the file.
  [[nodiscard]] std::uint64_t size() const { return committed_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // Reads what is there, to look at a file before appending. Returns how many bytes there were.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got =
          ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("cannot read " + path_, "");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  void put(std::string_view bytes) {
    while (bytes.size() > buffer_.size() - used_) {
      const std::size_t part = buffer_.size() - used_;
      std::memcpy(buffer_.data() + used_, bytes.data(), part);
      used_ += part;
      bytes.remove_prefix(part);
      write_buffer();
    }
    std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  // As put(), for much at once: past the buffer.
  void put_large(std::span<const std::uint8_t> bytes) {
    write_buffer();
    write_out(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  void commit() {
    write_buffer();
    committed_ = written_;
  }

  // Gives the file up, if open() made it.
  void remove_new() {
    if (is_new_) ::unlink(path_.c_str());
    is_new_ = false;
  }

  void sync() {
    if (!is_regular_) return;
    if (::fsync(descriptor_) != 0)
      fail("cannot sync " + path_, "what was written may be lost at a power failure");
    const auto folder = std::filesystem::absolute(path_).parent_path();
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) fail("cannot open the folder of " + path_ + " to sync it", "");
    const int result = ::fsync(opened);
    const int cause = errno;
    ::close(opened);
    errno = cause;
    if (result != 0) fail("cannot sync the folder of " + path_, "");
  }

  void close() {
    if (descriptor_ < 0) return;
    const int result = ::close(descriptor_);
    descriptor_ = -1;
    if (result != 0) fail("cannot close " + path_, "the end of the file may be missing");
  }

 private:
  void write_buffer() {
    const std::size_t count = used_;
    used_ = 0;
    write_out(buffer_.data(), count);
  }

  void write_out(const char* bytes, std::size_t count) {
    while (count != 0) {
      // By offset, so that a batch after one that failed goes where that one began.
      const ssize_t done = is_regular_ ? ::pwrite(descriptor_, bytes, count, static_cast<off_t>(written_))
                                       : ::write(descriptor_, bytes, count);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) fail_write(done < 0 ? errno : ENOSPC);
      bytes += done;
      count -= static_cast<std::size_t>(done);
      written_ += static_cast<std::uint64_t>(done);
    }
  }

  [[noreturn]] void fail_write(int cause) {
    const std::string place = "cannot write to " + path_ + " at offset " + std::to_string(written_);
    std::string kept;
    if (is_regular_) {
      kept = "the file keeps its first " + std::to_string(committed_) + " bytes, whole batches of events";
      if (!cut()) kept = "and it could not be cut back to its " + std::to_string(committed_) + " good bytes";
    }
    used_ = 0;
    written_ = committed_;
    errno = cause;
    fail(place, kept);
  }

  bool cut() { return ::ftruncate(descriptor_, static_cast<off_t>(committed_)) == 0; }

  // "<what>: <text of errno>; <advice>"
  [[noreturn]] static void fail(const std::string& what, const std::string& advice) {
    const std::string cause = std::generic_category().message(errno);
    throw std::runtime_error(what + ": " + cause + (advice.empty() ? "" : "; " + advice));
  }

  static std::string open_advice(int cause) {
    if (cause == ENOENT || cause == ENOTDIR) return "its folder must exist";
    if (cause == EISDIR) return "expected a file, found a folder";
    if (cause == EEXIST)
      return "mode create wants a new file; choose another path, or mode truncate or append";
    if (cause == EACCES || cause == EPERM || cause == EROFS) return "expected to be allowed to write there";
    return cause == ENXIO ? "a pipe needs a reader first" : "";
  }

  std::string path_;
  int descriptor_ = -1;
  bool is_regular_ = false;
  bool is_new_ = false;          // open() made it
  bool holds_old_ = false;       // what empty() has yet to drop
  std::uint64_t committed_ = 0;  // the end of the last batch
  std::uint64_t written_ = 0;    // what is in the file, the present batch included
  std::vector<char> buffer_;
  std::size_t used_ = 0;
};

}  // namespace tickweir
