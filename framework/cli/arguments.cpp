// The command line over CLI11, with suggestions for what is misspelt.
#include "cli/arguments.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "runtime/config/diagnostics.h"
#include "tickweir/plugin.h"

namespace tickweir {
namespace {

struct RawArguments {
  Arguments parsed;
  std::vector<std::string> sets;
  std::string log_format = "text";
  std::string log_level = "info";
};

// What becomes an unsigned number must not wrap around: CLI11 takes -1, and 0x10.
std::string wrong_number(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == end;
  return is_whole ? "" : "expected a whole number, 0 or more, found \"" + text + "\"";
}

template <typename T>
void add_number(CLI::App& app, const char* name, T& target, const char* help) {
  app.add_option(name, target, help)->type_name("N")->check(wrong_number);
}

const std::vector<std::string> log_levels{"debug", "info", "warning", "error"};

void add_common(CLI::App& app, RawArguments& raw) {
  app.add_option("--plugin-path", raw.parsed.common.plugin_path, "Folder with plugins; may be repeated")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--set", raw.sets, "Replaces one value of the pipeline; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  app.add_option("--log-format", raw.log_format, "text or json")->type_name("FORMAT");
  app.add_option("--log-level", raw.log_level, "debug, info, warning or error")->type_name("LEVEL");
}

CLI::App& add_subcommand(CLI::App& app, RawArguments& raw, const char* name, const char* summary,
                         bool has_json) {
  CLI::App& subcommand = *app.add_subcommand(name, summary);
  subcommand.footer("Also: --plugin-path, --set, --log-format, --log-level; see tickweir --help.");
  if (has_json) subcommand.add_flag("--json", raw.parsed.common.json, "Prints JSON");
  return subcommand;
}

void add_torture(CLI::App& wal, RawArguments& raw) {
  CLI::App& torture = add_subcommand(wal, raw, "torture", "Tries a back end and prints a score sheet", true);
  torture.add_option("PLUGIN", raw.parsed.target, "A back end's file, or its name");
  torture.add_option("--folder", raw.parsed.folder, "Where to make its logs; a temporary one if not given")
      ->type_name("DIR");
  torture.footer("--set OPTION=VALUE gives the back end an option. TICKWEIR_SEED=N repeats a run.");
}

void add_wal_actions(CLI::App& wal, RawArguments& raw) {
  WalArguments& given = raw.parsed.wal;
  wal.footer(
      "A LOG is PLUGIN:PATH, such as wal_segment:./data/orders, or PIPELINE.yaml:STAGE.\n"
      "ls and verify take PIPELINE.yaml for all its logs. Only repair and copy --to write.");
  add_subcommand(wal, raw, "ls", "Shows what logs hold", true).add_option("LOG", given.logs, "Logs");
  add_subcommand(wal, raw, "verify", "Reads every event of logs and checks it", true)
      .add_option("LOG", given.logs, "Logs");
  CLI::App& cat = add_subcommand(wal, raw, "cat", "Prints events, by the layouts that lie in the log", true);
  cat.add_option("LOG", raw.parsed.target, "The log");
  add_number(cat, "--from", given.first, "Sequence of the first event");
  add_number(cat, "--to", given.last, "Sequence of the last event");
  add_number(cat, "--limit", given.limit, "No more events than that");
  cat.add_option("--format", raw.parsed.format, "text, or json: one object a line")->type_name("FORMAT");
  add_subcommand(wal, raw, "repair", "Cuts a torn end as run does, keeps a copy, and says so", true)
      .add_option("LOG", raw.parsed.target, "The log");
  CLI::App& copy = add_subcommand(wal, raw, "copy", "Copies a log, to any back end, and compares", true);
  copy.add_option("LOG", raw.parsed.target, "The log to copy");
  copy.add_option("--to", given.to, "The new log")->type_name("LOG");
  copy.add_flag("--keep-readable", given.keep_readable, "Ends at the first event that cannot be read");
  add_torture(wal, raw);
}

void add_replay(CLI::App& app, RawArguments& raw) {
  CLI::App& replay = add_subcommand(app, raw, "replay", "Runs logs again and compares what is made", true);
  replay.add_option("PIPELINE", raw.parsed.target, "Pipeline file");
  replay.add_flag("--verify", raw.parsed.wal.verify, "Fails unless there is a log to compare with");
  add_number(replay, "--until", raw.parsed.wal.last, "Sequence of the last event to replay");
  replay.add_option("--dump", raw.parsed.wal.shown_stage, "Prints what this stage then remembers")
      ->type_name("STAGE");
}

void add_readers(CLI::App& app, RawArguments& raw) {
  CLI::App& letters = add_subcommand(app, raw, "dead-letters",
                                     "Prints the events that stages failed at, from their file", true);
  letters.add_option("FILE", raw.parsed.target, "The file of a pipeline's dead_letter.path");
  add_number(letters, "--limit", raw.parsed.wal.limit, "No more events than that");
  letters.add_option("--format", raw.parsed.format, "text, or json: one object a line")->type_name("FORMAT");
  add_subcommand(app, raw, "snapshots", "Shows the snapshots in a folder, and whether they are whole", true)
      .add_option("FOLDER", raw.parsed.target, "The folder of a pipeline's snapshots.path");
}

void add_load(CLI::App& app, RawArguments& raw) {
  CLI::App& load =
      add_subcommand(app, raw, "load", "Sends orders to a source_tcp and times their answers", true);
  LoadArguments& given = raw.parsed.load;
  load.add_option("--to", given.to, "Where it listens; 127.0.0.1:7001 if not given")->type_name("HOST:PORT");
  add_number(load, "--client", given.client, "Client id of the first connection; the others count on");
  load.add_option("--token-file", given.token_file, "File with lines `id token`")->type_name("FILE");
  add_number(load, "--connections", given.connections, "Connections, each a client of its own");
  load.add_option("--rate", given.rate, "Events a second in all; full speed if not given")->type_name("N");
  add_number(load, "--events", given.events, "Events in all; 1000000 if neither is given");
  load.add_option("--seconds", given.seconds, "How long, instead of --events")->type_name("N");
  add_number(load, "--reconnects", given.reconnects, "Lost connections of each client");
  load.add_option("--duplicates", given.duplicates, "Share of events sent again, answered or not")
      ->type_name("SHARE");
  add_number(load, "--window", given.window, "Unanswered events of a connection; 16384");
  load.add_option("--patience", given.patience, "Seconds to wait for a source that is away or silent; 10")
      ->type_name("N");
  load.add_option("--ca", given.ca, "PEM file of who vouches for the source; turns TLS on")
      ->type_name("FILE");
  load.add_option("--certificate", given.certificate, "PEM file of the client's own")->type_name("FILE");
  load.add_option("--key", given.key, "PEM file of its key")->type_name("FILE");
}

void add_subcommands(CLI::App& app, RawArguments& raw) {
  Arguments& parsed = raw.parsed;
  add_subcommand(app, raw, "run", "Runs a pipeline until its sources end, or a signal", true)
      .add_option("PIPELINE", parsed.target, "Pipeline file");
  add_subcommand(app, raw, "validate", "Checks a pipeline as run does, and starts nothing", true)
      .add_option("PIPELINE", parsed.target, "Pipeline file");
  CLI::App& graph = add_subcommand(app, raw, "graph", "Shows a pipeline as a graph", true);
  graph.add_option("PIPELINE", parsed.target, "Pipeline file");
  graph.add_option("--format", parsed.format, "text, dot, mermaid or json")->type_name("FORMAT");
  add_subcommand(app, raw, "list", "Lists the plugins on the plugin path", true);
  add_subcommand(app, raw, "inspect", "Shows everything a plugin says about itself", true)
      .add_option("PLUGIN", parsed.target, "Name of a plugin, or its file");
  add_subcommand(app, raw, "schema", "Prints the JSON Schema of pipeline files, for editors", true);
  CLI::App& fresh = add_subcommand(app, raw, "new-plugin", "Writes the project of a new plugin", false);
  fresh.add_option("NAME", parsed.target, "Name of the plugin, such as filter_mine");
  fresh.add_option("--role", parsed.role, "source, filter, transform or sink")->type_name("ROLE");
  fresh.add_option("--folder", parsed.folder, "Where to write it; the name if not given")->type_name("DIR");
  add_wal_actions(add_subcommand(app, raw, "wal", "Works on logs and their back ends", false), raw);
  add_replay(app, raw);
  add_readers(app, raw);
  add_load(app, raw);
  add_subcommand(app, raw, "version", "Prints version, plugin ABI and compiler", true);
}

int wrong(const std::string& text, const std::string& help) {
  print_error(text);
  if (!help.empty()) std::fprintf(stderr, "  = %s\n", help.c_str());
  std::fputs("  = tickweir --help lists subcommands and flags\n", stderr);
  return exit_usage;
}

// All words that `app` and its parent know: subcommands, or flags.
std::vector<std::string> known_flags(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  return known;
}

std::vector<std::string> known_subcommands(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(subcommand->get_name());
  }
  return known;
}

// The first word that fits nowhere decides what is said.
int wrong_word(const CLI::App& app, const CLI::App* subcommand, const std::string& word) {
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    return wrong("unknown flag \"" + name + "\"",
                 suggest(name, known_flags(subcommand != nullptr ? *subcommand : app)));
  }
  if (subcommand == nullptr) {
    return wrong("unknown subcommand \"" + word + "\"", suggest(word, known_subcommands(app)));
  }
  const std::vector<std::string> actions = known_subcommands(*subcommand);
  if (!actions.empty() && subcommand->get_subcommands().empty()) {
    return wrong("unknown subcommand \"" + subcommand->get_name() + " " + word + "\"",
                 suggest(word, actions));
  }
  return wrong(subcommand->get_name() + " has no use for \"" + word + "\"", "");
}

