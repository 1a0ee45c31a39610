// See scarcity.h. The program's `new` and fork() stand before those of the libraries.
#include "scarcity.h"

#include <dlfcn.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t allocations_left = 0;  // the last of them fails; 0: none does
thread_local bool has_failed = false;
thread_local bool forks_fail = false;
thread_local bool children_starve = false;
thread_local bool is_starving = false;

}  // namespace

namespace tickweir::test {

Scarcity::Scarcity(std::uint64_t nth_allocation, Forks forks) {
  has_failed = false;
  forks_fail = forks == Forks::fail;
  children_starve = forks == Forks::starve;
  allocations_left = nth_allocation;
}
Scarcity::~Scarcity() {
  allocations_left = 0;
  forks_fail = false;
  children_starve = false;
}
bool Scarcity::has_struck() const {
  return has_failed;
}

}  // namespace tickweir::test

void* operator new(std::size_t bytes) {
  if (is_starving) std::abort();
  if (allocations_left != 0 && --allocations_left == 0) {
    has_failed = true;
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

extern "C" pid_t fork() noexcept {
  if (forks_fail) {
    errno = EAGAIN;
    return -1;
  }
  using Fork = pid_t (*)();
  static const Fork real = reinterpret_cast<Fork>(::dlsym(RTLD_NEXT, "fork"));
  const pid_t child = real();
  is_starving = child == 0 && children_starve;
  return child;
}
