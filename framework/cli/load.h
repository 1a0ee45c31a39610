// From a pipeline file to a graph: the one way for every subcommand that reads a pipeline, so that
// `validate` and `run` cannot judge differently.
//
// Threading: main thread.
#pragma once

#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "runtime/graph/graph.h"
#include "runtime/plugins/registry.h"

namespace tickweir {

struct LoadedPipeline {
  std::optional<Registry> registry;  // owns the plugins that the graph points to
  Diagnostics diagnostics;
  std::unique_ptr<Graph> graph;  // empty: refused, and the diagnostics say why
};

// Shows all errors in one pass: what can be read of a broken file is checked against the plugins, too.
[[nodiscard]] LoadedPipeline load_and_build(const Arguments& arguments);

// Errors and warnings as text on stderr; with --json, the verdict on stdout in their stead.
void print_verdict(const Arguments& arguments, const LoadedPipeline& loaded);

// {file, valid, errors, warnings, diagnostics: [{file, line, column, end_column, severity, message, help}]}
[[nodiscard]] nlohmann::ordered_json verdict_as_json(const Arguments& arguments,
                                                     const LoadedPipeline& loaded);

}  // namespace tickweir
