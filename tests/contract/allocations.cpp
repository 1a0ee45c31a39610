// See allocations.h.
#include "allocations.h"

#include <cerrno>
#include <cstddef>

namespace {

thread_local bool counting = false;
thread_local std::uint64_t count = 0;

}  // namespace

namespace tickweir::contract {

AllocationCount::AllocationCount() {
  count = 0;
  counting = true;
}
AllocationCount::~AllocationCount() {
  counting = false;
}
std::uint64_t AllocationCount::value() const {
  return count;
}

AllocationPause::AllocationPause() : was_counting_(counting) {
  counting = false;
}
AllocationPause::~AllocationPause() {
  counting = was_counting_;
}

}  // namespace tickweir::contract

#if TICKWEIR_ALLOCATIONS_ARE_COUNTED
extern "C" {

void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t items, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  count += counting ? 1 : 0;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t items, std::size_t bytes) noexcept {
  count += counting ? 1 : 0;
  return __libc_calloc(items, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  count += counting ? 1 : 0;
  return __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  count += counting ? 1 : 0;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
  *memory = memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
#endif
