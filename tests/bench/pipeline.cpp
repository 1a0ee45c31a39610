#include "pipeline.h"

#include <cstdio>
#include <fstream>
#include <iostream>

#include "bench.h"
#include "tickweir/testing_folder.h"

namespace tickweir::bench {

namespace {

// Plugins stay loaded for the life of the process: one registry for all benchmarks.
Registry& registry() {
  static Registry all = [] {
    auto scanned = Registry::scan({TICKWEIR_PLUGIN_DIR, TICKWEIR_BENCH_PLUGIN_DIR});
    check(static_cast<bool>(scanned), "the plugin folders can be read");
    return std::move(*scanned);
  }();
  return all;
}

std::string write_file(const testing::TempFolder& folder, const std::string& yaml) {
  std::string file = folder.at("bench.yaml");
  std::ofstream(file) << "apiVersion: tickweir/v1\nname: bench\n" << yaml;
  return file;
}

}  // namespace

Pipeline::Pipeline(const std::string& yaml) : Pipeline(write_file(testing::TempFolder(), yaml), {}) {}

Pipeline::Pipeline(const std::string& file, const std::vector<Override>& overrides) {
  Diagnostics diagnostics;
  graph_ = build_graph(load_pipeline(file, overrides, diagnostics), registry(), this_machine(), diagnostics);
  if (graph_ == nullptr) diagnostics.print(std::cerr);
  check(graph_ != nullptr, "the benchmark's pipeline is valid");
  auto engine = Engine::create(*graph_, {});
  check(static_cast<bool>(engine), "the engine can be made");
  engine_ = std::move(engine.value());
}

void Pipeline::start() {
  auto started = engine_->start();
  check(static_cast<bool>(started), "the pipeline starts");
}

void Pipeline::finish() {
  auto outcome = engine_->wait();
  if (!outcome) std::cerr << outcome.error().message << "\n";
  check(static_cast<bool>(outcome), "the pipeline ends well");
  const RunReport report = engine_->report();
  if (!report.balanced) std::cerr << report.imbalance << "\n";
  check(report.balanced, "the books balance");
}

std::uint64_t Pipeline::run() {
  start();
  const std::uint64_t begin = now_ns();
  finish();
  return now_ns() - begin;
}

const Cell* Pipeline::cells(const std::string& stage, const std::string& counter) const {
  for (std::size_t i = 0; i < graph_->stages.size(); ++i) {
    if (graph_->stages[i].id != stage) continue;
    const tickweir_plugin& table = *graph_->stages[i].plugin->table;
    for (const PluginSeries& series : engine_->telemetry().stages[i]->series) {
      if (table.counters[series.counter].name == counter) return series.cells.get();
    }
  }
  check(false, "stage " + stage + " has counter " + counter);
  return nullptr;
}

}  // namespace tickweir::bench
