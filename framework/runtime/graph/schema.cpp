// The schema of the whole pipeline file. See schema.h.
#include "runtime/graph/schema.h"

#include <string>
#include <utility>

#include "runtime/config/pipeline_config.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

using nlohmann::ordered_json;

ordered_json reference(const std::string& definition) {
  return {{"$ref", "#/definitions/" + definition}};
}

ordered_json described(std::string description, ordered_json schema) {
  ordered_json result = {{"description", std::move(description)}};
  result.update(schema);
  return result;
}

// `schema`, or a text with a placeholder in it.
ordered_json scalar(std::string description, ordered_json schema) {
  return described(std::move(description),
                   {{"anyOf", ordered_json::array({std::move(schema), reference("placeholder")})}});
}

ordered_json whole(std::int64_t minimum, std::int64_t maximum) {
  return {{"type", "integer"}, {"minimum", minimum}, {"maximum", maximum}};
}

ordered_json one_of(std::initializer_list<const char*> names) {
  ordered_json list = ordered_json::array();
  for (const char* name : names) list.push_back(name);
  return {{"enum", std::move(list)}};
}

ordered_json closed_object(std::string description, ordered_json properties) {
  return described(
      std::move(description),
      {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}});
}

// A map with entries of one kind under names of at most `length_max` of these characters, after a letter.
ordered_json map_of(std::string description, ordered_json entry, const std::string& characters,
                    int length_max) {
  const std::string pattern = "^[a-z][" + characters + "]{0," + std::to_string(length_max - 1) + "}$";
  return described(std::move(description), {{"type", "object"},
                                            {"propertyNames", {{"pattern", pattern}}},
                                            {"additionalProperties", std::move(entry)}});
}

ordered_json thread_schema() {
  ordered_json schema = closed_object(
      "A thread that stages may name.",
      {{"cpus",
        described("CPUs it may run on: \"0\", \"0-3\", \"1,3\". Without: not pinned.",
                  {{"anyOf", ordered_json::array(
                                 {{{"type", "string"}, {"pattern", "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$"}},
                                  {{"type", "integer"}, {"minimum", 0}},
                                  reference("placeholder")})}})},
       {"wait",
        scalar("How it waits for input: spin takes a whole CPU; adaptive spins, yields, then sleeps; block "
               "sleeps at once. Default: adaptive.",
               one_of({"spin", "adaptive", "block"}))},
       {"priority", scalar("0: the scheduler's normal class. 1 to 99: SCHED_FIFO.", whole(0, 99))}});
  schema["type"] = {"object", "null"};
  return schema;
}

