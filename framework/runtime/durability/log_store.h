// A log's back end, as the runtime calls it: the wal table of a plugin with errors as Results.
//
// Checks what a back end says: numbers that cannot be, events that are not whole, a hole in the sequences.
// Threading: one call after the other, from any thread; append() while sync() runs on another one if
//            appends_during_sync(). Ownership: borrows the stage.
// Errors:    the back end's text, led by what was being done. After a failed append or sync nothing more is
//            asked of it: both say so.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/result.h"
#include "tickweir/plugin.h"

namespace tickweir {

// tickweir_log_state with its texts copied.
struct LogFacts {
  std::uint64_t first_sequence = 0;  // 0: holds no event
  std::uint64_t last_sequence = 0;
  std::uint64_t bytes = 0;
  std::string id;  // 32 hexadecimal digits
  std::string schema;
  std::string note;
};

// Where what it holds, or will, begins.
[[nodiscard]] inline std::uint64_t first_held(const LogFacts& facts) {
  return facts.first_sequence == 0 ? facts.last_sequence + 1 : facts.first_sequence;
}

class LogStore {
 public:
  // `stage`: made by table.create.
  LogStore(const tickweir_plugin& table, void* stage) : wal_(*table.wal), stage_(stage) {}

  // `schema`, `id`: see tickweir_log_request; "": a random one, otherwise as in LogFacts.
  Result<LogFacts> open(const std::string& schema, bool is_read_only, const std::string& id = "");
  enum class Stored { yes, disk_full };
  Result<Stored> append(std::span<const tickweir_span> spans, std::uint64_t first_sequence,
                        std::uint32_t event_count);
  Result<void> sync();
  [[nodiscard]] bool appends_during_sync() const { return wal_.appends_during_sync != 0; }
  // Fills an empty batch with events from `sequence` on. False: there are none.
  Result<bool> read(std::uint64_t sequence, tickweir_batch& room);
  // Events before `sequence` are not needed any more. A failure is not final.
  Result<void> truncate_before(std::uint64_t sequence);
  Result<LogFacts> describe();

 private:
  Result<void> check_read(std::uint64_t sequence, const tickweir_batch& batch) const;

  const tickweir_wal& wal_;
  void* stage_;
  std::atomic<bool> has_failed_ = false;
};

}  // namespace tickweir
