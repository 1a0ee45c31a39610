// Counts the memory allocations of this thread, in this program and in every plugin it has loaded: the
// program's malloc stands before the C library's. Not under sanitizers, which bring their own.
#pragma once

#include <cstdint>

namespace tickweir::contract {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool allocations_are_counted = false;
#else
constexpr bool allocations_are_counted = true;
#endif

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
