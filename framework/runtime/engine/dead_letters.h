// The file that takes the events at which a stage with `on_error: dead_letter` failed.
//
// Whole events back to back, as sink_file's format `events` has them after its head; appended and synced, so
// that neither restart nor power cut loses one. A file of something else is refused, a torn end cut off.
//
// Threading: DeadLetters: any thread; writes are serialized. DeadLetterFile: one thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/config/pipeline_config.h"
#include "runtime/result.h"
#include "tickweir/event.h"
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

// Reads such a file, event by event. A run may be writing to it meanwhile: what comes later is not read.
class DeadLetterFile {
 public:
  DeadLetterFile() = default;
  ~DeadLetterFile();
  DeadLetterFile(const DeadLetterFile&) = delete;
  DeadLetterFile& operator=(const DeadLetterFile&) = delete;

  Result<void> open(const std::string& path);
  // The next whole event, good until the next call; nullptr: there is no more. An error names the byte.
  Result<const Event*> next();
  // Where the events read so far end, and how many bytes of the file are behind them.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t bytes_left() const { return bytes_ - offset_; }

 private:
  int file_ = -1;
  std::uint64_t bytes_ = 0;  // as it was when it was opened
  std::uint64_t offset_ = 0;
  std::vector<std::uint64_t> event_;
};

}  // namespace tickweir