ordered_json input_schema() {
  ordered_json full =
      closed_object("An input with its edge's settings, which count where the edge crosses threads.",
                    {{"from", described("What it reads: a stage, or stage.output.", {{"type", "string"}})},
                     {"capacity", scalar("Batches that may wait. Default: 64.", whole(1, 65'536))},
                     {"when_full", scalar("What happens at the limit. Default: block.",
                                          one_of({"block", "drop_newest", "drop_oldest"}))}});
  full["required"] = {"from"};
  return {{"anyOf", ordered_json::array({{{"type", "string"}}, std::move(full)})}};
}

ordered_json durability_schema() {
  return closed_object(
      "What a log does before it calls an event durable.",
      {{"sync",
        scalar("none: nothing. os: the event is written to the operating system. group: many are synced "
               "at once, as soon as the disk is free. each: every one is synced. Default: group.",
               one_of({"none", "os", "group", "each"}))},
       {"max_delay", scalar("An event that waits longer for its sync is counted as late. 0s to 1h. Default: "
                            "10ms.",
                            reference("duration"))},
       {"max_events", scalar("Events that one sync covers at most. Default: 1000.", whole(1, 1'048'576))},
       {"retain",
        scalar("all: it keeps everything. snapshots: only what the kept snapshots need. Default: all.",
               one_of({"all", "snapshots"}))},
       {"io", scalar("What writes go through. auto: io_uring where the system allows it, otherwise pwrite. "
                     "Default: auto.",
                     one_of({"auto", "pwrite", "io_uring"}))}});
}

ordered_json config_schema(const tickweir_plugin& plugin) {
  ordered_json properties = ordered_json::object();
  ordered_json required = ordered_json::array();
  for (const tickweir_option& option : options_of(plugin)) {
    properties[option.name] = option_schema(option);
    if (option.default_text == nullptr) required.push_back(option.name);
  }
  ordered_json schema = closed_object("Options of " + std::string(plugin.name) + ".", std::move(properties));
  if (required.empty()) {
    schema["type"] = {"object", "null"};
  } else {
    schema["required"] = std::move(required);
  }
  return schema;
}

// What follows from the choice of a plugin: its options, whether the stage has inputs, what is for logs, and
// whether it can be sharded.
ordered_json plugin_rule(const tickweir_plugin& plugin) {
  ordered_json config = reference("config_" + std::string(plugin.name));
  ordered_json required = ordered_json::array();
  for (const tickweir_option& option : options_of(plugin)) {
    if (option.default_text == nullptr) required = {"config"};
  }
  ordered_json then = {{"properties", {{"config", std::move(config)}}}};
  if (plugin.role == TICKWEIR_ROLE_SOURCE) {
    then["properties"]["inputs"] = {{"maxItems", 0}};
  } else {
    required.push_back("inputs");
    then["properties"]["inputs"] = {{"minItems", 1}};
  }
  if (plugin.role != TICKWEIR_ROLE_WAL) then["properties"]["durability"] = false;
  if (plugin.role == TICKWEIR_ROLE_WAL || plugin.role == TICKWEIR_ROLE_SOURCE) {
    then["properties"]["release"] = false;
  }
  if (plugin.transform == nullptr || plugin.transform->shard_key == nullptr)
    then["properties"]["shards"] = false;
  if (!required.empty()) then["required"] = std::move(required);
  return {{"if", {{"properties", {{"plugin", {{"const", plugin.name}}}}}, {"required", {"plugin"}}}},
          {"then", std::move(then)}};
}

ordered_json stage_schema(std::span<const Plugin* const> plugins) {
  ordered_json names = ordered_json::array();
  ordered_json rules = ordered_json::array();
  for (const Plugin* plugin : plugins) {
    const char* summary = plugin->table->summary;
    names.push_back({{"const", plugin->table->name}, {"description", summary == nullptr ? "" : summary}});
    rules.push_back(plugin_rule(*plugin->table));
  }
  names.push_back(reference("placeholder"));
  ordered_json schema = closed_object(
      "A stage of the pipeline.",
      {{"plugin", described("Which plugin it is.", {{"anyOf", std::move(names)}})},
       {"inputs",
        described("What it reads: stages, or stage.output.", {{"type", "array"}, {"items", input_schema()}})},
       {"thread", described("The thread it runs on. Without: shared default threads.", {{"type", "string"}})},
       {"config", described("The plugin's options.", {{"type", {"object", "null"}}})},
       {"on_error",
        scalar("What a failure of the stage does. Default: stop.", one_of({"stop", "dead_letter"}))},
       {"durability", durability_schema()},
       {"release", scalar("durable: its batches wait until the log before it has stored what they come from. "
                          "Default: at_once.",
                          one_of({"durable", "at_once"}))},
       {"shards",
        scalar("It runs so many times, each on a thread of its own with a share of the keys; what it "
               "emits is the same for any number. Without: once, and nothing is merged.",
               whole(1, shards_max))}});
  schema["required"] = {"plugin"};
  if (!rules.empty()) schema["allOf"] = std::move(rules);
  return schema;
}

ordered_json definitions(std::span<const Plugin* const> plugins) {
  ordered_json result = {
      {"placeholder", described("A text with ${env:NAME}, ${env:NAME:-default} or ${var:NAME} in it.",
                                {{"type", "string"}, {"pattern", "\\$\\{"}})},
      {"duration", {{"type", "string"}, {"pattern", "^[0-9]+(ns|us|ms|s|m|h)$"}}},
      {"size", {{"type", "string"}, {"pattern", "^[0-9]+(B|KiB|MiB|GiB|TiB)$"}}},
      {"text", {{"type", {"string", "number", "boolean"}}}},
      {"thread", thread_schema()},
      {"stage", stage_schema(plugins)}};
  for (const Plugin* plugin : plugins) {
    result["config_" + std::string(plugin->table->name)] = config_schema(*plugin->table);
  }
  return result;
}

ordered_json settings() {
  const ordered_json duration = reference("duration");
  ordered_json dead_letter =
      closed_object("Where stages with on_error: dead_letter leave what they failed at.",
                    {{"path", scalar("A file.", reference("text"))}});
  dead_letter["required"] = {"path"};
  ordered_json snapshots = closed_object(
      "What stages remember, saved while the run goes on, so that a start replays less.",
      {{"path", scalar("A folder.", reference("text"))},
       {"every", scalar("1ms to 24h. Default: 60s.", duration)},
       {"every_events",
        scalar("Numbered by all logs together. Default: by time alone.", whole(1, 1'000'000'000'000))}});
  snapshots["required"] = {"path"};
  return {
      {"batch", closed_object("Limits of a batch.",
                              {{"max_events", scalar("Events. Default: 256.", whole(1, 65'536))},
                               {"max_bytes", scalar("4KiB to 16MiB. Default: 32KiB.", reference("size"))}})},
      {"ticks", closed_object("Time told to stages while nothing happens.",
                              {{"every", scalar("1ms to 24h; 0s: off. Default: off.", duration)}})},
      {"watchdog", closed_object("Reports edges that hold events and do not move.",
                                 {{"after", scalar("1ms to 24h; 0s: off. Default: 10s.", duration)}})},
      {"timeouts", closed_object("How long the start of a stage and the drain may take.",
                                 {{"start", scalar("For each stage. 1ms to 24h. Default: 10s.", duration)},
                                  {"drain", scalar("1ms to 24h. Default: 30s.", duration)}})},
      {"dead_letter", std::move(dead_letter)},
      {"snapshots", std::move(snapshots)},
      {"metrics",
       closed_object("The admin server.",
                     {{"listen", scalar("ADDRESS:PORT, such as \"127.0.0.1:9464\".", reference("text"))}})}};
}

// What puts a file together: other files, and values by name.
ordered_json composition() {
  return {{"include", described("Files to merge with this one, which wins.",
                                {{"type", {"array", "null"}}, {"items", {{"type", "string"}}}})},
          {"vars", described("Values for ${var:NAME}.",
                             {{"type", {"object", "null"}}, {"additionalProperties", reference("text")}})}};
}

}  // namespace

ordered_json pipeline_schema(std::span<const Plugin* const> plugins) {
  ordered_json threads = map_of("Threads by name.", reference("thread"), "a-z0-9_-", 15);
  threads["type"] = {"object", "null"};
  ordered_json stages = map_of("Stages by name.", reference("stage"), "a-z0-9_", 63);
  stages["minProperties"] = 1;
  ordered_json properties = {
      {"apiVersion", scalar("The version of this format.", {{"const", "tickweir/v1"}})},
      {"name", scalar("The pipeline's name.", {{"type", "string"}, {"pattern", "^[a-z][a-z0-9-]{0,62}$"}})},
      {"threads", std::move(threads)},
      {"stages", std::move(stages)}};
  properties.update(settings());
  properties.update(composition());
  const ordered_json alone = {{"required", {"apiVersion", "name", "stages"}}};
  const ordered_json composed = {{"required", {"include"}}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "Tickweir pipeline"},
          {"type", "object"},
          {"anyOf", ordered_json::array({alone, composed})},
          {"additionalProperties", false},
          {"patternProperties", {{"^x-", true}}},
          {"properties", std::move(properties)},
          {"definitions", definitions(plugins)}};
}

}  // namespace tickweir
