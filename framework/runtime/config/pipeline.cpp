// A merged tree to a PipelineConfig: the top level of the file.
#include <cstdint>
#include <exception>
#include <utility>

#include "runtime/config/include.h"
#include "runtime/config/interpolation.h"
#include "runtime/config/load.h"
#include "runtime/config/override.h"
#include "runtime/config/shown_text.h"

namespace tickweir {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t kibibyte = 1024;
constexpr std::size_t name_max = 63;

const std::vector<std::string> top_keys{"apiVersion",  "name",    "include",  "vars",     "threads",
                                        "stages",      "batch",   "ticks",    "watchdog", "timeouts",
                                        "dead_letter", "metrics", "snapshots"};

bool is_pipeline_name(std::string_view name) {
  return name.size() <= name_max && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// A map of the top level with `keys` only; null if the file does not have it.
const Tree* section(const Tree& root, const std::string& name, const std::vector<std::string>& keys,
                    Fields& fields) {
  const Tree* tree = root.find(name);
  if (tree == nullptr || !fields.is(Shape::map, *tree, name)) return nullptr;
  fields.only_keys(*tree, keys, name);
  return tree;
}

void read_version(const Tree& root, const std::string& file, Fields& fields) {
  const Tree* version = root.find("apiVersion");
  if (version == nullptr) {
    fields.error({file}, "there is no apiVersion", "add the line \"apiVersion: tickweir/v1\"");
  } else if (const auto text = fields.text(*version, "apiVersion"); text && *text != "tickweir/v1") {
    fields.error(version->place, "apiVersion must be tickweir/v1, not " + in_quotes(*text));
  }
}

void read_name(const Tree& root, const std::string& file, Fields& fields, PipelineConfig& config) {
  const Tree* name = root.find("name");
  if (name == nullptr) {
    fields.error({file}, "the pipeline has no name", "add a line such as \"name: my-pipeline\"");
  } else if (const auto text = fields.text(*name, "name"); text) {
    if (!is_pipeline_name(*text)) {
      fields.error(name->place,
                   "name must be a-z, 0-9 and -, starting with a letter, not " + in_quotes(*text));
    }
    config.name = *text;
  }
}

void read_batch(const Tree& root, Fields& fields, PipelineConfig& config) {
  const Tree* batch = section(root, "batch", {"max_events", "max_bytes"}, fields);
  if (batch == nullptr) return;
  if (const Tree* tree = batch->find("max_events")) {
    const auto value = fields.integer(*tree, "max_events", {1, 65536});
    if (value) config.batch_events_max = static_cast<std::uint32_t>(*value);
  }
  if (const Tree* tree = batch->find("max_bytes")) {
    const auto value =
        fields.size(*tree, "max_bytes", {4 * kibibyte, 16 * kibibyte * kibibyte}, "from 4KiB to 16MiB");
    if (value) config.batch_bytes_max = static_cast<std::uint32_t>(*value);
  }
}

void read_duration(const Tree* map, const std::string& key, bool may_be_off, std::uint64_t& into,
                   Fields& fields) {
  const Tree* tree = map == nullptr ? nullptr : map->find(key);
  if (tree == nullptr) return;
  const Range range{may_be_off ? 0 : millisecond, 24 * hour_ns};
  const auto value =
      fields.duration(*tree, key, range, may_be_off ? "from 1ms to 24h, or 0s for off" : "from 1ms to 24h");
  if (!value) return;
  if (*value > 0 && *value < millisecond) {
    fields.error(tree->place,
                 key + " must be a duration from 1ms to 24h, or 0s for off, not " + in_quotes(tree->text));
    return;
  }
  into = static_cast<std::uint64_t>(*value);
}

void read_times(const Tree& root, Fields& fields, PipelineConfig& config) {
  const Tree* ticks = section(root, "ticks", {"every"}, fields);
  read_duration(ticks, "every", true, config.tick_every_ns, fields);
  const Tree* watchdog = section(root, "watchdog", {"after"}, fields);
  read_duration(watchdog, "after", true, config.watchdog_after_ns, fields);
  const Tree* timeouts = section(root, "timeouts", {"start", "drain"}, fields);
  read_duration(timeouts, "start", false, config.start_timeout_ns, fields);
  read_duration(timeouts, "drain", false, config.drain_timeout_ns, fields);
}

void read_outputs(const Tree& root, Fields& fields, PipelineConfig& config) {
  if (const Tree* dead_letter = section(root, "dead_letter", {"path"}, fields)) {
    const Tree* path = dead_letter->find("path");
    if (path == nullptr) {
      fields.error(dead_letter->place, "dead_letter has no path");
    } else if (const auto text = fields.text(*path, "path"); text) {
      config.dead_letter_path = *text;
      config.dead_letter_place = path->place;
    }
  }
  if (const Tree* metrics = section(root, "metrics", {"listen"}, fields)) {
    if (const Tree* listen = metrics->find("listen")) {
      if (const auto text = fields.address(*listen, "listen")) config.metrics_listen = {*text, listen->place};
    }
  }
}

void read_snapshots(const Tree& root, Fields& fields, PipelineConfig& config) {
  const Tree* tree = section(root, "snapshots", {"path", "every", "every_events"}, fields);
  if (tree == nullptr) return;
  SnapshotsConfig& snapshots = config.snapshots.emplace();
  config.snapshots_place = tree->place;
  if (const Tree* path = tree->find("path")) {
    config.snapshots_place = path->place;
    const auto text = fields.text(*path, "path");
    if (text && text->empty()) fields.error(path->place, "the path of the snapshots is empty");
    if (text) snapshots.path = *text;
  } else {
    fields.error(tree->place, "snapshots has no path", "add a line such as \"path: ./data/snapshots\"");
  }
  read_duration(tree, "every", false, snapshots.every_ns, fields);
  if (const Tree* every_events = tree->find("every_events")) {
    const auto value = fields.integer(*every_events, "every_events", {1, 1'000'000'000'000});
    if (value) snapshots.every_events = static_cast<std::uint64_t>(*value);
  }
}

// False: parts of the file that seem to be missing may stand under a wrong key.
bool read_top_keys(const Tree& root, Fields& fields) {
  Tree strict;
  for (const Located<std::string>& key : root.keys) {
    if (!key.value.starts_with("x-")) strict.keys.push_back(key);
  }
  const bool all_known = fields.only_keys(strict, top_keys, "the pipeline");
  const Tree* vars = root.find("vars");
  if (vars != nullptr && vars->shape != Shape::empty) static_cast<void>(fields.is(Shape::map, *vars, "vars"));
  return all_known && root.complete;
}

PipelineConfig read_pipeline(const Tree& root, const std::string& file, Fields& fields) {
  PipelineConfig config;
  config.file = file;
  const bool keys_known = read_top_keys(root, fields);
  read_version(root, file, fields);
  read_name(root, file, fields, config);
  read_batch(root, fields, config);
  read_times(root, fields, config);
  read_outputs(root, fields, config);
  read_snapshots(root, fields, config);
  const Tree* threads = root.find("threads");
  const bool threads_known = threads == nullptr ? keys_known : read_threads(*threads, fields, config);
  const Tree* stages = root.find("stages");
  if (stages != nullptr) {
    read_stages(*stages, threads_known, fields, config);
  } else if (fields.complete() && root.complete) {
    fields.error({file}, "there are no stages", "add \"stages:\" with at least one source and one sink");
  }
  for (const StageConfig& stage : config.stages) {
    if (stage.on_error != OnError::dead_letter || root.find("dead_letter") != nullptr) continue;
    fields.error(
        stages->find(stage.id)->find("on_error")->place,
        "stage " + in_quotes(stage.id) + " says on_error: dead_letter, but there is no dead-letter file",
        "add a line such as \"dead_letter: { path: dead.events }\"");
  }
  return config;
}

PipelineConfig finish(std::optional<LoadedTree> loaded, const std::string& file,
                      const std::vector<Override>& overrides, Diagnostics& diagnostics) {
  if (!loaded) return {};
  for (const Override& override : overrides) apply_override(loaded->tree, override, diagnostics);
  interpolate(loaded->tree, diagnostics);
  Fields fields(diagnostics, loaded->complete);
  return read_pipeline(loaded->tree, file, fields);
}

}  // namespace

PipelineConfig load_pipeline_text(const std::string& file, const std::string& text,
                                  const std::vector<Override>& overrides, Diagnostics& diagnostics) {
  return finish(load_tree_text(file, text, diagnostics), file, overrides, diagnostics);
}

PipelineConfig load_pipeline(const std::string& file, const std::vector<Override>& overrides,
                             Diagnostics& diagnostics) {
  try {
    return finish(load_tree(file, diagnostics), file, overrides, diagnostics);
  } catch (const std::exception& exception) {
    diagnostics.error({file}, std::string("cannot read the pipeline file: ") + exception.what());
    return {};
  }
}

}  // namespace tickweir
