// The final report of a run: what each stage and edge did, how fast it was, and whether the books balance.
//
// Threading: main thread, after the run or while it still goes on.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/totals.h"
#include "runtime/engine/engine.h"

namespace tickweir {

struct RunSummary {
  std::string pipeline;
  std::string outcome;  // "done", "stopped by SIGTERM", "failed", "abandoned"
  std::string cause;    // of a failure, or ""
  double seconds = 0;   // from the start of the stages to the end of the drain
  RunReport report;
  Totals totals;
};

[[nodiscard]] std::string report_as_text(const RunSummary& summary);
[[nodiscard]] nlohmann::ordered_json report_as_json(const RunSummary& summary);

// "3 events in edge feed->band, 2 events held by stage book, 7 events not durable in log orders"; "nothing"
// when all is done.
[[nodiscard]] std::string in_flight_text(const RunReport& report);

}  // namespace tickweir
