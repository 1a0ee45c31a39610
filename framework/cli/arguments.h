// The command line, parsed. The only user of CLI11, whose own texts and exit codes do not get through.
#pragma once

#include <optional>

#include "cli/command.h"

namespace tickweir {

// Nothing: the process is done (help was printed, or the command line is wrong), with this exit code.
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int exit_code = exit_done;
};

[[nodiscard]] ParsedArguments parse_arguments(int count, const char* const* words);

}  // namespace tickweir
