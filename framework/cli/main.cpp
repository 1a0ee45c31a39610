// The tickweir program: picks the subcommand.
#include <clocale>
#include <cstdio>
#include <exception>
#include <map>
#include <new>

#include "cli/arguments.h"

int main(int count, char** words) {
  using namespace tickweir;
  std::setlocale(LC_CTYPE, "C.UTF-8");  // for the widths of table cells
  try {
    static const std::map<std::string, int (*)(const Arguments&)> commands{
        {"run", run_command},
        {"validate", validate_command},
        {"graph", graph_command},
        {"list", list_command},
        {"inspect", inspect_command},
        {"schema", schema_command},
        {"new-plugin", new_plugin_command},
        {"load", load_command},
        {"version", version_command},
        {"wal", wal_command},
        {"replay", replay_command},
        {"dead-letters", dead_letters_command},
        {"snapshots", snapshots_command}};
    const ParsedArguments parsed = parse_arguments(count, words);
    if (!parsed.arguments) return parsed.exit_code;
    const int code = commands.at(parsed.arguments->subcommand)(*parsed.arguments);
    const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    if (!is_written && code == exit_done) {
      print_error("cannot write to stdout");
      return exit_failed;
    }
    return code;
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
    return exit_failed;
  } catch (const std::exception& failure) {
    print_error(failure.what());
    return exit_failed;
  }
}
