// For LD_PRELOAD: a disk whose syncs hang, or fail.
//
//   STALL=FILE       no sync ends while there is such a file
//   FAIL_SYNC_AT=N   the Nth sync of the process fails with EIO, and all after it
//
// Threading: any thread.
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

// False: the sync fails, and errno says why.
bool may_sync() {
  static const char* const stall = std::getenv("STALL");
  while (stall != nullptr && ::access(stall, F_OK) == 0) ::usleep(1000);
  static const char* const text = std::getenv("FAIL_SYNC_AT");
  static const std::uint64_t fail_at = text == nullptr ? UINT64_MAX : std::strtoull(text, nullptr, 10);
  static std::atomic<std::uint64_t> syncs{0};
  if (syncs.fetch_add(1, std::memory_order_relaxed) + 1 < fail_at) return true;
  errno = EIO;
  return false;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fdatasync(int file) {
  static auto* const sync = real<int(int)>("fdatasync");
  return may_sync() ? sync(file) : -1;
}
int fsync(int file) {
  static auto* const sync = real<int(int)>("fsync");
  return may_sync() ? sync(file) : -1;
}
int msync(void* from, std::size_t bytes, int how) {
  static auto* const sync = real<int(void*, std::size_t, int)>("msync");
  return may_sync() ? sync(from, bytes, how) : -1;
}
}
