// See wal_log.h.
#include "cli/wal_log.h"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "runtime/engine/own_batch.h"
#include "runtime/graph/bind.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

bool is_pipeline(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

// A graph of nothing but that back end.
std::shared_ptr<LoadedPipeline> graph_of(const Arguments& arguments, const std::string& name) {
  auto made = std::make_shared<LoadedPipeline>();
  const std::size_t colon = name.find(':');
  const Place place{.file = name};
  StageConfig stage{.id = name.substr(0, colon), .place = place, .plugin = {name.substr(0, colon), place}};
  stage.config_place = place;
  const auto add = [&](const std::string& option, const std::string& value, const Place& at) {
    OptionText text{.name = option, .name_place = at, .value_place = at};
    text.texts.push_back({value, at});
    text.any_type = true;
    stage.options.push_back(std::move(text));
  };
  if (colon + 1 < name.size()) add("path", name.substr(colon + 1), place);
  for (const Override& one : arguments.common.overrides)
    add(one.path, one.value, {.file = "--set " + one.path});

  auto registry = Registry::scan(plugin_path(arguments.common.plugin_path));
  if (!registry) {
    made->diagnostics.error(place, registry.error().message, "set --plugin-path");
    return made;
  }
  made->registry = std::move(*registry);
  auto plugin = made->registry->load(stage.plugin.value);
  if (!plugin || (*plugin)->table->role != TICKWEIR_ROLE_WAL) {
    made->diagnostics.error(place,
                            plugin ? "\"" + stage.plugin.value + "\" is not the back end of a log (role wal)"
                                   : plugin.error().message);
    return made;
  }
  Binding bound = bind_options(stage, *(*plugin)->table, made->diagnostics);
  if (made->diagnostics.error_count() != 0) return made;
  auto graph = std::make_unique<Graph>();
  graph->stages.push_back({.id = stage.id,
                           .place = place,
                           .plugin = *plugin,
                           .options = std::move(bound.options),
                           .option_places = std::move(bound.places),
                           .outputs = {{}},
                           .output_names = {""}});
  made->graph = std::move(graph);
  return made;
}

void print_warning(const std::string& log, std::uint32_t level, const std::string& text) {
  if (level >= TICKWEIR_LOG_WARNING) std::fprintf(stderr, "tickweir: %s: %s\n", log.c_str(), text.c_str());
}

// The logs of a pipeline: that stage, or all of them.
bool add_from_pipeline(const std::string& name, const std::shared_ptr<LoadedPipeline>& loaded,
                       const std::string& stage, NamedLogs& found) {
  const std::vector<GraphStage>& stages = loaded->graph->stages;
  std::vector<std::string> known;
  const std::size_t before = found.size();
  for (std::uint32_t i = 0; i < stages.size(); ++i) {
    if (!is_log(stages[i])) continue;
    known.push_back(stages[i].id);
    if (!stage.empty() && stages[i].id != stage) continue;
    found.push_back(std::make_unique<NamedLog>(stage.empty() ? name + ":" + stages[i].id : name, loaded, i));
  }
  if (found.size() != before) return true;
  print_error(stage.empty() ? name + " has no logs" : name + ": the pipeline has no log \"" + stage + "\"");
  if (const std::string help = suggest(stage, known); !help.empty())
    std::fprintf(stderr, "  = %s\n", help.c_str());
  return false;
}

bool add_named(const Arguments& arguments, const std::string& name, NamedLogs& found, int& exit_code) {
  const std::size_t colon = name.find(':');
  const std::size_t last_colon = name.rfind(':');
  const bool is_stage = last_colon != std::string::npos && is_pipeline(name.substr(0, last_colon));
  if (!is_pipeline(name) && !is_stage && (colon == std::string::npos || colon == 0)) {
    print_error("\"" + name + "\" names no log");
    std::fputs("  = a log is PLUGIN:PATH, such as wal_segment:./data/orders, or PIPELINE.yaml:STAGE\n",
               stderr);
    exit_code = exit_usage;
    return false;
  }
  std::shared_ptr<LoadedPipeline> loaded;
  exit_code = exit_refused;
  if (is_stage || is_pipeline(name)) {
    Arguments of_pipeline = arguments;
    of_pipeline.target = is_stage ? name.substr(0, last_colon) : name;
    loaded = std::make_shared<LoadedPipeline>(load_and_build(of_pipeline));
  } else {
    loaded = graph_of(arguments, name);
  }
  if (loaded->graph == nullptr) {
    loaded->diagnostics.print(std::cerr);
    return false;
  }
  loaded->graph->config.batch_bytes_max = log_batch_bytes;
  loaded->graph->config.batch_events_max = log_batch_events;
  if (is_stage) return add_from_pipeline(name, loaded, name.substr(last_colon + 1), found);
  if (is_pipeline(name)) return add_from_pipeline(name, loaded, "", found);
  found.push_back(std::make_unique<NamedLog>(name, loaded, 0));
  return true;
}

}  // namespace

