// From files to graphs, with the plugins in plugins/ and a machine that is always the same.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir::files {

namespace fs = std::filesystem;

inline std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Compares with the file, or writes it when TICKWEIR_WRITE_EXPECTED is set.
inline void expect_as_in(const fs::path& file, const std::string& found) {
  if (std::getenv("TICKWEIR_WRITE_EXPECTED") != nullptr) std::ofstream(file, std::ios::binary) << found;
  EXPECT_EQ(found, read(file)) << file;
}

// All *.yaml of a folder, sorted, as bare names.
inline std::vector<std::string> pipelines_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Three CPUs, of which the third is forbidden and the first takes the interrupts; no priorities.
inline Machine machine() {
  return {
      .cpus_present = {0, 1, 2}, .cpus_allowed = {0, 1}, .interrupt_cpus = {0}, .realtime_allowed = false};
}

struct Outcome {
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Graph> graph;
  std::string said;  // all diagnostics; the plugins' folder reads PLUGINS
};

// What load_pipeline() and build_graph() make of a file in `folder`, named as if one stood there.
inline Outcome build(const fs::path& folder, const std::string& name) {
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  Diagnostics diagnostics;
  auto scanned = Registry::scan({GRAPH_PLUGIN_DIR});
  Outcome outcome;
  outcome.registry = std::make_unique<Registry>(std::move(scanned.value()));
  PipelineConfig config = load_pipeline(name, {}, diagnostics);
  outcome.graph = build_graph(std::move(config), *outcome.registry, machine(), diagnostics);
  fs::current_path(before);
  std::ostringstream out;
  diagnostics.print(out);
  outcome.said = out.str();
  const std::string plugins = GRAPH_PLUGIN_DIR;
  for (std::size_t at = 0; (at = outcome.said.find(plugins, at)) != std::string::npos;) {
    outcome.said.replace(at, plugins.size(), "PLUGINS");
  }
  return outcome;
}

inline fs::path test_dir() {
  return GRAPH_TEST_DIR;
}

}  // namespace tickweir::files
