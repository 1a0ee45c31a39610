// TICKWEIR_ASSERT: for our own bugs, always on, stops the process. Never for input, options or files.
//
// Threading: any thread. The message goes to stderr with place and condition; then abort().
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tickweir::detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void assertion_failed(const char* condition,
                                                                    const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\nThis is a bug in tickweir or in a plugin.\n", file,
               line, condition);
  std::abort();
}

}  // namespace tickweir::detail

#define TICKWEIR_ASSERT(condition)                                                  \
  do {                                                                              \
    if (!(condition)) [[unlikely]] {                                                \
      ::tickweir::detail::assertion_failed(#condition, __FILE__, __LINE__);         \
    }                                                                               \
  } while (false)
