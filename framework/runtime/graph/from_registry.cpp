// build_graph() with the plugins of a Registry. See graph.h and build.h.
#include <utility>

#include "runtime/graph/build.h"
#include "runtime/graph/draft.h"

namespace tickweir {
namespace {

PluginSource source_of(Registry& registry) {
  PluginSource source;
  source.load = [&registry](const std::string& name) { return registry.load(name); };
  source.names = registry.names();
  for (const RefusedFile& refused : registry.refused()) {
    source.refused.push_back(refused.name.empty() ? refused.file.stem().string() : refused.name);
  }
  std::vector<std::string> folders;
  for (const std::filesystem::path& folder : registry.folders()) folders.push_back(folder.string());
  source.searched = join(folders);
  return source;
}

}  // namespace

std::unique_ptr<Graph> build_graph(PipelineConfig config, Registry& registry, const Machine& machine,
                                   Diagnostics& diagnostics) {
  return build_graph(std::move(config), source_of(registry), machine, diagnostics);
}

}  // namespace tickweir