// Turns texts into what they mean. Returns what is wrong, or "".
std::string finish(RawArguments& raw) {
  CommonArguments& common = raw.parsed.common;
  for (const std::string& set : raw.sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos || equals == 0) return "--set takes path=value, not \"" + set + "\"";
    common.overrides.push_back({.path = set.substr(0, equals), .value = set.substr(equals + 1)});
  }
  if (raw.log_format != "text" && raw.log_format != "json") {
    return "--log-format is text or json, not \"" + raw.log_format + "\"";
  }
  common.log_format = raw.log_format == "json" ? LogFormat::json : LogFormat::text;
  for (std::size_t i = 0; i < log_levels.size(); ++i) {
    if (log_levels[i] == raw.log_level) common.log_level = static_cast<std::uint32_t>(i) + TICKWEIR_LOG_DEBUG;
  }
  if (log_levels[common.log_level - TICKWEIR_LOG_DEBUG] != raw.log_level) {
    return "--log-level is debug, info, warning or error, not \"" + raw.log_level + "\"";
  }
  return {};
}

std::string wrong_format(const Arguments& arguments) {
  if (arguments.format == "text" || arguments.format == "json") return {};
  return "--format is text or json, not \"" + arguments.format + "\"";
}

std::string missing_of_wal(const Arguments& arguments) {
  const WalArguments& given = arguments.wal;
  const std::string& action = arguments.action;
  if ((action == "ls" || action == "verify") && given.logs.empty()) return "wal " + action + " needs a log";
  if (action == "copy" && given.to.empty()) return "wal copy needs --to";
  if (action != "cat") return {};
  if (std::string problem = wrong_format(arguments); !problem.empty()) return problem;
  if (given.first == 0U || given.last == 0U) return "sequences begin with 1";
  if (given.first && given.last && *given.first > *given.last) return "--from is above --to";
  return {};
}

std::string missing(const Arguments& arguments) {
  static const std::map<std::string, std::string> targets{{"run", "a pipeline file"},
                                                          {"validate", "a pipeline file"},
                                                          {"graph", "a pipeline file"},
                                                          {"replay", "a pipeline file"},
                                                          {"inspect", "the name of a plugin, or its file"},
                                                          {"new-plugin", "a name"},
                                                          {"dead-letters", "a file"},
                                                          {"snapshots", "a folder"},
                                                          {"wal cat", "a log"},
                                                          {"wal repair", "a log"},
                                                          {"wal copy", "a log"},
                                                          {"wal torture", "a back end's file, or its name"}};
  const std::string command =
      arguments.action.empty() ? arguments.subcommand : arguments.subcommand + " " + arguments.action;
  if (command == "wal") return "wal needs a subcommand, such as ls";
  const auto needed = targets.find(command);
  if (needed != targets.end() && arguments.target.empty()) return command + " needs " + needed->second;
  if (arguments.subcommand == "new-plugin" && arguments.role.empty()) return "new-plugin needs --role";
  if (arguments.subcommand == "wal") return missing_of_wal(arguments);
  if (arguments.subcommand == "dead-letters") return wrong_format(arguments);
  if (arguments.subcommand == "replay" && arguments.wal.last == 0U) return "sequences begin with 1";
  if (arguments.subcommand == "graph") {
    for (const char* format : {"text", "dot", "mermaid", "json"}) {
      if (arguments.format == format) return {};
    }
    return "--format is text, dot, mermaid or json, not \"" + arguments.format + "\"";
  }
  return {};
}

}  // namespace

ParsedArguments parse_arguments(int count, const char* const* words) {
  CLI::App app("Runs streaming pipelines of plugins.", "tickweir");
  RawArguments raw;
  // Unknown words are collected, not refused: what is said about them is ours.
  app.allow_extras();
  app.fallthrough();
  app.footer(
      "Exit codes: 0 done, 1 ran and failed, 2 wrong usage, 78 configuration or plugin refused,\n"
      "130 a second signal ended a drain.");
  app.set_version_flag("--version", "tickweir " TICKWEIR_SDK_VERSION);
  add_common(app, raw);
  add_subcommands(app, raw);
  const auto chosen = [&app]() -> CLI::App* {
    const auto subcommands = app.get_subcommands();
    return subcommands.empty() ? nullptr : subcommands.front();
  };
  try {
    app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return {.arguments = {}, .exit_code = exit_done};
  } catch (const CLI::CallForVersion& version) {
    std::printf("%s\n", version.what());
    return {.arguments = {}, .exit_code = exit_done};
  } catch (const CLI::ParseError& error) {
    return {.arguments = {}, .exit_code = wrong(error.what(), "")};
  }
  const auto extras = app.remaining(true);
  if (!extras.empty()) return {.arguments = {}, .exit_code = wrong_word(app, chosen(), extras.front())};
  if (chosen() == nullptr) return {.arguments = {}, .exit_code = wrong("a subcommand is needed", "")};
  raw.parsed.subcommand = chosen()->get_name();
  const auto actions = chosen()->get_subcommands();
  if (!actions.empty()) raw.parsed.action = actions.front()->get_name();
  std::string problem = finish(raw);
  if (problem.empty()) problem = missing(raw.parsed);
  if (!problem.empty()) return {.arguments = {}, .exit_code = wrong(problem, "")};
  return {.arguments = std::move(raw.parsed), .exit_code = exit_done};
}

}  // namespace tickweir
