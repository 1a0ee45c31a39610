// The /metrics page of a pipeline: every cell of the telemetry under its Prometheus name.
//
// Threading: one thread at a time. Reads cells relaxed; takes no lock that a running stage takes.
// Memory:    builds the page afresh on each call; holds nothing between calls.
// Cost:      some microseconds for each stage.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/metrics/pipeline_view.h"

namespace tickweir {

// Series shown of one counter of one stage; a plugin that makes more has a label without bounds.
constexpr std::uint32_t series_shown_max = 1000;

// Text format 0.0.4; `promtool check metrics` finds nothing in it.
[[nodiscard]] std::string metrics_page(const PipelineView& view);
constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace tickweir
