// Runs a pipeline inside the benchmark's process: the loader, the graph, the engine and plugins from .so
// files, exactly as `tickweir run` does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/graph/graph.h"
#include "runtime/plugins/registry.h"

namespace tickweir::bench {

class Pipeline {
 public:
  // `yaml`: the text of a pipeline file, without apiVersion and name.
  explicit Pipeline(const std::string& yaml);
  // A pipeline file, with scalars of it replaced.
  Pipeline(const std::string& file, const std::vector<Override>& overrides);

  // Starts, waits for the end, checks the books. Returns the time from start of work to the end, in ns.
  std::uint64_t run();
  void start();
  void finish();

  Engine& engine() { return *engine_; }
  [[nodiscard]] const Graph& graph() const { return *graph_; }
  // The cells of a plugin's own counter without label.
  [[nodiscard]] const Cell* cells(const std::string& stage, const std::string& counter) const;

 private:
  std::unique_ptr<Graph> graph_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tickweir::bench
