// tickweir_files over a disk in memory that can lose its power, fail, tear, fill up and write short.
//
//   FaultyFiles files;
//   files.cut_at(17);                        // the 17th call and all after it fail with EIO
//   ... work over files.raw() ...
//   FaultyFiles later = files.after_cut(PowerCut::torn, seed);
//
// Calls are numbered from 1 (close and bytes do not count). The call at which the power is cut may have
// reached the disk, wholly or in part, like everything that was not synced.
//
// Threading: any thread. Ownership: what raw() gives lives as long as the FaultyFiles, which does not move.
// Errors:    as the table's: -errno. Wrong use by a test is a ContractError.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tickweir/plugin.h"
#include "tickweir/testing_files_disk.h"
#include "tickweir/testing_host.h"

namespace tickweir::testing {

enum class FileCall { open, read, write, sync, resize, lock, rename, remove, make_folder, sync_folder, list };
constexpr std::size_t file_call_count = 11;

struct FileFault {
  FileCall call = FileCall::write;
  std::uint64_t nth = 1;     // from now on, from 1
  std::int32_t error = EIO;  // errno
  bool for_ever = false;     // every later call of that kind, too
};

class FaultyFiles {
 public:
  FaultyFiles() : FaultyFiles(detail::Disk()) {}
  FaultyFiles(const FaultyFiles&) = delete;
  FaultyFiles& operator=(const FaultyFiles&) = delete;

  [[nodiscard]] const tickweir_files& raw() const { return raw_; }

  // ---- Faults ----
  void cut_at(std::uint64_t operation) { cut_at_ = operation; }
  void fail(const FileFault& fault) {
    fault_ = fault;
    has_fault_ = true;
    fault_.nth += count(fault.call);
  }
  // Called in each sync of a file: before it takes effect, and once more after that, before it returns. What
  // is written then, by this call or by another thread, is covered the first time and not the second.
  void during_sync(std::function<void()> call) { during_sync_ = std::move(call); }
  // Called before each read, with what somebody else does meanwhile.
  void before_read(std::function<void()> call) { before_read_ = std::move(call); }
  // No more bytes than these in all files together; 0: no limit.
  void limit_bytes(std::uint64_t bytes) { bytes_max_ = bytes; }
  // Each read and write moves only a random part, at least one byte.
  void move_short(std::uint64_t seed) {
    short_random_.seed(seed);
    moves_short_ = true;
  }
  [[nodiscard]] bool has_failed() const { return has_failed_; }  // a fault was met

  // ---- What happened ----
  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] std::uint64_t count(FileCall call) const { return counts_[static_cast<std::size_t>(call)]; }
  // Calls of `sync` on a path that failed before: a sync must never be retried.
  [[nodiscard]] std::uint64_t retried_syncs() const { return retried_syncs_; }

