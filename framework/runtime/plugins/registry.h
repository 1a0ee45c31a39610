// The plugins on the plugin path: found, judged by their ELF note, and loaded when wanted.
//
// Loading is by Boost.DLL, with all symbols bound at once, locally, and for the life of the process:
// unloading C++ code safely is not possible in general, so it is not tried.
//
// Threading: one thread; immutable once the graph is built.
// Ownership: the registry owns the descriptors (checked copies); the texts and functions they point to
//            are the plugin's and live as long as the process.
// Errors:    a file that cannot be used is in `refused()` with path and cause; none of its code ran
//            unless the cause is about its code (missing symbol, nonsense in the descriptor).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/plugins/elf_note.h"
#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

struct Descriptor;

struct Plugin {
  std::filesystem::path file;
  NoteFacts note;
  const tickweir_plugin* table = nullptr;        // checked: role, names and tables are sound. In `descriptor`
  std::shared_ptr<const Descriptor> descriptor;  // the plugin's, in structs of this runtime's size
};

struct RefusedFile {
  std::filesystem::path file;
  std::string cause;  // what was found, what is needed, what to do; follows the file's name in a sentence
  std::string name;   // of the plugin, when its note could be trusted
};

class Registry {
 public:
  // Reads the notes of all *.so directly in these folders, in order; within a folder by name. A folder
  // that does not exist is an error. Two files with one plugin name: both are refused, each naming the other.
  static Result<Registry> scan(const std::vector<std::filesystem::path>& folders);

  // Loads the plugin of that name, or says why not: not found, or refused and why.
  Result<const Plugin*> load(const std::string& name);
  // Names that could be loaded, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::vector<RefusedFile>& refused() const { return refused_; }
  [[nodiscard]] const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  void add(const std::filesystem::path& file);
  void refuse(std::size_t index, std::string cause);
  void refuse_duplicates();
  void refuse_other_layouts();
  [[nodiscard]] Error why_not(const std::string& name) const;

  std::vector<std::filesystem::path> folders_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<RefusedFile> refused_;
};

// Where plugins are looked for: --plugin-path, else TICKWEIR_PLUGIN_PATH (colon list), else
// ../plugins and ../lib/tickweir/plugins beside the running program, whichever exists.
[[nodiscard]] std::vector<std::filesystem::path> plugin_path(
    const std::vector<std::string>& from_command_line);

}  // namespace tickweir
