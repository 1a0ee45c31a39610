// Loads and builds a pipeline, and says what is wrong with it.
#include "cli/load.h"

#include <iostream>

#include "runtime/admin/pages.h"

namespace tickweir {

LoadedPipeline load_and_build(const Arguments& arguments) {
  LoadedPipeline loaded;
  PipelineConfig config = load_pipeline(arguments.target, arguments.common.overrides, loaded.diagnostics);
  auto registry = Registry::scan(plugin_path(arguments.common.plugin_path));
  if (!registry) {
    loaded.diagnostics.error({.file = "plugin path"}, registry.error().message, "set --plugin-path");
    return loaded;
  }
  loaded.registry = std::move(*registry);
  loaded.graph = build_graph(std::move(config), *loaded.registry, this_machine(), loaded.diagnostics);
  return loaded;
}

nlohmann::ordered_json verdict_as_json(const Arguments& arguments, const LoadedPipeline& loaded) {
  auto list = nlohmann::ordered_json::array();
  for (const Diagnostic& found : loaded.diagnostics.sorted()) {
    list.push_back({{"file", found.place.file},
                    {"line", found.place.line},
                    {"column", found.place.column},
                    {"end_column", found.place.column + found.place.length},
                    {"severity", found.severity == Severity::error ? "error" : "warning"},
                    {"message", found.message},
                    {"help", found.help}});
  }
  return {{"file", arguments.target},
          {"valid", loaded.graph != nullptr},
          {"errors", loaded.diagnostics.error_count()},
          {"warnings", loaded.diagnostics.warning_count()},
          {"diagnostics", list}};
}

void print_verdict(const Arguments& arguments, const LoadedPipeline& loaded) {
  if (arguments.common.json && loaded.graph == nullptr) {
    std::cout << json_text(verdict_as_json(arguments, loaded));
  } else if (loaded.diagnostics.error_count() + loaded.diagnostics.warning_count() > 0) {
    loaded.diagnostics.print(std::cerr);
  }
}

}  // namespace tickweir
