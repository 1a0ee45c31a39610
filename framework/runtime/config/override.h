// --set path=value on a tree: replaces one scalar, or adds it.
//
// The path is keys joined by dots; a number selects an item of a list. Stages, threads and list items have to
// exist; other keys are added, and judged later like those of the file. The place of what was set is
// the --set itself.
#pragma once

#include "runtime/config/diagnostics.h"
#include "runtime/config/pipeline_config.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {

void apply_override(Tree& root, const Override& override, Diagnostics& diagnostics);

}  // namespace tickweir