NamedLog::NamedLog(std::string name, std::shared_ptr<const LoadedPipeline> loaded, std::uint32_t stage)
    : name_(std::move(name)),
      loaded_(std::move(loaded)),
      plan_(loaded_->graph->stages[stage]),
      stage_(stage),
      control_([this](std::uint32_t level, const std::string&,
                      const std::string& text) { print_warning(name_, level, text); },
               loaded_->graph->config) {
  cells_.drops.resize(plan_.plugin->table->reason_count);
}

NamedLog::~NamedLog() {
  if (is_open_ && !object_->stop()) return;  // who cares for that has called close()
}

Result<void> NamedLog::make() {
  store_.reset();
  object_ = std::make_unique<StageObject>(*loaded_->graph, stage_, cells_, control_);
  if (auto made = object_->create(); !made) return made;
  store_ = std::make_unique<LogStore>(object_->table(), object_->stage());
  return {};
}

Result<void> NamedLog::close() {
  if (!is_open_) return {};
  is_open_ = false;
  return object_->stop();
}

std::optional<std::string> NamedLog::missing() const {
  const tickweir_plugin& table = *plan_.plugin->table;
  for (std::uint32_t i = 0; i < table.option_count; ++i) {
    const bool is_text = table.options[i].type == TICKWEIR_OPTION_TEXT;
    if (!is_text || std::string_view(table.options[i].name) != "path") continue;
    const fs::path path = plan_.options.values[i].text;
    std::error_code ignored;
    if (!fs::exists(path, ignored) || fs::is_empty(path, ignored))
      return "there is no log in " + path.string();
  }
  return {};
}

Result<LogFacts> NamedLog::open(const std::string& schema, bool is_read_only, const std::string& id) {
  if (auto made = make(); !made) return made.error();
  auto opened = store_->open(schema, is_read_only, id);
  is_open_ = static_cast<bool>(opened);
  return opened;
}

Result<LogFacts> NamedLog::open(bool is_read_only) {
  if (const auto problem = missing()) return Error{*problem};
  return open("", is_read_only, "");
}

Result<LogFacts> NamedLog::open_new(const std::string& schema, const std::string& id) {
  if (!missing()) {
    // Read-only: what is there may be precious.
    auto held = open("", true, "");
    if (!held) return std::move(held.error()).within("a copy needs a path where there is nothing");
    if (held->last_sequence != 0) {
      return Error{"it has events up to " + std::to_string(held->last_sequence) +
                   " already; a copy needs a path where there is nothing"};
    }
    if (auto closed = close(); !closed) return closed.error();
  }
  return open(schema, false, id);
}

Result<void> NamedLog::read(std::uint64_t first, std::uint64_t last,
                            const std::function<Result<bool>(const tickweir_batch&)>& visit) {
  OwnBatch events(log_batch_bytes, log_batch_events);
  for (std::uint64_t next = first; next != 0 && next <= last;) {
    auto read = store_->read(next, events.room());
    if (!read) return read.error();
    if (!*read) return Error{"the log ends before its last event, at " + std::to_string(next)};
    next += events.batch().event_count;
    auto visited = visit(events.batch());
    if (!visited) return visited.error();
    if (!*visited) return {};
  }
  return {};
}

NamedLogs find_logs(const Arguments& arguments, const std::vector<std::string>& names, int& exit_code) {
  NamedLogs found;
  for (const std::string& name : names) {
    if (!add_named(arguments, name, found, exit_code)) return {};
  }
  return found;
}

std::unique_ptr<NamedLog> find_log(const Arguments& arguments, const std::string& name, int& exit_code) {
  NamedLogs found = find_logs(arguments, {name}, exit_code);
  if (found.size() > 1) {
    print_error(name + " has " + std::to_string(found.size()) + " logs; name one, such as " +
                found.front()->name());
    exit_code = exit_usage;
    return nullptr;
  }
  return found.empty() ? nullptr : std::move(found.front());
}

void print_log_error(const NamedLog& log, const std::string& text, const std::string& help) {
  print_error(log.name() + ": " + text);
  if (!help.empty()) std::fprintf(stderr, "  = %s\n", help.c_str());
}

}  // namespace tickweir
