// tickweir wal repair: opens a log the way `run` does, which cuts a torn end and keeps a copy of it, and says
// what was done. It never does more than that.
#include <iostream>

#include "cli/wal.h"
#include "cli/wal_log.h"
#include "runtime/admin/pages.h"

namespace tickweir {
namespace {

constexpr const char* help_refused =
    "nothing was changed; put a copy of the log in its place, or give the stage an empty path; `tickweir wal "
    "copy LOG --to NEW --keep-readable` saves what can be read";

// Whether it opens, and has the last event that it says it has: damage is told by the read that gets there.
Result<void> look_at(NamedLog& log) {
  auto facts = log.open(true);
  if (!facts) return facts.error();
  if (facts->first_sequence == 0) return {};
  return log.read(facts->last_sequence, facts->last_sequence,
                  [](const tickweir_batch&) -> Result<bool> { return true; });
}

}  // namespace

int wal_repair_command(const Arguments& arguments) {
  int code = exit_done;
  const auto log = find_log(arguments, arguments.target, code);
  if (log == nullptr) return code;
  // Read-only first: what is not there, or is damaged, is not touched at all.
  if (auto looked = look_at(*log); !looked) {
    print_log_error(*log, looked.error().message, help_refused);
    return exit_failed;
  }
  if (auto closed = log->close(); !closed) {
    print_log_error(*log, closed.error().message);
    return exit_failed;
  }
  auto opened = log->open(false);
  if (!opened) {
    print_log_error(*log, opened.error().message);
    return exit_failed;
  }
  if (auto closed = log->close(); !closed) {
    print_log_error(*log, closed.error().message);
    return exit_failed;
  }
  const std::string done = opened->note.empty() ? "nothing to repair" : opened->note;
  if (arguments.common.json) {
    std::cout << json_text({{"log", log->name()},
                            {"first", opened->first_sequence},
                            {"last", opened->last_sequence},
                            {"repaired", !opened->note.empty()},
                            {"note", opened->note}});
  } else {
    std::cout << log->name() << ": " << done << "; its last event is " << opened->last_sequence
              << ". `tickweir wal verify` reads them all.\n";
  }
  return exit_done;
}

}  // namespace tickweir
