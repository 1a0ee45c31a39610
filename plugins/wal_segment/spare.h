// Makes the file of the next segment beside the work: filled with zeros and synced, under a name of its own,
// so that a change of segments does not wait for the disk.
//
// Threading: the maker is used by one thread; it has one of its own while it makes a file.
// Memory:    a buffer of 512 KiB while it works.
// Errors:    none: a spare that could not be made is not there, and whoever needs one makes it and meets the
//            cause himself.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <utility>

#include "page_writer.h"
#include "tickweir/files.h"

namespace tickweir::wal_segment {

class SpareMaker {
 public:
  SpareMaker(Files files, const std::string& folder) : files_(files), path_(folder + "/spare.segment.new") {}
  SpareMaker(const SpareMaker&) = delete;
  SpareMaker& operator=(const SpareMaker&) = delete;
  ~SpareMaker() { end(); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool has_begun() const { return maker_.joinable() || is_made_; }

  void begin(std::uint64_t bytes) {
    must_end_ = false;
    bytes_ = bytes;
    wanted_ = 0;
    maker_ = std::thread([this] { make(); });
  }
  // It should have so many bytes by now: made at the pace of the log, it delays no sync of the log's for
  // long.
  void want(std::uint64_t bytes) {
    const std::uint64_t before = wanted_.load(std::memory_order_relaxed);
    if (before != 0 && bytes < before + zeros_per_write_bytes) return;  // not a whole part more
    wanted_ = bytes;
    wanted_.notify_one();
  }
  // Waits until it is made. True: the spare is the caller's; false: there is none of that length.
  [[nodiscard]] bool take(std::uint64_t bytes) {
    if (bytes != bytes_) return false;
    finish();
    return std::exchange(is_made_, false);
  }
  // Gives its room on the disk back. False: there was none.
  bool drop() {
    if (!has_begun()) return false;
    end();
    if (!std::exchange(is_made_, false)) return false;
    remove();
    return true;
  }

 private:
  void finish() {
    wanted_ = std::numeric_limits<std::uint64_t>::max();
    wanted_.notify_one();
    if (maker_.joinable()) maker_.join();
  }
  void end() {
    must_end_ = true;
    finish();
  }
  // Waits until the part that begins `at` is wanted.
  [[nodiscard]] bool goes_on(std::uint64_t at) const {
    for (std::uint64_t wanted = wanted_; wanted <= at; wanted = wanted_) wanted_.wait(wanted);
    return !must_end_;
  }
  // The new thread comes with the pinning of the log's thread, which must not have to share its core.
  static void leave_the_core() noexcept {
    cpu_set_t all;
    CPU_ZERO(&all);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &all);
    sched_setaffinity(0, sizeof all, &all);  // when that is not allowed, it stays
    pthread_setname_np(pthread_self(), "wal-spare");
  }
  void make() noexcept {
    leave_the_core();
    try {
      is_made_ = make_filled_file(files_, path_, bytes_, [this](std::uint64_t at) { return goes_on(at); });
    } catch (const std::exception&) {
      is_made_ = false;
    }
    if (!is_made_) remove();
  }
  void remove() noexcept {
    try {
      files_.remove(path_);
    } catch (const std::exception&) {  // the next start does it
    }
  }

  Files files_;
  std::string path_;
  std::uint64_t bytes_ = 0;
  bool is_made_ = false;  // after maker_ has ended
  // Sequentially consistent, a few times a segment.
  std::atomic<std::uint64_t> wanted_ = 0;
  std::atomic<bool> must_end_ = false;
  std::thread maker_;
};

}  // namespace tickweir::wal_segment
