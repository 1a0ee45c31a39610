// A pipeline given as a text, for tests.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "runtime/config/load.h"

namespace tickweir {

struct Outcome {
  std::optional<PipelineConfig> config;  // when there is no error
  std::string printed;
};

inline Outcome load_text(const std::string& text, const std::vector<Override>& overrides = {}) {
  Diagnostics diagnostics;
  Outcome outcome;
  PipelineConfig config = load_pipeline_text("test.yaml", text, overrides, diagnostics);
  if (diagnostics.error_count() == 0) outcome.config = std::move(config);
  std::ostringstream out;
  diagnostics.print(out);
  outcome.printed = out.str();
  return outcome;
}

// The smallest pipeline; append top-level keys, or options indented by six.
inline const std::string smallest =
    "apiVersion: tickweir/v1\n"
    "name: small\n"
    "stages:\n"
    "  orders:\n"
    "    plugin: source_generator\n";

}  // namespace tickweir
