// The file that takes the events at which a stage with `on_error: dead_letter` failed.
//
// Whole events back to back, as sink_file's format `events` has them after its head; appended and synced, so
// that neither restart nor power cut loses one. A file of something else is refused, a torn end cut off.
//
// Threading: any thread; writes are serialized.
#pragma once

#include <mutex>
#include <string>

#include "runtime/config/pipeline_config.h"
#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

class DeadLetters {
 public:
  explicit DeadLetters(const PipelineConfig& config) : path_(config.dead_letter_path) {}
  ~DeadLetters();
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  // Opens the file if the pipeline names one.
  Result<void> open();
  // Appends the live events of a batch.
  Result<void> write(const tickweir_batch& batch);

 private:
  std::string path_;
  std::mutex mutex_;
  int file_ = -1;
};

}  // namespace tickweir
