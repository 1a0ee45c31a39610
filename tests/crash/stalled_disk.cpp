// For LD_PRELOAD: a disk that answers no sync while the file that STALL names is there.
//
// Threading: any thread.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

extern "C" int fdatasync(int file) {
  static const auto sync = reinterpret_cast<decltype(&fdatasync)>(::dlsym(RTLD_NEXT, "fdatasync"));
  static const char* const stall = std::getenv("STALL");
  while (stall != nullptr && ::access(stall, F_OK) == 0) ::usleep(1000);
  return sync(file);
}
