// Where plugins are looked for.
#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "runtime/plugins/registry.h"

namespace tickweir {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> split_path(const std::string& list) {
  std::vector<fs::path> folders;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    if (end > at) folders.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return folders;
}

}  // namespace

std::vector<fs::path> plugin_path(const std::vector<std::string>& from_command_line) {
  std::vector<fs::path> folders;
  for (const std::string& list : from_command_line) {
    for (fs::path& folder : split_path(list)) folders.push_back(std::move(folder));
  }
  if (!from_command_line.empty()) return folders;
  if (const char* list = std::getenv("TICKWEIR_PLUGIN_PATH"); list != nullptr && *list != '\0')
    return split_path(list);

  std::error_code no_program;
  const fs::path program = fs::read_symlink("/proc/self/exe", no_program);
  if (no_program) return folders;
  for (const char* beside : {"plugins", "lib/tickweir/plugins"}) {
    const fs::path folder = program.parent_path().parent_path() / beside;
    std::error_code not_there;
    if (fs::is_directory(folder, not_there)) folders.push_back(folder);
  }
  return folders;
}

}  // namespace tickweir
