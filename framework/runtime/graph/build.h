// build_graph() without a Registry: plugins come from a function, so tests can bring their own tables.
//
// Threading: one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir {

struct PluginSource {
  std::function<Result<const Plugin*>(const std::string& name)> load;
  std::vector<std::string> names;    // that can be loaded
  std::vector<std::string> refused;  // of plugins whose files cannot be used: load() says why
  std::string searched;              // the folders, for people
};

// `diagnostics` are those of loading `config`: one that marks parts as refused comes with an error in them.
[[nodiscard]] std::unique_ptr<Graph> build_graph(PipelineConfig config, const PluginSource& plugins,
                                                 const Machine& machine, Diagnostics& diagnostics);

}  // namespace tickweir
