// tickweir graph: a pipeline as text, dot, mermaid or JSON.
#include <iostream>

#include "cli/load.h"
#include "runtime/admin/pages.h"
#include "runtime/graph/show.h"

namespace tickweir {

int graph_command(const Arguments& arguments) {
  const LoadedPipeline loaded = load_and_build(arguments);
  print_verdict(arguments, loaded);
  if (loaded.graph == nullptr) return exit_refused;
  const Graph& graph = *loaded.graph;
  if (arguments.common.json || arguments.format == "json") {
    std::cout << json_text(graph_as_json(graph));
  } else if (arguments.format == "dot") {
    std::cout << graph_as_dot(graph);
  } else if (arguments.format == "mermaid") {
    std::cout << graph_as_mermaid(graph);
  } else {
    std::cout << graph_as_text(graph);
  }
  return exit_done;
}

}  // namespace tickweir
