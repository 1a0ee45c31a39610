// tickweir new-plugin: writes the project of a new plugin.
#include <iostream>

#include "cli/command.h"
#include "cli/new_plugin.h"

namespace tickweir {

int new_plugin_command(const Arguments& arguments) {
  if (auto checked = check_new_plugin(arguments.target, arguments.role); !checked) {
    print_error(checked.error().message);
    return exit_usage;
  }
  const std::string folder = arguments.folder.empty() ? arguments.target : arguments.folder;
  if (auto written = write_new_plugin(arguments.target, arguments.role, folder); !written) {
    print_error(written.error().message);
    return exit_failed;
  }
  std::cout << "Wrote " << folder << ". Build it and run its test:\n"
            << "  cmake -S " << folder << " -B " << folder << "/build && cmake --build " << folder
            << "/build && ctest --test-dir " << folder << "/build\n";
  return exit_done;
}

}  // namespace tickweir
