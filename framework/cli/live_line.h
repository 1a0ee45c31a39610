// One line on the terminal that says, each second, what the pipeline does. Nothing off a terminal.
//
// Threading: main thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/totals.h"
#include "runtime/log/log.h"

namespace tickweir {

// "in 1200000  out 1199000  rate 400 k/s  p50 12.3 us  p99 80.0 us  dropped 17": rate and percentiles of the
// last second, the rest since the start.
[[nodiscard]] std::string live_text(const Totals& now, const Totals& before, double seconds);

class LiveLine {
 public:
  // Shows nothing unless stderr is a terminal. While it lives, the log wipes the line before its own.
  LiveLine(const Graph& graph, const Telemetry& telemetry, Log& log);
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Redraws when a second has passed since the last time.
  void refresh();

 private:
  const Graph& graph_;
  const Telemetry& telemetry_;
  Log& log_;
  bool is_shown_;
  std::chrono::steady_clock::time_point last_;
  std::unique_ptr<Totals> before_;
};

}  // namespace tickweir
