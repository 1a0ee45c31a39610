// A pipeline file and what it includes, as one tree.
//
// Maps are merged key by key; where two files give the same scalar or list, the including file wins, and of
// two included ones the later. A stage or thread is defined in one file only. A file that is included
// twice is read once.
// Threading: reads files.
#pragma once

#include <optional>
#include <string>

#include "runtime/config/diagnostics.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {

struct LoadedTree {
  Tree tree;
  bool complete = true;  // false: an included file is missing, so names may be unknown for no other reason
};

// Nothing is returned if the file itself cannot be read as a map.
[[nodiscard]] std::optional<LoadedTree> load_tree(const std::string& file, Diagnostics& diagnostics);
// The same with the text of the first file given.
[[nodiscard]] std::optional<LoadedTree> load_tree_text(const std::string& file, const std::string& text,
                                                       Diagnostics& diagnostics);

}  // namespace tickweir
