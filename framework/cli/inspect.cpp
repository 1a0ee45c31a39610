// tickweir inspect: everything a plugin says about itself, and what its file says about it.
#include <filesystem>
#include <iostream>

#include "cli/command.h"
#include "cli/table.h"
#include "runtime/admin/pages.h"
#include "runtime/plugins/registry.h"

namespace tickweir {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>() : std::string{};
}

// "1 .. 10000 basis points", "a|b|c"
std::string range_of(const Json& option) {
  if (option["choices"].is_string()) return text_of(option["choices"]);
  const std::string low = text_of(option["minimum"]);
  const std::string high = text_of(option["maximum"]);
  std::string range;
  if (!low.empty() && !high.empty()) range = low + " .. " + high;
  if (!low.empty() && high.empty()) range = "from " + low;
  if (low.empty() && !high.empty()) range = "up to " + high;
  const std::string unit = text_of(option["unit"]);
  if (!unit.empty()) range += range.empty() ? unit : " " + unit;
  return range;
}

void print_section(const char* title, const Table& table) {
  if (!table.empty()) std::cout << "\n" << title << "\n" << table.text();
}

// How a counter is called on /metrics.
std::string metric_name(const Json& plugin, const Json& counter) {
  const std::string kind = text_of(counter["kind"]);
  return "tickweir_" + text_of(plugin["name"]) + "_" + text_of(counter["name"]) +
         (kind == "counter"     ? "_total"
          : kind == "histogram" ? "_seconds"
                                : "");
}

void print_plugin(const Json& plugin) {
  std::cout << text_of(plugin["name"]) << " " << text_of(plugin["version"]) << ", a "
            << text_of(plugin["role"]) << "\n"
            << text_of(plugin["summary"]) << "\n\nfile     " << text_of(plugin["file"]) << "\n";
  if (plugin["accepts"].is_string()) std::cout << "accepts  " << text_of(plugin["accepts"]) << "\n";
  if (plugin["shard_key"].is_string()) {
    std::cout << "shards   by " << text_of(plugin["shard_key"]) << "\n";
  }

  Table options({{"NAME"}, {"TYPE"}, {"DEFAULT"}, {"RANGE"}, {"HELP"}});
  for (const Json& option : plugin["options"]) {
    const std::string shown =
        option["required"].get<bool>() ? "(required)" : "\"" + text_of(option["default"]) + "\"";
    const bool is_text = option["type"] == "text" || option["type"] == "text_list";
    options.add({text_of(option["name"]), text_of(option["type"]),
                 is_text || option["required"].get<bool>() ? shown : text_of(option["default"]),
                 range_of(option), text_of(option["help"])});
  }
  print_section("options", options);
  Table outputs({{"NAME"}, {"EVENTS"}, {"HELP"}});
  for (const Json& output : plugin["outputs"]) {
    outputs.add({text_of(output["name"]), text_of(output["events"]), text_of(output["help"])});
  }
  print_section("outputs", outputs);
  Table counters({{"METRIC"}, {"KIND"}, {"LABEL"}, {"HELP"}});
  for (const Json& counter : plugin["counters"]) {
    counters.add({metric_name(plugin, counter), text_of(counter["kind"]), text_of(counter["label"]),
                  text_of(counter["help"])});
  }
  print_section("counters", counters);
  Table reasons({{"NAME"}, {"HELP"}});
  for (const Json& reason : plugin["reasons"])
    reasons.add({text_of(reason["name"]), text_of(reason["help"])});
  print_section("drop reasons", reasons);
  Table facts({{"FACT"}, {"VALUE"}});
  for (const auto& fact : plugin["note"].items()) facts.add({fact.key(), text_of(fact.value())});
  print_section("build", facts);
  Table layouts({{"EVENT"}, {"TYPE", true}, {"BYTES", true}, {"FIELDS"}});
  for (const Json& layout : plugin["layouts"]) {
    layouts.add(
        {text_of(layout["name"]), layout["type"].dump(), layout["size"].dump(), text_of(layout["fields"])});
  }
  print_section("event layouts", layouts);
}

int refuse(const Error& error) {
  print_error(error.message);
  return exit_refused;
}

bool is_file_name(const std::string& target) {
  return target.find('/') != std::string::npos || target.ends_with(".so");
}

}  // namespace

int inspect_command(const Arguments& arguments) {
  std::string name = arguments.target;
  std::vector<std::filesystem::path> folders = plugin_path(arguments.common.plugin_path);
  if (is_file_name(name)) {
    auto notes = read_notes(name);
    if (!notes) return refuse(std::move(notes.error()).within(name));
    folders = {std::filesystem::absolute(name).parent_path()};
    name = notes->fact("name");
  }
  auto registry = Registry::scan(folders);
  if (!registry) return refuse(registry.error());
  auto plugin = registry->load(name);
  for (const RefusedFile& refused : registry->refused()) {
    if (is_file_name(arguments.target) &&
        refused.file.filename() == std::filesystem::path(arguments.target).filename()) {
      return refuse({refused.file.string() + " " + refused.cause});
    }
  }
  if (!plugin) return refuse(plugin.error());
  const Json described = plugin_as_json(**plugin);
  if (arguments.common.json) {
    std::cout << json_text(described);
  } else {
    print_plugin(described);
  }
  return exit_done;
}

}  // namespace tickweir
