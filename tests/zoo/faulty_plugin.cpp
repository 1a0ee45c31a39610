// Gives a plugin's own tests its faulty twin: links of dlopen() in a zoo program come here.
#include <string>
#include <string_view>

extern "C" {
// The linker's names for the two.
void* __real_dlopen(const char* path, int flags);  // NOLINT(bugprone-reserved-identifier)
void* __wrap_dlopen(const char* path, int flags);  // NOLINT(bugprone-reserved-identifier)

void* __wrap_dlopen(const char* path, int flags) {  // NOLINT(bugprone-reserved-identifier)
  const bool is_plugin = path != nullptr && std::string_view(path) == ZOO_PLUGIN;
  return __real_dlopen(is_plugin ? ZOO_FAULTY_PLUGIN : path, flags);
}
}
