#include "system_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace tickweir::test {

SystemCalls& system_calls() {
  static constinit SystemCalls calls;
  return calls;
}

}  // namespace tickweir::test

extern "C" {

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (failed == 0 && clock == CLOCK_REALTIME)
    time->tv_sec += tickweir::test::system_calls().clock_step_seconds.load();
  return failed;
}

int fsync(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode)) ++tickweir::test::system_calls().folder_syncs;
  return static_cast<int>(::syscall(SYS_fsync, file));
}
}
