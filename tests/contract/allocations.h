// Counts the memory allocations of this thread, in this program and in every plugin it has loaded: the
// program's malloc stands before the C library's. Not under sanitizers, which bring their own.
#pragma once

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TICKWEIR_ALLOCATIONS_ARE_COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TICKWEIR_ALLOCATIONS_ARE_COUNTED 0
#endif
#endif
#ifndef TICKWEIR_ALLOCATIONS_ARE_COUNTED
#define TICKWEIR_ALLOCATIONS_ARE_COUNTED 1
#endif

namespace tickweir::contract {

constexpr bool allocations_are_counted = TICKWEIR_ALLOCATIONS_ARE_COUNTED != 0;

// Counts while it lives, and while no AllocationPause does.
class AllocationCount {
 public:
  AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;
  ~AllocationCount();
  [[nodiscard]] std::uint64_t value() const;
};

class AllocationPause {
 public:
  AllocationPause();
  AllocationPause(const AllocationPause&) = delete;
  AllocationPause& operator=(const AllocationPause&) = delete;
  ~AllocationPause();

 private:
  bool was_counting_;
};

}  // namespace tickweir::contract
