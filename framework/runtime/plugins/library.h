// Opens a plugin's file and asks for its descriptor. From here on its code runs.
//
// All symbols are bound at once and stay local to the file. It is never closed: threads, static objects
// and texts of a plugin may be in use until the process ends.
//
// Threading: one thread. Errors: why it could not be opened, in the dynamic linker's words.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

// As the plugin returned it: unchecked, possibly nullptr.
[[nodiscard]] Result<const tickweir_plugin*> open_plugin(const std::filesystem::path& file);

// Why nobody but its owner could be trusted with this file: its folder or itself may be written by anyone.
[[nodiscard]] Result<void> check_permissions(const std::filesystem::path& file);

}  // namespace tickweir
