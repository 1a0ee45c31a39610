// tickweir validate: loads and builds as run does, and shows the layout that run would use.
#include <iostream>

#include "cli/load.h"
#include "runtime/admin/pages.h"
#include "runtime/graph/show.h"

namespace tickweir {

int validate_command(const Arguments& arguments) {
  const LoadedPipeline loaded = load_and_build(arguments);
  if (arguments.common.json) {
    auto verdict = verdict_as_json(arguments, loaded);
    if (loaded.graph != nullptr) verdict["graph"] = graph_as_json(*loaded.graph);
    std::cout << json_text(verdict);
  } else {
    print_verdict(arguments, loaded);
    if (loaded.graph != nullptr) std::cout << arguments.target << ": ok\n" << layout_as_text(*loaded.graph);
  }
  return loaded.graph != nullptr ? exit_done : exit_refused;
}

}  // namespace tickweir
