// What a sync finds that gets in at the very moment in which a failed append lets go of the segment.
#include <gtest/gtest.h>
#include <dlfcn.h>
#include <pthread.h>

#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>

#include "segment_drive.h"

namespace {
// Called once, when this thread has unlocked a mutex on the way out of something that has thrown.
thread_local std::function<void()> after_unlock_by_failure;
}  // namespace

// std::mutex's, since this program has it.
extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  static const auto unlock =
      reinterpret_cast<int (*)(pthread_mutex_t*)>(::dlsym(RTLD_NEXT, "pthread_mutex_unlock"));
  const int result = unlock(mutex);
  if (std::uncaught_exceptions() != 0 && after_unlock_by_failure) {
    std::exchange(after_unlock_by_failure, nullptr)();
  }
  return result;
}

namespace tickweir::wal_segment {
namespace {

TEST(SegmentLog, SyncsNothingBehindASyncThatFailedForTheNextSegment) {
  FaultyFiles files;
  Drive drive(files);
  drive.open();
  drive.append(20);
  bool has_tried = false;
  bool is_synced = false;
  after_unlock_by_failure = [&] {
    has_tried = true;
    try {
      drive.log().sync();
      is_synced = true;
    } catch (const std::runtime_error&) {
    }
  };
  files.fail({.call = FileCall::sync});
  EXPECT_THROW(drive.append(100), std::runtime_error);
  EXPECT_TRUE(has_tried);
  EXPECT_FALSE(is_synced) << "events 1 to 20 would be acknowledged";
  EXPECT_EQ(files.retried_syncs(), 0U);
}

}  // namespace
}  // namespace tickweir::wal_segment
