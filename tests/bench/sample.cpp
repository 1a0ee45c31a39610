#include "sample.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tickweir::bench {

std::string sample_file(const Settings& settings, std::uint64_t messages, std::uint32_t instruments) {
  std::filesystem::create_directories(settings.folder);
  const std::string path =
      settings.folder + "/sample_" + std::to_string(messages) + "_" + std::to_string(instruments) + ".itch";
  if (!std::filesystem::exists(path)) {
    const std::string command = std::string(TICKWEIR_ITCH_SAMPLE) + " --messages " +
                                std::to_string(messages) + " --instruments " + std::to_string(instruments) +
                                " --seed 1 " + path + " > /dev/null";
    check(std::system(command.c_str()) == 0, "itch_sample writes " + path);
  }
  return path;
}

std::string sample_bytes(const Settings& settings, std::uint64_t messages, std::uint32_t instruments) {
  std::ifstream file(sample_file(settings, messages, instruments), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tickweir::bench
