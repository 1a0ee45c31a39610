// tickweir schema: the JSON Schema of pipeline files, from the plugins on the plugin path.
#include <iostream>

#include "cli/command.h"
#include "runtime/admin/pages.h"
#include "runtime/graph/schema.h"
#include "runtime/plugins/registry.h"

namespace tickweir {

int schema_command(const Arguments& arguments) {
  auto registry = Registry::scan(plugin_path(arguments.common.plugin_path));
  if (!registry) {
    print_error(registry.error().message);
    return exit_refused;
  }
  std::vector<const Plugin*> plugins;
  for (const std::string& name : registry->names()) {
    if (auto plugin = registry->load(name)) plugins.push_back(*plugin);
  }
  std::cout << json_text(pipeline_schema(plugins));
  return exit_done;
}

}  // namespace tickweir
