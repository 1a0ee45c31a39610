// tickweir version: what this program is and how it was built.
#include <iostream>

#include "cli/command.h"
#include "runtime/admin/pages.h"

namespace tickweir {

int version_command(const Arguments& arguments) {
  const auto build = build_as_json();
  if (arguments.common.json) {
    std::cout << json_text(build);
    return exit_done;
  }
  std::cout << "tickweir " << build["version"].get<std::string>() << "\n"
            << "plugin ABI " << build["plugin_abi"].get<std::string>() << "\n"
            << build["compiler"].get<std::string>() << ", " << build["build_type"].get<std::string>() << "\n";
  return exit_done;
}

}  // namespace tickweir
