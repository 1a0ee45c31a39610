// What the command line of `tickweir wal` and `tickweir replay` says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickweir {

struct WalArguments {
  std::vector<std::string> logs;       // PLUGIN:PATH, PIPELINE.yaml:STAGE or PIPELINE.yaml
  std::string to;                      // copy: a log
  bool keep_readable = false;          // copy
  std::optional<std::uint64_t> first;  // cat: sequences
  std::optional<std::uint64_t> last;   // cat, replay
  std::optional<std::uint64_t> limit;  // cat, dead-letters: events
  bool verify = false;                 // replay
  std::string shown_stage;             // replay
};

}  // namespace tickweir
