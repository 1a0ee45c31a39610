// Writes to a file in whole pages, past the page cache: from memory of its own, into which it copies.
//
// A log is written once and hardly ever read: in the page cache it would only take the room of others, and
// getting the memory for it costs more than the write. What is appended in the middle of a page rewrites that
// page, with the same bytes before it, as the page cache would. The page in which the next append begins is
// zeros from there on: whatever lies in it later is of this file, also where an older one lies behind it.
//
// Threading: one thread. Memory: 1 MiB and a page at most.
// Errors:    thrown, but for a full disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "disk_copy.h"
#include "segment_format.h"
#include "tickweir/files.h"

namespace tickweir::wal_segment {

// Zeros at first, where pages begin.
class Pages {
 public:
  explicit Pages(std::size_t bytes)
      : bytes_(bytes), data_(static_cast<std::uint8_t*>(std::aligned_alloc(page_bytes, bytes))) {
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }
  [[nodiscard]] std::uint8_t* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::uint8_t* data) const { std::free(data); }
  };
  std::size_t bytes_;
  std::unique_ptr<std::uint8_t, Free> data_;
};

constexpr std::size_t pages_per_write_bytes = std::size_t{1} << 20;
// The log's own writes and syncs wait behind one of zeros: smaller than theirs.
constexpr std::size_t zeros_per_write_bytes = std::size_t{512} << 10;

// Fills the file with zeros, so that later writes change no metadata; asks before each part, which begins
// `at`, whether it `goes_on(at)`. False: the disk is full, or it does not.
template <typename GoesOn>
[[nodiscard]] bool fill_with_zeros(File& file, std::uint64_t bytes, GoesOn&& goes_on) {
  const Pages zeros(std::min<std::uint64_t>(bytes, zeros_per_write_bytes));
  for (std::uint64_t at = 0; at < bytes; at += zeros.size()) {
    if (!goes_on(at)) return false;
    if (!file.write(zeros.data(), std::min<std::uint64_t>(zeros.size(), bytes - at), at)) return false;
  }
  return true;
}

// Makes a file of zeros, synced; instead of one that is there. False: as above, and a part of it is there.
template <typename GoesOn>
[[nodiscard]] bool make_filled_file(const Files& files, const std::string& path, std::uint64_t bytes,
                                    GoesOn&& goes_on) {
  if (files.open_if_there(path, TICKWEIR_FILE_READ).is_open()) files.remove(path);
  File file = files.open(path, TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE | TICKWEIR_FILE_DIRECT);
  if (!fill_with_zeros(file, bytes, goes_on)) return false;
  file.sync();
  return true;
}
[[nodiscard]] inline bool make_filled_file(const Files& files, const std::string& path, std::uint64_t bytes) {
  if (make_filled_file(files, path, bytes, [](std::uint64_t) { return true; })) return true;
  files.remove(path);
  return false;
}

class PageWriter {
 public:
  // Goes on at `offset` of a file of so many bytes that was opened with TICKWEIR_FILE_DIRECT.
  void open(File file, std::uint64_t offset, std::uint64_t file_bytes) {
    file_ = std::move(file);
    offset_ = offset;
    file_bytes_ = file_bytes;
    const std::size_t needed = std::min<std::uint64_t>(whole_pages(file_bytes), pages_per_write_bytes);
    if (buffer_.size() < needed) buffer_ = Pages(needed);
    if (started() != 0 && file_.read(last_page_.data(), page_bytes, offset_ - started()) != page_bytes) {
      throw std::runtime_error(file_.path() + " became shorter");
    }
  }
  void close() { file_ = {}; }
  [[nodiscard]] bool is_open() const { return file_.is_open(); }

  // Writes the spans, `bytes` together, behind what was written before. False: the disk is full, and none of
  // it is there.
  [[nodiscard]] bool append(std::span<const tickweir_span> spans, std::uint64_t bytes) {
    std::uint64_t at = offset_ - started();
    std::size_t used = started();
    std::memcpy(buffer_.data(), last_page_.data(), used);
    for (const tickweir_span& span : spans) {
      for (std::uint64_t taken = 0; taken < span.bytes;) {
        const std::uint64_t now = std::min<std::uint64_t>(span.bytes - taken, buffer_.size() - used);
        copy_for_disk(buffer_.data() + used, span.data + taken, now);
        taken += now;
        used += now;
        if (used < buffer_.size()) continue;
        if (!file_.write(buffer_.data(), used, at)) return take_back(bytes);
        at += std::exchange(used, 0);
      }
    }
    const std::uint64_t whole = std::min(end_of_page(used), file_bytes_ - at);
    std::memset(buffer_.data() + used, 0, whole - used);
    if (whole != 0 && !file_.write(buffer_.data(), whole, at)) return take_back(bytes);
    offset_ += bytes;
    if (started() != 0) std::memcpy(last_page_.data(), buffer_.data() + whole - page_bytes, page_bytes);
    return true;
  }

  // May run while append() does, on another thread.
  void sync() { file_.sync(); }
  // Writes a whole page that nothing was appended to; likewise.
  [[nodiscard]] bool write_page(const Pages& page, std::uint64_t offset) {
    return file_.write(page.data(), page_bytes, offset);
  }

 private:
  // Bytes of the page in which the next append begins.
  [[nodiscard]] std::size_t started() const { return offset_ % page_bytes; }

  bool take_back(std::uint64_t bytes) {
    if (TICKWEIR_BUG("refused append stays")) return false;
    const std::uint64_t from = offset_ - started();
    const std::uint64_t until = whole_pages(offset_ + bytes);
    std::memset(buffer_.data(), 0, buffer_.size());
    std::memcpy(buffer_.data(), last_page_.data(), started());
    for (std::uint64_t at = from; at < until; at += buffer_.size()) {
      if (!file_.write(buffer_.data(), std::min<std::uint64_t>(buffer_.size(), until - at), at)) {
        throw std::runtime_error("the disk is full and " + file_.path() +
                                 " holds part of what did not fit: make room and start again");
      }
      std::memset(buffer_.data(), 0, page_bytes);
    }
    return false;
  }

  File file_;
  std::uint64_t offset_ = 0;
  std::uint64_t file_bytes_ = 0;  // whole pages
  Pages buffer_{page_bytes};
  Pages last_page_{page_bytes};  // as it is on the disk, if the next append begins in it
};

}  // namespace tickweir::wal_segment
