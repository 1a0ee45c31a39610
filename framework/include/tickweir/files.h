// The runtime's file operations, as C++: what durable parts do to the disk.
//
// Thin around tickweir_files: a failure is thrown as std::system_error with the path, except where noted.
// Nothing is retried but short reads and writes.
//
// Threading: as the table: any thread; one File from one thread at a time.
// Ownership: File closes itself. Files is a value and lives as long as the stage it was given to.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tickweir/plugin.h"

namespace tickweir {

namespace detail {

inline std::int64_t require_file(std::int64_t result, const char* doing, const std::string& path) {
  if (result >= 0) return result;
  throw std::system_error(static_cast<int>(-result), std::generic_category(),
                          std::string("cannot ") + doing + " " + path);
}

}  // namespace detail

class File {
 public:
  File() = default;
  File(const tickweir_files& raw, std::int32_t handle, std::string path)
      : raw_(&raw), handle_(handle), path_(std::move(path)) {}
  File(File&& other) noexcept { *this = std::move(other); }
  File& operator=(File&& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(handle_, other.handle_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~File() {
    if (is_open()) raw_->close(raw_->state, handle_);
  }

  [[nodiscard]] bool is_open() const { return handle_ >= 0; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::int32_t handle() const { return handle_; }
  void close() { *this = File(); }

  // Bytes read: fewer than asked only at the end of the file.
  std::uint64_t read(void* room, std::uint64_t bytes, std::uint64_t offset) const {
    std::uint64_t done = 0;
    while (done < bytes) {
      const std::int64_t got = detail::require_file(
          raw_->read(raw_->state, handle_, static_cast<char*>(room) + done, bytes - done, offset + done),
          "read", path_);
      if (got == 0) break;
      done += static_cast<std::uint64_t>(got);
    }
    return done;
  }

  // Writes all spans, one after the other. False: the disk is full (ENOSPC, EDQUOT), and any part of it may
  // have been written.
  [[nodiscard]] bool write(std::span<const tickweir_span> spans, std::uint64_t offset) {
    std::vector<tickweir_span> rest;
    while (!spans.empty()) {
      const std::int64_t result = raw_->write(raw_->state, handle_, spans.data(),
                                              static_cast<std::uint32_t>(spans.size()), offset);
      if (result == -ENOSPC || result == -EDQUOT) return false;
      auto done = static_cast<std::uint64_t>(detail::require_file(result, "write", path_));
      offset += done;
      while (!spans.empty() && done >= spans.front().bytes) {
        done -= spans.front().bytes;
        spans = spans.subspan(1);
      }
      if (done == 0) continue;
      rest.assign(spans.begin(), spans.end());  // a short write ended within a span
      rest.front() = {rest.front().data + done, rest.front().bytes - done};
      spans = rest;
    }
    return true;
  }
  [[nodiscard]] bool write(const void* data, std::uint64_t bytes, std::uint64_t offset) {
    const tickweir_span span{static_cast<const std::uint8_t*>(data), bytes};
    return write({&span, 1}, offset);
  }

  void sync() { detail::require_file(raw_->sync(raw_->state, handle_), "sync", path_); }
  void resize(std::uint64_t bytes) {
    detail::require_file(raw_->resize(raw_->state, handle_, bytes), "resize", path_);
  }
  [[nodiscard]] std::uint64_t bytes() const {
    return static_cast<std::uint64_t>(
        detail::require_file(raw_->bytes(raw_->state, handle_), "measure", path_));
  }
  // False: another process, or another handle, has it. Whoever was killed may take a moment to be gone, and
  // so may a child that was saving a snapshot then: it is asked for half a second.
  [[nodiscard]] bool try_lock() {
    constexpr int attempts = 100;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const std::int32_t result = raw_->lock(raw_->state, handle_);
      if (result != -EWOULDBLOCK) return detail::require_file(result, "lock", path_) >= 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

 private:
  const tickweir_files* raw_ = nullptr;
  std::int32_t handle_ = -1;
  std::string path_;
};

class Files {
 public:
  explicit Files(const tickweir_files& raw) : raw_(&raw) {}

  // What writes and syncs are, for people.
  [[nodiscard]] const char* how() const { return raw_->how == nullptr ? "write + sync" : raw_->how; }

  [[nodiscard]] File open(const std::string& path, std::uint32_t flags) const {
    const std::int32_t handle = raw_->open(raw_->state, path.c_str(), flags);
    detail::require_file(handle, "open", path);
    return {*raw_, handle, path};
  }
  // As open(), but a file that is not there gives one that is not open.
  [[nodiscard]] File open_if_there(const std::string& path, std::uint32_t flags) const {
    const std::int32_t handle = raw_->open(raw_->state, path.c_str(), flags);
    if (handle == -ENOENT) return {};
    detail::require_file(handle, "open", path);
    return {*raw_, handle, path};
  }
  void rename(const std::string& from, const std::string& to) const {
    detail::require_file(raw_->rename(raw_->state, from.c_str(), to.c_str()), "rename", from);
  }
  void remove(const std::string& path) const {
    detail::require_file(raw_->remove(raw_->state, path.c_str()), "remove", path);
  }
  // False: it was there.
  bool make_folder(const std::string& path) const {
    const std::int32_t result = raw_->make_folder(raw_->state, path.c_str());
    if (result == -EEXIST) return false;
    detail::require_file(result, "make folder", path);
    return true;
  }
  // Also those above it; each that is made is durable.
  void make_folders(const std::string& path) const {
    const std::size_t slash = path.find_last_of('/');
    const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    bool is_made = false;
    try {
      is_made = make_folder(path);
    } catch (const std::system_error& failure) {
      if (failure.code() != std::errc::no_such_file_or_directory || parent == path) throw;
      make_folders(parent);
      is_made = make_folder(path);
    }
    if (is_made) sync_folder(parent);
  }
  void sync_folder(const std::string& path) const {
    detail::require_file(raw_->sync_folder(raw_->state, path.c_str()), "sync folder", path);
  }
  // Sorted.
  [[nodiscard]] std::vector<std::string> list(const std::string& path) const {
    std::vector<std::string> names;
    detail::require_file(raw_->list(raw_->state, path.c_str(), &names,
                                    [](void* into, const char* name) {
                                      static_cast<std::vector<std::string>*>(into)->emplace_back(name);
                                    }),
                         "list", path);
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  const tickweir_files* raw_;
};

}  // namespace tickweir
