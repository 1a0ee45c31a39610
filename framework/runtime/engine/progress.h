// Tells now and then how far the reading of a log has come, while it goes on.
//
// Threading: one thread.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/engine/run_control.h"

namespace tickweir {

class Progress {
 public:
  // "replayed 300 of 1000 events (30 %), 150 events/s, about 5 s left": `done` is the first word, `all` the
  // third.
  Progress(const RunControl& control, const std::string& stage, std::string done, std::uint64_t all);

  // So many more. Says so if RunMode::progress_every_ns have passed since it last did.
  void advance(std::uint64_t events);
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t elapsed_ns() const;

 private:
  void tell();

  const RunControl& control_;
  const std::string& stage_;
  const std::string done_;
  const std::uint64_t all_;
  std::uint64_t events_ = 0;
  const std::uint64_t start_;  // ticks
  std::uint64_t told_at_;      // likewise
};

}  // namespace tickweir
