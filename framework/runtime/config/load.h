// The inside of load_pipeline(), for tests and fuzzing.
#pragma once

#include <string>
#include <vector>

#include "runtime/config/fields.h"
#include "runtime/config/pipeline_config.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {

// load_pipeline() with the text of the file given; `file` is its name, and where its includes are.
[[nodiscard]] PipelineConfig load_pipeline_text(const std::string& file, const std::string& text,
                                                const std::vector<Override>& overrides,
                                                Diagnostics& diagnostics);

// Parts of it: the maps `threads` and `stages`, read into `config`. Stages name threads, so they come second.
// False: there may be more threads than could be read, so that an unknown one is nobody's mistake.
[[nodiscard]] bool read_threads(const Tree& threads, Fields& fields, PipelineConfig& config);
void read_stages(const Tree& stages, bool threads_known, Fields& fields, PipelineConfig& config);

}  // namespace tickweir
