// The files that a log is given: the system's, with writes through an io_uring of the log's own where that is
// allowed.
//
// A write past the page cache blocks until the disk has it. Through a ring that takes as long as pwritev and
// costs the processor less; a sync through one takes longer than fdatasync (a worker of the kernel's does
// it), so syncs stay calls. Whether a ring is allowed is asked at the start: containers often
// forbid it.
//
// Threading: as tickweir_files: any thread. One write at a time goes through the ring, others by pwritev.
// Errors:    make() says why there is no ring when `io: io_uring` asks for one. What was chosen is in
// raw().how.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/config/pipeline_config.h"
#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

class LogFiles {
 public:
  static Result<std::unique_ptr<LogFiles>> make(FileIo wanted);
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  [[nodiscard]] const tickweir_files& raw() const { return files_; }

 private:
  struct Ring;
  LogFiles();
  static std::int64_t write(void* state, std::int32_t file, const tickweir_span* spans,
                            std::uint32_t span_count, std::uint64_t offset);

  tickweir_files files_;
  std::unique_ptr<Ring> ring_;
  std::string how_;
};

}  // namespace tickweir
