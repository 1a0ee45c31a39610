// tickweir list: the plugins on the plugin path, and the files there that were refused.
#include <iostream>

#include "cli/command.h"
#include "cli/table.h"
#include "runtime/admin/pages.h"
#include "runtime/graph/tables.h"
#include "runtime/metrics/pipeline_view.h"
#include "runtime/plugins/registry.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const Registry& registry, const std::vector<const Plugin*>& plugins) {
  Json json{{"folders", Json::array()}, {"plugins", Json::array()}, {"refused", Json::array()}};
  for (const auto& folder : registry.folders()) json["folders"].push_back(folder.string());
  for (const Plugin* plugin : plugins) {
    json["plugins"].push_back({{"name", plugin->table->name},
                               {"role", role_text(plugin->table->role)},
                               {"version", plugin->table->version},
                               {"summary", plugin->table->summary},
                               {"file", plugin->file.string()}});
  }
  for (const RefusedFile& refused : registry.refused()) {
    json["refused"].push_back({{"file", refused.file.string()}, {"cause", refused.cause}});
  }
  std::cout << json_text(json);
}

void print_tables(const Registry& registry, const std::vector<const Plugin*>& plugins) {
  Table table({{"PLUGIN"}, {"ROLE"}, {"VERSION"}, {"SUMMARY"}});
  for (const Plugin* plugin : plugins) {
    table.add({plugin->table->name, role_text(plugin->table->role), plugin->table->version,
               plugin->table->summary});
  }
  if (table.empty()) {
    std::cout << "no plugins in\n";
    for (const auto& folder : registry.folders()) std::cout << "  " << folder.string() << "\n";
  } else {
    std::cout << table.text();
  }
  for (const RefusedFile& refused : registry.refused()) {
    std::cout << "\nrefused: " << refused.file.string() << "\n  " << refused.cause << "\n";
  }
}

}  // namespace

int list_command(const Arguments& arguments) {
  auto registry = Registry::scan(plugin_path(arguments.common.plugin_path));
  if (!registry) {
    print_error(registry.error().message);
    return exit_refused;
  }
  std::vector<const Plugin*> plugins;
  for (const std::string& name : registry->names()) {
    // What cannot be loaded is among the refused afterwards.
    if (auto plugin = registry->load(name)) plugins.push_back(*plugin);
  }
  arguments.common.json ? print_json(*registry, plugins) : print_tables(*registry, plugins);
  return exit_done;
}

}  // namespace tickweir
