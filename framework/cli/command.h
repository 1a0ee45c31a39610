// The subcommands: what each is given and what it returns. One file each implements them.
//
// Threading: main thread.
// Errors:    written to stderr as "tickweir: error: ..." or as diagnostics with their place; the return
//            value is the process's exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/load_arguments.h"
#include "cli/wal_arguments.h"
#include "runtime/config/pipeline_config.h"
#include "runtime/log/log.h"

namespace tickweir {

enum ExitCode : int {
  exit_done = 0,
  exit_failed = 1,    // ran, and failed
  exit_usage = 2,     // wrong command line
  exit_refused = 78,  // configuration or plugin refused: starting again will not help
  exit_forced = 130   // a second signal ended a drain
};

// What every subcommand may be given.
struct CommonArguments {
  std::vector<std::string> plugin_path;
  std::vector<Override> overrides;
  LogFormat log_format = LogFormat::text;
  std::uint32_t log_level = 2;  // tickweir_log_level
  bool json = false;
};

struct Arguments {
  CommonArguments common;
  std::string subcommand;
  std::string action;           // what follows "wal"
  std::string target;           // pipeline file, name of a plugin, log, or what is to be read
  std::string format = "text";  // graph, wal cat, dead-letters
  std::string role;             // new-plugin
  std::string folder;           // new-plugin, wal torture
  LoadArguments load;
  WalArguments wal;             // and replay, dead-letters
};

int run_command(const Arguments& arguments);
int validate_command(const Arguments& arguments);
int graph_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int inspect_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);
int new_plugin_command(const Arguments& arguments);
int version_command(const Arguments& arguments);
int load_command(const Arguments& arguments);
int wal_command(const Arguments& arguments);
int replay_command(const Arguments& arguments);
int dead_letters_command(const Arguments& arguments);
int snapshots_command(const Arguments& arguments);

// "tickweir: error: ..." on stderr.
void print_error(const std::string& text);

}  // namespace tickweir
