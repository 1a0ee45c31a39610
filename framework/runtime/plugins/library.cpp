#include "runtime/plugins/library.h"

#include <exception>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/dll/shared_library.hpp>

namespace tickweir {

namespace {

namespace fs = std::filesystem;

// "...load() failed (dlerror system message: /p/x.so: undefined symbol: f): Bad file..." -> "undefined
// symbol: f"
std::string linker_text(std::string_view text, const std::string& file) {
  constexpr std::string_view start = "dlerror system message: ";
  if (const std::size_t at = text.find(start); at != std::string_view::npos) {
    text.remove_prefix(at + start.size());
    text = text.substr(0, text.rfind("):"));
  }
  if (text.starts_with(file + ": ")) text.remove_prefix(file.size() + 2);
  return std::string(text);
}

Result<void> check_not_shared(const fs::path& path, const char* what) {
  std::error_code error;
  const fs::perms found = fs::status(path, error).permissions();
  if (error) return Error{"cannot be examined: " + error.message()};
  if ((found & fs::perms::others_write) == fs::perms::none) return {};
  return Error{std::string(what) + " may be written by anyone; run chmod o-w " + path.string()};
}

}  // namespace

Result<const tickweir_plugin*> open_plugin(const fs::path& file) {
  try {
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
    // Never deleted, and so never closed.
    auto* library = new boost::dll::shared_library(file, mode);
    static std::vector<boost::dll::shared_library*>& opened = *new std::vector<boost::dll::shared_library*>;
    opened.push_back(library);
    if (!library->has(TICKWEIR_ENTRY_SYMBOL)) {
      return Error{"exports no symbol " TICKWEIR_ENTRY_SYMBOL "; end its source with TICKWEIR_PLUGIN(...)"};
    }
    return library->get<const tickweir_plugin*()>(TICKWEIR_ENTRY_SYMBOL)();
  } catch (const std::system_error& error) {
    return Error{"cannot be loaded: " + linker_text(error.what(), file.string())};
  } catch (const std::exception& error) {
    return Error{"failed in " TICKWEIR_ENTRY_SYMBOL ": " + std::string(error.what())};
  } catch (...) {
    return Error{"failed in " TICKWEIR_ENTRY_SYMBOL " with something that is not a std::exception"};
  }
}

Result<void> check_permissions(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error) return Error{"cannot be examined: " + error.message()};
  if (auto checked = check_not_shared(real, "its file"); !checked) return checked;
  for (const fs::path& folder : {fs::absolute(file).parent_path(), real.parent_path()}) {
    if (auto checked = check_not_shared(folder, "its folder"); !checked) return checked;
  }
  return {};
}

}  // namespace tickweir