  // ---- The disk ----
  // A disk of its own, as it is found when the power comes back.
  [[nodiscard]] std::unique_ptr<FaultyFiles> after_cut(PowerCut cut, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    return std::unique_ptr<FaultyFiles>(new FaultyFiles(disk_.surviving(cut, random)));
  }
  // A copy of what is visible now, all synced, without faults: as after the end of the process.
  [[nodiscard]] std::unique_ptr<FaultyFiles> copy() const {
    return std::unique_ptr<FaultyFiles>(new FaultyFiles(disk_.settled()));
  }
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> found;
    for (const auto& [path, entry] : disk_.names()) {
      if (entry != nullptr) found.push_back(path);
    }
    return found;
  }
  // Bytes of a file, to be changed behind everybody's back.
  [[nodiscard]] std::vector<std::uint8_t>& contents(const std::string& path) {
    const auto file = disk_.file(path);
    detail::require(file != nullptr, "there is no file " + path);
    return file->bytes();
  }
  void plant(const std::string& path, std::vector<std::uint8_t> bytes) {
    disk_.plant(path, std::move(bytes));
  }
  void uproot(const std::string& path) { disk_.uproot(path); }

 private:
  static constexpr std::uint64_t sector = 512;

  struct Handle {
    detail::Disk::Entry file;
    std::string path;
    bool is_direct = false;
    bool has_failed_sync = false;

    // Of whole sectors, where they must be.
    [[nodiscard]] bool takes(const void* memory, std::uint64_t bytes, std::uint64_t offset) const {
      return !is_direct || (reinterpret_cast<std::uintptr_t>(memory) | bytes | offset) % sector == 0;
    }
  };
  struct Entered {
    std::int32_t error;  // 0: go on
    bool has_effect;     // also with an error: the power went during the call
  };

  explicit FaultyFiles(detail::Disk disk) : disk_(std::move(disk)) {
    raw_.state = this;
    raw_.open = [](void* self, const char* path, std::uint32_t flags) { return of(self).open(path, flags); };
    raw_.close = [](void* self, std::int32_t file) { return of(self).close(file); };
    raw_.read = [](void* self, std::int32_t file, void* room, std::uint64_t bytes, std::uint64_t offset) {
      return of(self).read(file, room, bytes, offset);
    };
    raw_.write = [](void* self, std::int32_t file, const tickweir_span* spans, std::uint32_t count,
                    std::uint64_t offset) { return of(self).write(file, spans, count, offset); };
    raw_.sync = [](void* self, std::int32_t file) { return of(self).sync(file); };
    raw_.resize = [](void* self, std::int32_t file, std::uint64_t bytes) {
      return of(self).resize(file, bytes);
    };
    raw_.bytes = [](void* self, std::int32_t file) { return of(self).bytes(file); };
    raw_.lock = [](void* self, std::int32_t file) { return of(self).lock(file); };
    raw_.rename = [](void* self, const char* from, const char* to) { return of(self).rename(from, to); };
    raw_.remove = [](void* self, const char* path) { return of(self).remove(path); };
    raw_.make_folder = [](void* self, const char* path) { return of(self).make_folder(path); };
    raw_.sync_folder = [](void* self, const char* path) { return of(self).sync_folder(path); };
    raw_.list = [](void* self, const char* path, void* visitor, void (*visit)(void*, const char*)) {
      return of(self).list(path, visitor, visit);
    };
  }
  static FaultyFiles& of(void* self) { return *static_cast<FaultyFiles*>(self); }

  Entered enter(FileCall call) {
    ++operations_;
    const std::uint64_t now = ++counts_[static_cast<std::size_t>(call)];
    if (cut_at_ != 0 && operations_ >= cut_at_) {
      has_failed_ = true;
      return {-EIO, operations_ == cut_at_};
    }
    if (has_fault_ && fault_.call == call && (now == fault_.nth || (fault_.for_ever && now > fault_.nth))) {
      has_failed_ = true;
      return {-fault_.error, false};
    }
    return {0, true};
  }
  Handle* handle(std::int32_t file) {
    const auto index = static_cast<std::size_t>(file);
    return file >= 0 && index < handles_.size() && handles_[index].file != nullptr ? &handles_[index]
                                                                                   : nullptr;
  }

  std::int32_t open(const std::string& path, std::uint32_t flags) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::open);
    if (!entered.has_effect) return entered.error;
    const bool creates = (flags & TICKWEIR_FILE_CREATE) != 0;
    if (!disk_.is_folder(detail::Disk::parent_of(path))) return -ENOENT;
    if (creates && disk_.has(path)) return -EEXIST;
    if (disk_.is_folder(path)) return -EISDIR;
    if (!creates && !disk_.has(path)) return -ENOENT;
    if (creates) disk_.put(path, std::make_shared<detail::DiskFile>());
    if (entered.error != 0) return entered.error;
    handles_.push_back({disk_.file(path), path, (flags & TICKWEIR_FILE_DIRECT) != 0});
    return static_cast<std::int32_t>(handles_.size() - 1);
  }
  std::int32_t close(std::int32_t file) {
    const std::lock_guard guard(mutex_);
    if (handle(file) == nullptr) return -EBADF;
    std::erase_if(locks_, [&](const auto& lock) { return lock.second == file; });
    *handle(file) = {};
    return 0;
  }
  std::int64_t read(std::int32_t file, void* room, std::uint64_t bytes, std::uint64_t offset) {
    if (before_read_) before_read_();
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::read);
    if (entered.error != 0) return entered.error;
    if (handle(file) == nullptr) return -EBADF;
    if (!handle(file)->takes(room, bytes, offset)) return -EINVAL;
    const auto& from = handle(file)->file->visible();
    if (offset >= from.size()) return 0;
    bytes = part(std::min<std::uint64_t>(bytes, from.size() - offset), handle(file)->is_direct);
    std::memcpy(room, from.data() + offset, bytes);
    return static_cast<std::int64_t>(bytes);
  }
  std::int64_t write(std::int32_t file, const tickweir_span* spans, std::uint32_t count,
                     std::uint64_t offset) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::write);
    if (!entered.has_effect) return entered.error;
    if (handle(file) == nullptr) return -EBADF;
    std::vector<std::uint8_t> all;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!handle(file)->takes(spans[i].data, spans[i].bytes, offset)) return -EINVAL;
      all.insert(all.end(), spans[i].data, spans[i].data + spans[i].bytes);
    }
    std::uint64_t bytes = part(all.size(), handle(file)->is_direct);
    detail::DiskFile& into = *handle(file)->file;
    if (bytes_max_ != 0 && offset + bytes > into.visible().size()) {
      const std::uint64_t used = disk_.bytes();
      const std::uint64_t end = into.visible().size() + (bytes_max_ > used ? bytes_max_ - used : 0);
      const std::uint64_t left = end > offset ? end - offset : 0;
      bytes = std::min(bytes, handle(file)->is_direct ? left / sector * sector : left);
      if (bytes == 0) {
        has_failed_ = true;
        return -ENOSPC;
      }
    }
    if (bytes > 0) into.write(offset, all.data(), bytes);
    return entered.error != 0 ? entered.error : static_cast<std::int64_t>(bytes);
  }
  std::int32_t sync(std::int32_t file) {
    if (during_sync_) during_sync_();
    const std::int32_t result = sync_alone(file);
    if (during_sync_) during_sync_();
    return result;
  }
  std::int32_t sync_alone(std::int32_t file) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::sync);
    Handle* const synced = handle(file);
    if (synced == nullptr) return -EBADF;
    retried_syncs_ += synced->has_failed_sync ? 1 : 0;
    if (entered.error != 0) {
      synced->has_failed_sync = true;
      if (!entered.has_effect && cut_at_ == 0) synced->file->forget_unsynced();
      return entered.error;
    }
    synced->file->sync();
    return 0;
  }
  std::int32_t resize(std::int32_t file, std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::resize);
    if (!entered.has_effect) return entered.error;
    if (handle(file) == nullptr) return -EBADF;
    handle(file)->file->resize(bytes);
    return entered.error;
  }
  std::int64_t bytes(std::int32_t file) {
    const std::lock_guard guard(mutex_);
    if (handle(file) == nullptr) return -EBADF;
    return static_cast<std::int64_t>(handle(file)->file->visible().size());
  }
  std::int32_t lock(std::int32_t file) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::lock);
    if (entered.error != 0) return entered.error;
    if (handle(file) == nullptr) return -EBADF;
    const auto [lock, is_new] = locks_.try_emplace(handle(file)->file.get(), file);
    return is_new || lock->second == file ? 0 : -EWOULDBLOCK;
  }
  std::int32_t rename(const std::string& from, const std::string& to) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::rename);
    if (!entered.has_effect) return entered.error;
    if (!disk_.has(from) || !disk_.is_folder(detail::Disk::parent_of(to))) return -ENOENT;
    disk_.rename(from, to);
    return entered.error;
  }
  std::int32_t remove(const std::string& path) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::remove);
    if (!entered.has_effect) return entered.error;
    if (disk_.file(path) == nullptr) return -ENOENT;
    disk_.remove(path);
    return entered.error;
  }
  std::int32_t make_folder(const std::string& path) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::make_folder);
    if (!entered.has_effect) return entered.error;
    if (disk_.has(path)) return -EEXIST;
    if (!disk_.is_folder(detail::Disk::parent_of(path))) return -ENOENT;
    disk_.put(path, nullptr);
    return entered.error;
  }
  std::int32_t sync_folder(const std::string& path) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::sync_folder);
    if (entered.error != 0) {
      if (!entered.has_effect && cut_at_ == 0) disk_.forget_unsynced(path);
      return entered.error;
    }
    if (!disk_.is_folder(path)) return -ENOENT;
    disk_.sync_folder(path);
    return 0;
  }
  std::int32_t list(const std::string& path, void* visitor, void (*visit)(void*, const char*)) {
    const std::lock_guard guard(mutex_);
    const Entered entered = enter(FileCall::list);
    if (entered.error != 0) return entered.error;
    if (!disk_.is_folder(path)) return -ENOENT;
    for (const auto& [name, entry] : disk_.names()) {
      if (detail::Disk::parent_of(name) == path)
        visit(visitor, name.substr(name.find_last_of('/') + 1).c_str());
    }
    return 0;
  }
  // Of so many bytes, those that are moved now.
  std::uint64_t part(std::uint64_t bytes, bool is_direct) {
    const std::uint64_t least = is_direct ? sector : 1;
    return moves_short_ && bytes > least ? (1 + short_random_() % (bytes / least)) * least : bytes;
  }

  std::mutex mutex_;
  tickweir_files raw_{};
  detail::Disk disk_;
  std::vector<Handle> handles_;
  std::map<const detail::DiskFile*, std::int32_t> locks_;
  std::uint64_t operations_ = 0;
  std::array<std::uint64_t, file_call_count> counts_{};
  std::uint64_t cut_at_ = 0;
  bool has_fault_ = false;
  FileFault fault_;
  bool has_failed_ = false;
  std::uint64_t bytes_max_ = 0;
  bool moves_short_ = false;
  std::function<void()> during_sync_;
  std::function<void()> before_read_;
  std::mt19937_64 short_random_;
  std::uint64_t retried_syncs_ = 0;
};

}  // namespace tickweir::testing
