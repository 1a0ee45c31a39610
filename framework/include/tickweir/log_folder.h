// The folder of a log: made when it is not there, and owned by one process at a time.
//
// The owner holds an exclusive lock of the file LOCK in it. Whoever only reads takes none. For logs in a
// library's files, which go past tickweir_files: this does, too.
//
// Threading: one call after the other. Ownership: the lock is held until the object is gone or closed.
// Errors:    thrown as std::runtime_error with the folder's name.
#pragma once

#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>

#include "tickweir/files.h"
#include "tickweir/plugin.h"
#include "tickweir/posix_files.h"

namespace tickweir {

using LogId = std::array<std::uint8_t, 16>;

inline LogId random_log_id() {
  LogId id{};
  if (::getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
    throw std::runtime_error("cannot get 16 random bytes for the log's id");
  }
  return id;
}

// The id that a new log is to have.
inline LogId new_log_id(const tickweir_log_request& request) {
  LogId id{};
  std::copy(std::begin(request.id), std::end(request.id), id.begin());
  return id == LogId{} ? random_log_id() : id;
}

class LogFolder {
 public:
  explicit LogFolder(std::string path) : path_(std::move(path)) {
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  // Makes the folder if it is not there, and takes the lock.
  void own() {
    files_.make_folders(path_);
    lock_ = files_.open_if_there(file("LOCK"), TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
    if (!lock_.is_open()) lock_ = create_lock();
    if (lock_.try_lock()) return;
    lock_.close();
    throw std::runtime_error("the log " + path_ + " is in use: another stage or process holds " +
                             file("LOCK") + "; stop that one, or give this one a path of its own");
  }
  void release() { lock_.close(); }

  // On disk, of all files in it and below it. Asks by name: to open a file and close it again would drop the
  // locks that a store holds on it.
  [[nodiscard]] std::uint64_t bytes() const {
    constexpr std::uint64_t block_bytes = 512;
    std::uint64_t sum = 0;
    std::error_code gone;  // files come and go while a store works: what is not there any more counts nothing
    for (std::filesystem::recursive_directory_iterator at(path_, gone), end; at != end; at.increment(gone)) {
      struct stat info {};
      if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      sum += static_cast<std::uint64_t>(info.st_blocks) * block_bytes;
    }
    return sum;
  }
  [[nodiscard]] bool has(const std::string& name) const {
    std::error_code ignored;
    return std::filesystem::exists(file(name), ignored);
  }
  void sync() const { files_.sync_folder(path_); }
  [[nodiscard]] const Files& files() const { return files_; }

 private:
  [[nodiscard]] File create_lock() const {
    try {
      File made = files_.open(file("LOCK"), TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
      sync();
      return made;
    } catch (const std::system_error& failed) {
      if (failed.code().value() != EEXIST) throw;
      return files_.open(file("LOCK"), TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);  // somebody was faster
    }
  }
  Files files_{posix_files()};
  std::string path_;
  File lock_;
};

}  // namespace tickweir
