// build_graph() without a Registry: plugins come from a function, so tests can bring their own tables.
//
// Threading: one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir {

struct PluginSource {
  std::function<Result<const Plugin*>(const std::string& name)> load;
  std::vector<std::string> names;              // that load() knows
  std::map<std::string, std::string> refused;  // files that should have held the plugin: name -> cause
  std::string searched;                        // the folders, for people
};

[[nodiscard]] std::unique_ptr<Graph> build_graph(PipelineConfig config, const PluginSource& plugins,
                                                 const Machine& machine, Diagnostics& diagnostics);

}  // namespace tickweir
