// The judge of back ends: drives the plugin of a log through everything its contract promises, from a round
// trip to kills at random instants and cuts of the power, and fills a score sheet.
//
// Each check runs in a process of its own, so that a back end that crashes or hangs costs only its mark.
//
// Threading: one thread, and the process should have no others: it forks.
// Memory:    of the sheet. Files: below `folder` only, one subfolder a check, which is left there.
// Errors:    a check that fails is a line of the sheet. Thrown: std::runtime_error when nothing can be
// judged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tickweir/testing_host.h"

namespace tickweir {

enum class Mark { passed, failed, skipped };
[[nodiscard]] const char* name_of(Mark mark);

struct Score {
  std::string name;         // snake_case
  std::string requirement;  // what the back end must do, one sentence
  Mark mark = Mark::skipped;
  std::string detail;  // counts when passed; what was found when failed; why when skipped
};

struct TortureSettings {
  std::filesystem::path plugin;  // its file
  std::filesystem::path folder;  // exists
  testing::OptionTexts options;  // for the plugin; `path` is added if it has such an option
  std::uint64_t seed = 1;
  std::uint32_t kills = 20;
  std::uint32_t power_cuts = 200;
  std::uint32_t seconds = 120;         // a check that takes longer has failed
  std::vector<std::string> only = {};  // names of checks; empty: all
};

[[nodiscard]] std::vector<Score> run_torture(const TortureSettings& settings);

}  // namespace tickweir
