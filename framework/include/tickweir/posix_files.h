// tickweir_files on a real file system. The runtime gives it to stages; tests start from it.
//
// Threading: any thread. Errors: -errno. Nothing is allocated.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tickweir/plugin.h"

namespace tickweir {

namespace detail::posix {

template <typename Call>
auto repeated(Call&& call) -> decltype(call()) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

inline std::int32_t open(void*, const char* path, std::uint32_t flags) {
  const bool writes = (flags & TICKWEIR_FILE_WRITE) != 0;
  const bool reads = (flags & TICKWEIR_FILE_READ) != 0;
  int mode = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if ((flags & TICKWEIR_FILE_CREATE) != 0) mode |= O_CREAT | O_EXCL;
  const auto opened = [&](int with) { return repeated([&] { return ::open(path, with, 0600); }); };
  mode |= O_CLOEXEC | O_NOFOLLOW;
  if ((flags & TICKWEIR_FILE_DIRECT) == 0) return opened(mode);
  const std::int32_t file = opened(mode | O_DIRECT);
  if (file != -EINVAL) return file;
  return opened(mode & ~O_EXCL);  // a file system without it may have made the file all the same
}

inline std::int32_t close(void*, std::int32_t file) {
  return ::close(file) == 0 ? 0 : -errno;  // never repeated: the descriptor is gone either way
}

inline std::int64_t read(void*, std::int32_t file, void* room, std::uint64_t bytes, std::uint64_t offset) {
  return repeated([&] { return ::pread(file, room, bytes, static_cast<off_t>(offset)); });
}

inline std::int64_t write(void*, std::int32_t file, const tickweir_span* spans, std::uint32_t span_count,
                          std::uint64_t offset) {
  constexpr std::uint32_t spans_per_call = 256;  // fewer than IOV_MAX; the rest is a short write
  std::array<iovec, spans_per_call> pieces;
  const std::uint32_t count = std::min(span_count, spans_per_call);
  for (std::uint32_t i = 0; i < count; ++i) {
    pieces[i] = {.iov_base = const_cast<std::uint8_t*>(spans[i].data), .iov_len = spans[i].bytes};
  }
  return repeated(
      [&] { return ::pwritev(file, pieces.data(), static_cast<int>(count), static_cast<off_t>(offset)); });
}

inline std::int32_t sync(void*, std::int32_t file) {
  return ::fdatasync(file) == 0 ? 0 : -errno;  // never repeated: a failed sync is final
}

inline std::int32_t resize(void*, std::int32_t file, std::uint64_t bytes) {
  return repeated([&] { return ::ftruncate(file, static_cast<off_t>(bytes)); });
}

inline std::int64_t bytes(void*, std::int32_t file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 ? std::int64_t{info.st_size} : std::int64_t{-errno};
}

inline std::int32_t lock(void*, std::int32_t file) {
  return repeated([&] { return ::flock(file, LOCK_EX | LOCK_NB); });
}

inline std::int32_t rename(void*, const char* from, const char* to) {
  return ::rename(from, to) == 0 ? 0 : -errno;
}

inline std::int32_t remove(void*, const char* path) {
  return ::unlink(path) == 0 ? 0 : -errno;
}

inline std::int32_t make_folder(void*, const char* path) {
  return ::mkdir(path, 0700) == 0 ? 0 : -errno;
}

inline std::int32_t sync_folder(void*, const char* path) {
  const int folder = repeated([&] { return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (folder < 0) return folder;
  const std::int32_t result = ::fsync(folder) == 0 ? 0 : -errno;
  ::close(folder);
  return result;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// `visit` may throw.
inline std::int32_t list(void*, const char* path, void* visitor, void (*visit)(void*, const char*)) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path));
  if (folder == nullptr) return -errno;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const char* const name = entry->d_name;
    if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0) visit(visitor, name);
    errno = 0;
  }
  return -errno;
}

}  // namespace detail::posix

inline const tickweir_files& posix_files() {
  namespace posix = detail::posix;
  static const tickweir_files files{.open = posix::open,
                                    .close = posix::close,
                                    .read = posix::read,
                                    .write = posix::write,
                                    .sync = posix::sync,
                                    .resize = posix::resize,
                                    .bytes = posix::bytes,
                                    .lock = posix::lock,
                                    .rename = posix::rename,
                                    .remove = posix::remove,
                                    .make_folder = posix::make_folder,
                                    .sync_folder = posix::sync_folder,
                                    .list = posix::list,
                                    .how = "pwritev + fdatasync"};
  return files;
}

}  // namespace tickweir
