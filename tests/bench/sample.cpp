#include "sample.h"

#include <cstdlib>
#include <filesystem>

namespace tickweir::bench {

std::string sample_file(const Settings& settings, std::uint64_t messages) {
  std::filesystem::create_directories(settings.folder);
  const std::string path = settings.folder + "/sample_" + std::to_string(messages) + ".itch";
  if (!std::filesystem::exists(path)) {
    const std::string command = std::string(TICKWEIR_ITCH_SAMPLE) + " --messages " +
                                std::to_string(messages) + " --instruments 100 --seed 1 " + path +
                                " > /dev/null";
    check(std::system(command.c_str()) == 0, "itch_sample writes " + path);
  }
  return path;
}

}  // namespace tickweir::bench
