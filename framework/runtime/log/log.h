// The log: lines on stderr, text or JSON, so many a second for each stage and level and no more.
//
//   2026-11-21T10:00:00.123Z warning feed: 3 gaps
//   {"time":"2026-11-21T10:00:00.123Z","level":"warning","stage":"feed","text":"3 gaps"}
//
// Threading: write() and counts() on any thread. A line costs a short lock and a write to stderr; a line
//            beyond the limit costs the lock alone. Not for every event, as the SDK says.
// Memory:    some bytes for each stage and level that ever logged.
// Errors:    a line that cannot be written is lost; it is counted all the same.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace tickweir {

enum class LogFormat { text, json };

struct LogSettings {
  LogFormat format = LogFormat::text;
  std::uint32_t level = 2;                // lines below it are dropped; tickweir_log_level
  std::uint32_t lines_per_second = 10;    // for each stage and level; the rest is counted and told of later
  std::ostream* out = nullptr;            // nullptr: stderr
  std::function<std::uint64_t()> now_ns;  // since the Unix epoch; empty: the machine's clock
};

class Log {
 public:
  explicit Log(LogSettings settings);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `level` is a tickweir_log_level; `stage` is empty for the runtime's own lines.
  void write(std::uint32_t level, const std::string& stage, const std::string& text);
  // Lines by level since the start: debug, info, warning, error. Suppressed and too low ones count.
  [[nodiscard]] std::array<std::uint64_t, 4> counts() const;
  // Says how many lines were suppressed since the last one that was shown. At the end of a run.
  void flush();
  // From now on each line first wipes what stands in the terminal's current line.
  void wipe_line_first(bool wipe);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickweir
