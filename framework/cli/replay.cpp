// tickweir replay: runs what the logs of a pipeline hold through the stages after them, and compares what is
// made with what the logs further on hold. Opens every log read-only; sources and sinks take no part.
#include <algorithm>
#include <chrono>
#include <iostream>

#include <unistd.h>

#include "cli/load.h"
#include "cli/shown.h"
#include "runtime/admin/pages.h"
#include "runtime/config/diagnostics.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/shown_stage.h"
#include "tickweir/plugin.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t patience_ms = 2000;

struct Replayed {
  std::vector<LogReplay> logs;
  std::string shown;    // what the stage of --dump remembers
  std::string problem;  // the first difference, or what else failed; "" when there is none
  double seconds = 0;   // without the opening of the logs
};

std::uint64_t input_events(const Replayed& replayed) {
  std::uint64_t events = 0;
  for (const LogReplay& log : replayed.logs) events += log.is_input ? log.made_last : 0;
  return events;
}

// A log that holds what the replay does not make, though it went to the end.
std::string missing_of(const LogReplay& log) {
  if (log.is_input || log.made_last >= log.held_last) return {};
  return "stage " + log.id + ": " + more_than_made(log.held_last, log.made_last);
}

Replayed replay(Engine& engine) {
  Replayed replayed;
  if (auto started = engine.start(); !started) {
    replayed.problem = started.error().message;
    if (!engine.wait_for(patience_ms)) {  // a stage sits in its start and still uses what would be freed
      print_error(replayed.problem);
      ::_exit(exit_failed);
    }
    return replayed;
  }
  const auto begin = Clock::now();
  if (auto done = engine.wait(); !done) replayed.problem = done.error().message;
  replayed.seconds = std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
  replayed.logs = engine.replays();
  replayed.shown = engine.shown();
  const bool is_to_end = std::ranges::none_of(replayed.logs, &LogReplay::ends_early);
  for (const LogReplay& log : replayed.logs) {
    if (replayed.problem.empty() && is_to_end) replayed.problem = missing_of(log);
  }
  return replayed;
}

std::string verdict_of(const LogReplay& log) {
  std::string text = "byte-identical, " + std::to_string(log.equal_events) + " events";
  if (log.made_last > log.held_last) {
    text += "; not stored yet, but by the next run: " + std::to_string(log.made_last - log.held_last);
  } else if (log.made_last < log.held_last) {
    text += " of " + std::to_string(log.held_last);
  }
  return text;
}

void print_text(const Replayed& replayed) {
  for (const LogReplay& log : replayed.logs) {
    if (!log.is_input) {
      std::cout << log.id << ": " << verdict_of(log) << "\n";
      continue;
    }
    std::cout << log.id << ": replayed " << log.made_last << " events in "
              << shown_duration(static_cast<std::uint64_t>(replayed.seconds * 1e9)) << ", "
              << shown_rate(static_cast<double>(input_events(replayed)) / replayed.seconds) << "\n";
  }
}

void print_json(const std::string& pipeline, const std::string& shown_stage, const Replayed& replayed) {
  Json json{{"pipeline", pipeline},
            {"outcome", replayed.problem.empty() ? "identical" : "failed"},
            {"cause", replayed.problem},
            {"seconds", replayed.seconds},
            {"logs", Json::array()}};
  for (const LogReplay& log : replayed.logs) {
    json["logs"].push_back({{"stage", log.id},
                            {"role", log.is_input ? "replayed" : "compared"},
                            {"held", log.held_last},
                            {"made", log.made_last},
                            {"identical", log.equal_events}});
  }
  if (!shown_stage.empty()) json["shown"] = {{"stage", shown_stage}, {"text", replayed.shown}};
  std::cout << json_text(json);
}

// Why there is nothing to do.
std::string nothing_to_do(const Graph& graph, bool must_compare) {
  bool has_log = false;
  bool has_second = false;
  for (const GraphStage& stage : graph.stages) {
    if (stage.plugin->table->role != TICKWEIR_ROLE_WAL) continue;
    has_log = true;
    has_second = has_second || stage.log != no_log;
  }
  if (!has_log) return "has no log to replay";
  return must_compare && !has_second ? "has no log behind another one, so there is nothing to compare" : "";
}

// What a replay brings events to, or to the stages before a log what once passed; and which shows it.
bool can_be_shown(const GraphStage& stage) {
  const tickweir_plugin& plugin = *stage.plugin->table;
  const bool takes_part = plugin.role == TICKWEIR_ROLE_FILTER || plugin.role == TICKWEIR_ROLE_TRANSFORM;
  if (!takes_part || !can_show(plugin)) return false;
  return stage.log != no_log || plugin.state->recover != nullptr;
}

// Why --dump has nothing to show of this stage, and what it could show instead; "" when it can.
std::string cannot_show(const Graph& graph, const std::string& id) {
  std::vector<std::string> ids;
  std::string others;
  const GraphStage* found = nullptr;
  for (const GraphStage& stage : graph.stages) {
    ids.push_back(stage.id);
    if (stage.id == id) found = &stage;
    if (can_be_shown(stage)) others += (others.empty() ? "" : ", ") + stage.id;
  }
  if (found != nullptr && can_be_shown(*found)) return {};
  std::string why = found == nullptr ? "there is no stage \"" + id + "\""
                                     : "stage " + id + " (" + std::string(found->plugin->table->name) +
                                           ") has nothing to show";
  if (found == nullptr) {
    if (const std::string help = suggest(id, ids); !help.empty()) return why + "; " + help;
  }
  return why + "; --dump can show: " + (others.empty() ? "no stage of this pipeline" : others);
}

void say_where_it_ended(const Replayed& replayed, std::uint64_t until) {
  for (const LogReplay& log : replayed.logs) {
    if (!log.is_input || until == RunMode{}.replay_until || log.held_last >= until) continue;
    std::cerr << "tickweir: " << log.id << " ends with event " << log.held_last << ", before " << until
              << "\n";
  }
}

}  // namespace

int replay_command(const Arguments& arguments) {
  const LoadedPipeline loaded = load_and_build(arguments);
  print_verdict(arguments, loaded);
  if (loaded.graph == nullptr) return exit_refused;
  if (const std::string why = nothing_to_do(*loaded.graph, arguments.wal.verify); !why.empty()) {
    print_error(arguments.target + " " + why);
    return exit_failed;
  }
  const std::string& shown_stage = arguments.wal.shown_stage;
  if (!shown_stage.empty()) {
    if (const std::string why = cannot_show(*loaded.graph, shown_stage); !why.empty()) {
      print_error(arguments.target + ": " + why);
      return exit_usage;
    }
  }
  Log log({.format = arguments.common.log_format, .level = arguments.common.log_level});
  RunMode mode{.is_replay = true};
  mode.replay_until = arguments.wal.last.value_or(mode.replay_until);
  mode.shown_stage = shown_stage;
  auto engine = Engine::create(
      *loaded.graph,
      [&log](std::uint32_t level, const std::string& stage, const std::string& text) {
        log.write(level, stage, text);
      },
      mode);
  if (!engine) {
    print_error(engine.error().message);
    return exit_refused;
  }
  const Replayed replayed = replay(**engine);
  log.flush();
  if (arguments.common.json) {
    print_json(loaded.graph->config.name, shown_stage, replayed);
  } else if (replayed.problem.empty() && !shown_stage.empty()) {
    std::cout << replayed.shown;
  } else if (replayed.problem.empty()) {
    print_text(replayed);
  }
  say_where_it_ended(replayed, mode.replay_until);
  if (replayed.problem.empty()) return exit_done;
  std::cout.flush();
  print_error(replayed.problem);
  return exit_failed;
}

}  // namespace tickweir
