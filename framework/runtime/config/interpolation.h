// ${...} in the values of a tree: the environment and the file's own `vars`.
//
//   ${env:NAME}  ${env:NAME:-default}  ${env:NAME:?what to say}  ${var:name}  $$ for a dollar
//
// Done after parsing and in scalars only, so that a value can never add a key. As in a shell, `:-` and `:?`
// take an empty variable for an unset one. A var may use the vars above it. Values with control characters
// are refused, and what is put in is bounded, for each value and in all.
// Threading: reads the environment; nobody may change it meanwhile.
#pragma once

#include "runtime/config/diagnostics.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {

// All of a pipeline's tree except top-level keys that start with "x-".
void interpolate(Tree& root, Diagnostics& diagnostics);
// Without vars: for `include`, which is read before they are known.
void interpolate_include(Tree& files, Diagnostics& diagnostics);

}  // namespace tickweir
