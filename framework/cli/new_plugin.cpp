#include "cli/new_plugin.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

#include "runtime/plugins/descriptor.h"

namespace tickweir {

namespace {

namespace fs = std::filesystem;

struct Template {
  std::string_view name;  // of the file
  std::string_view text;
};
// In them the new plugin is called plugin_name, and its class PluginName.
constexpr Template templates[] = {
#include "new_plugin_templates.inc"
};
constexpr std::array<std::string_view, 4> roles{"source", "filter", "transform", "sink"};

// "filter_round_lots" -> "FilterRoundLots"
std::string class_name(const std::string& name) {
  std::string result;
  bool starts_word = true;
  for (const char c : name) {
    if (c != '_') result += starts_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts_word = c == '_';
  }
  return result;
}

void replace_all(std::string& text, std::string_view found, const std::string& replacement) {
  for (std::size_t at = 0; (at = text.find(found, at)) != std::string::npos; at += replacement.size()) {
    text.replace(at, found.size(), replacement);
  }
}

// The name in the new project of a template, "" when it belongs to another role.
std::string target_name(std::string_view file, const std::string& name, const std::string& role) {
  if (file == "CMakeLists.txt") return std::string(file);
  if (file == role + ".md") return "README.md";
  if (file == role + ".cpp") return name + ".cpp";
  if (file == role + "_test.cpp") return name + "_test.cpp";
  return {};
}

Result<void> write_file(const fs::path& file, const std::string& text) {
  std::ofstream output(file, std::ios::binary);
  output << text;
  output.close();
  if (!output) return Error{"cannot write " + file.string() + ": " + std::strerror(errno)};
  return {};
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return Error{"folder " + folder.string() + " exists and is not empty"};
  }
  fs::create_directories(folder, error);
  if (error) return Error{"cannot make folder " + folder.string() + ": " + error.message()};
  return {};
}

}  // namespace

Result<void> check_new_plugin(const std::string& name, const std::string& role) {
  if (!is_snake_case(name.c_str())) {
    return Error{"a plugin cannot be called \"" + name +
                 "\"; use small letters, digits and _, a letter first, such as filter_round_lots"};
  }
  if (std::ranges::find(roles, role) == roles.end()) {
    return Error{"there is no role \"" + role + "\"; it may be source, filter, transform or sink"};
  }
  return {};
}

Result<void> write_new_plugin(const std::string& name, const std::string& role, const fs::path& folder) {
  if (auto checked = check_new_plugin(name, role); !checked) return checked;
  if (auto made = make_folder(folder); !made) return made;
  for (const Template& file : templates) {
    const std::string target = target_name(file.name, name, role);
    if (target.empty()) continue;
    std::string text(file.text);
    replace_all(text, "plugin_name", name);
    replace_all(text, "PluginName", class_name(name));
    if (auto written = write_file(folder / target, text); !written) return written;
  }
  return {};
}

}  // namespace tickweir
