// Writes the project of a new plugin: CMake, source, test, README. It builds against the installed SDK alone.
//
// Threading: any. Errors: what is wrong with the name, the role or the folder; nothing is written then.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/result.h"

namespace tickweir {

// What is wrong with a name or a role.
[[nodiscard]] Result<void> check_new_plugin(const std::string& name, const std::string& role);

// `role`: source, filter, transform or sink. `folder` is made, or must be empty.
[[nodiscard]] Result<void> write_new_plugin(const std::string& name, const std::string& role,
                                            const std::filesystem::path& folder);

}  // namespace tickweir
