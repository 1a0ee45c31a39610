// Judges a plugin by its note alone: may this runtime, on this machine, beside those other plugins, load it?
//
// Threading: one thread. Errors: what was found, what is needed, what to do.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runtime/plugins/elf_note.h"
#include "runtime/result.h"

namespace tickweir {

// Build facts against this runtime and this machine.
[[nodiscard]] Result<void> judge_build(const NoteFacts& note);

// Event layouts that plugins share: the first file that defines an event sets it.
class SharedLayouts {
 public:
  // Refuses a file that lays out a known event otherwise; the file then sets nothing.
  Result<void> add(const std::filesystem::path& file, const NoteFacts& note);

 private:
  struct Known {
    EventLayout layout;
    std::filesystem::path file;
  };
  std::map<std::string, Known> by_name_;
  std::map<std::uint32_t, std::string> name_of_type_;
};

}  // namespace tickweir
