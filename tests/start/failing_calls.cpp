// For LD_PRELOAD: memory, threads or room on the disk that are not to be had, from the first call of
// pthread_sigmask() on: the program has read its command line by then, in which CLI11 calls std::terminate()
// when it gets no memory.
//
//   FAIL_CALL=memory|thread|disk   what fails; the others are not counted
//   FAIL_AT=N      the Nth call fails, from 1; disk: the write of the Nth byte finds the disk full.
//                  0: none, and the number of calls, or bytes, is told on stderr
//   FAIL_EVER=1    all after it fail, too; disk: of writes that make a file longer, and only these are
//   counted:
//                  a full disk takes what has its place already
//
// Threading: any thread. Nothing here allocates.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using Main = int (*)(int, char**, char**);

std::atomic<bool> is_armed{false};
bool fails_memory = false;
bool fails_threads = false;
bool fails_disk = false;
bool fails_for_ever = false;
std::uint64_t fail_at = 0;
std::atomic<std::uint64_t> calls{0};
Main program_main = nullptr;

bool fails_now(std::uint64_t count = 1) {
  if (!is_armed.load(std::memory_order_relaxed)) return false;
  const std::uint64_t before = calls.fetch_add(count, std::memory_order_relaxed);
  const bool is_it = before < fail_at && fail_at <= before + count;
  return fail_at != 0 && (is_it || (before >= fail_at && fails_for_ever));
}
bool memory_fails_now() {
  if (!fails_memory || !fails_now()) return false;
  errno = ENOMEM;
  return true;
}

bool grows(int file, off_t end) {
  struct stat facts {};
  return ::fstat(file, &facts) == 0 && end > facts.st_size;
}

const char* value_of(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int armed_main(int count, char** words, char** environment) {
  fails_memory = std::strcmp(value_of("FAIL_CALL"), "memory") == 0;
  fails_threads = std::strcmp(value_of("FAIL_CALL"), "thread") == 0;
  fails_disk = std::strcmp(value_of("FAIL_CALL"), "disk") == 0;
  fails_for_ever = std::strcmp(value_of("FAIL_EVER"), "1") == 0;
  fail_at = std::strtoull(value_of("FAIL_AT"), nullptr, 10);
  const int code = program_main(count, words, environment);
  is_armed = false;
  if (fail_at == 0) std::fprintf(stderr, "calls: %llu\n", static_cast<unsigned long long>(calls.load()));
  return code;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

// glibc's own, under the names that are there for this.
void* __libc_malloc(std::size_t bytes);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t bytes);        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t bytes);               // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t bytes);  // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t bytes) {
  return memory_fails_now() ? nullptr : __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  return memory_fails_now() ? nullptr : __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) {
  return memory_fails_now() ? nullptr : __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return memory_fails_now() ? nullptr : __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  if (memory_fails_now()) return ENOMEM;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}

int pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
  if (program_main != nullptr) is_armed = true;
  static const auto mask = real<decltype(&pthread_sigmask)>("pthread_sigmask");
  return mask(how, set, before);
}

ssize_t pwritev(int file, const iovec* spans, int count, off_t offset) {
  std::uint64_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += spans[i].iov_len;
  const bool may_fail = fails_disk && (!fails_for_ever || grows(file, offset + static_cast<off_t>(bytes)));
  if (may_fail && fails_now(bytes)) return errno = ENOSPC, -1;
  static const auto write = real<decltype(&pwritev)>("pwritev");
  return write(file, spans, count, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) {
  if (fails_threads && fails_now()) return EAGAIN;
  static const auto create = real<decltype(&pthread_create)>("pthread_create");
  return create(thread, attributes, start, argument);
}

int __libc_start_main(Main main, int count, char** words, void (*init)(), void (*fini)(),  // NOLINT
                      void (*loader_fini)(), void* stack_end) {
  program_main = main;
  const auto start = real<decltype(&__libc_start_main)>("__libc_start_main");
  return start(armed_main, count, words, init, fini, loader_fini, stack_end);
}
}
