// A folder for the files of one test, which goes with them when the object does.
//
//   const TempFolder folder;
//   std::ofstream(folder.at("orders.yaml")) << "...";
//
// No other has its name, so tests may run side by side.
//
// Threading: what is in the folder is the test's business; the object itself never changes.
// Errors:    a folder that cannot be made is a std::runtime_error with the cause; one that cannot be removed
//            is left behind.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tickweir::testing {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tickweir_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a folder like " + name + ": " + std::strerror(errno));
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // The path of a file or folder in it, which need not be there.
  [[nodiscard]] std::string at(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tickweir::testing
