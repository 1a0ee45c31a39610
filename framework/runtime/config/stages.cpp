// The maps `threads` and `stages` of a pipeline file.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "runtime/config/load.h"
#include "runtime/config/shown_text.h"

namespace tickweir {
namespace {

constexpr std::size_t stages_max = 1024;
constexpr std::size_t threads_max = 256;
constexpr std::size_t stage_id_max = 63;
constexpr std::int64_t capacity_max = 65536;
constexpr std::int64_t group_events_max = 1'048'576;

const std::vector<std::string> stage_keys{"plugin",   "thread",     "inputs",  "config",
                                          "on_error", "durability", "release", "shards"};

constexpr std::string_view id_letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
// The thread of a shard has its name: "book-2".
constexpr std::string_view thread_letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

bool is_name(std::string_view name, std::size_t length_max, std::string_view letters = id_letters) {
  return !name.empty() && name.size() <= length_max && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of(letters) == std::string_view::npos;
}

void refuse_unknown_thread_keys(const Tree& tree, const std::string& what, Fields& fields) {
  Tree others;
  for (const Located<std::string>& key : tree.keys) {
    if (!key.value.empty() && key.value.find_first_not_of("0123456789-") == std::string::npos) {
      fields.error(key.place, "unknown key " + in_quotes(key.value) + " in " + what,
                   "put a list of CPUs in quotes: cpus: \"0-1,3\"");
    } else {
      others.keys.push_back(key);
    }
  }
  fields.only_keys(others, {"cpus", "wait", "priority"}, what);
}

ThreadConfig read_thread(const Located<std::string>& key, const Tree& tree, Fields& fields) {
  ThreadConfig thread;
  thread.name = key.value;
  thread.place = thread.cpus_place = thread.priority_place = key.place;
  if (!is_name(key.value, thread_name_max, thread_letters)) {
    fields.error(key.place, "a thread's name must be a-z, 0-9, _ and -, starting with a letter, at most " +
                                std::to_string(thread_name_max) + " of them, not " + in_quotes(key.value));
  }
  const std::string what = "thread " + in_quotes(key.value);
  if (tree.shape == Shape::empty || !fields.is(Shape::map, tree, what)) return thread;
  refuse_unknown_thread_keys(tree, what, fields);
  if (const Tree* cpus = tree.find("cpus")) {
    thread.cpus = fields.cpus(*cpus, "cpus").value_or(std::vector<unsigned>{});
    thread.cpus_place = cpus->place;
  }
  if (const Tree* wait = tree.find("wait")) {
    const auto choice = fields.choice(*wait, "wait", {"spin", "adaptive", "block"});
    if (choice) thread.wait = static_cast<WaitMode>(*choice);
  }
  if (const Tree* priority = tree.find("priority")) {
    thread.priority = static_cast<int>(fields.integer(*priority, "priority", {0, 99}).value_or(0));
    thread.priority_place = priority->place;
  }
  return thread;
}

DurabilityConfig read_durability(const Tree& tree, Fields& fields) {
  DurabilityConfig durability;
  if (!fields.is(Shape::map, tree, "durability")) return durability;
  fields.only_keys(tree, {"sync", "max_delay", "max_events", "retain", "io"}, "durability");
  if (const Tree* sync = tree.find("sync")) {
    const auto choice = fields.choice(*sync, "sync", {"none", "os", "group", "each"});
    if (choice) durability.sync = static_cast<SyncMode>(*choice);
  }
  if (const Tree* max_delay = tree.find("max_delay")) {
    const auto value = fields.duration(*max_delay, "max_delay", {0, hour_ns}, "from 0s to 1h");
    if (value) durability.max_delay_ns = static_cast<std::uint64_t>(*value);
  }
  if (const Tree* max_events = tree.find("max_events")) {
    const auto value = fields.integer(*max_events, "max_events", {1, group_events_max});
    if (value) durability.max_events = static_cast<std::uint32_t>(*value);
  }
  if (const Tree* retain = tree.find("retain")) {
    const auto choice = fields.choice(*retain, "retain", {"all", "snapshots"});
    if (choice) durability.retain = static_cast<Retain>(*choice);
  }
  if (const Tree* io = tree.find("io")) {
    const auto choice = fields.choice(*io, "io", {"auto", "pwrite", "io_uring"});
    if (choice) durability.io = static_cast<FileIo>(*choice);
  }
  return durability;
}

class StageReader {
 public:
  StageReader(const Tree& stages, bool threads_known, Fields& fields, const PipelineConfig& config)
      : fields_(fields),
        stages_known_(fields.complete() && stages.complete),
        threads_known_(fields.complete() && threads_known) {
    for (const Located<std::string>& key : stages.keys) ids_.push_back(key.value);
    id_set_.insert(ids_.begin(), ids_.end());
    for (const ThreadConfig& thread : config.threads) threads_.push_back(thread.name);
  }

  StageConfig read(const Located<std::string>& key, const Tree& tree) {
    StageConfig stage;
    stage.id = key.value;
    stage.place = stage.config_place = stage.on_error_place = stage.sync_place = stage.retain_place =
        stage.shards_place = key.place;
    const std::string what = "stage " + in_quotes(key.value);
    if (!is_name(key.value, stage_id_max)) {
      fields_.error(key.place, "a stage's id must be a-z, 0-9 and _, starting with a letter, at most " +
                                   std::to_string(stage_id_max) + " of them, not " + in_quotes(key.value));
    }
    if (!fields_.is(Shape::map, tree, what)) {
      stage.inputs_known = stage.options_known = false;
      return stage;
    }
    const bool keys_known = fields_.only_keys(tree, stage_keys, what) && tree.complete;
    read_plugin(tree, what, stage);
    read_thread_name(tree, stage);
    const Tree* inputs = tree.find("inputs");
    stage.inputs_known = inputs != nullptr || keys_known;
    if (inputs != nullptr) read_inputs(*inputs, stage);
    stage.options_known = tree.find("config") == nullptr ? keys_known : read_options(tree, stage);
    if (const Tree* on_error = tree.find("on_error")) {
      const auto choice = fields_.choice(*on_error, "on_error", {"stop", "dead_letter"});
      stage.on_error = static_cast<OnError>(choice.value_or(0));
      stage.on_error_place = on_error->place;
    }
    read_safety(tree, stage);
    if (const Tree* shards = tree.find("shards")) {
      stage.shards_place = shards->place;
      if (const auto count = fields_.integer(*shards, "shards", {1, shards_max})) {
        stage.shards = static_cast<std::uint32_t>(*count);
      }
    }
    return stage;
  }

 private:
  void read_safety(const Tree& tree, StageConfig& stage) {
    for (std::size_t i = 0; i < tree.keys.size(); ++i) {
      if (tree.keys[i].value != "durability") continue;
      stage.durability_place = tree.keys[i].place;
      stage.durability = read_durability(tree.items[i], fields_);
      if (const Tree* sync = tree.items[i].find("sync")) stage.sync_place = sync->place;
      if (const Tree* retain = tree.items[i].find("retain")) stage.retain_place = retain->place;
    }
    if (const Tree* release = tree.find("release")) {
      const auto choice = fields_.choice(*release, "release", {"durable", "at_once"});
      if (!choice) return;
      stage.release_durable = *choice == 0;
      stage.release_place = release->place;
    }
  }

  void read_plugin(const Tree& tree, const std::string& what, StageConfig& stage) {
    const Tree* plugin = tree.find("plugin");
    if (plugin == nullptr) {
      fields_.error(stage.place, what + " has no plugin", "add a line such as \"plugin: sink_null\"");
    } else if (const auto text = fields_.text(*plugin, "plugin"); text) {
      stage.plugin = {*text, plugin->place};
    }
  }

  void read_thread_name(const Tree& tree, StageConfig& stage) {
    const Tree* thread = tree.find("thread");
    if (thread == nullptr) return;
    const auto name = fields_.text(*thread, "thread");
    if (!name) return;
    if (threads_known_ && std::find(threads_.begin(), threads_.end(), *name) == threads_.end()) {
      std::string help = fields_.nearest(*name, threads_);
      if (help.empty()) {
        help = threads_.empty() ? "define it: threads: { " + *name + ": { cpus: \"0\" } }"
                                : "known: " + joined(threads_);
      }
      fields_.error(thread->place, "unknown thread " + in_quotes(*name), std::move(help));
    }
    stage.thread = {*name, thread->place};
  }

  void read_inputs(const Tree& inputs, StageConfig& stage) {
    if (inputs.shape == Shape::scalar) {
      fields_.error(inputs.place, "inputs must be a list, not a text", "write inputs: [" + inputs.text + "]");
    }
    if (inputs.shape == Shape::scalar || !fields_.is(Shape::list, inputs, "inputs")) {
      stage.inputs.push_back({.from = {"", inputs.place}, .refused = true});
      return;
    }
    std::map<std::string, std::size_t> lines;
    for (const Tree& item : inputs.items) {
      InputConfig input = read_input(item, stage.id);
      const auto [first, is_new] = lines.emplace(input.from.value, input.from.place.line);
      if (!is_new && !input.from.value.empty()) {
        fields_.error(input.from.place, "input " + in_quotes(input.from.value) + " is named twice",
                      "the first is on line " + std::to_string(first->second));
        input.refused = true;
      }
      stage.inputs.push_back(std::move(input));
    }
  }

  InputConfig read_input(const Tree& tree, const std::string& id) {
    InputConfig input{.from = {"", tree.place}, .when_full_place = tree.place, .refused = true};
    const Tree* from = &tree;
    if (tree.shape == Shape::map) {
      fields_.only_keys(tree, {"from", "capacity", "when_full"}, "an input");
      if (const Tree* capacity = tree.find("capacity")) {
        const auto value = fields_.integer(*capacity, "capacity", {1, capacity_max});
        if (value) input.capacity = static_cast<std::uint32_t>(*value);
      }
      if (const Tree* when_full = tree.find("when_full")) {
        const auto choice = fields_.choice(*when_full, "when_full", {"block", "drop_newest", "drop_oldest"});
        if (choice) input.when_full = static_cast<WhenFull>(*choice);
        input.when_full_place = when_full->place;
      }
      from = tree.find("from");
      if (from == nullptr) {
        fields_.error(tree.place, "this input does not say from where", "add from: the id of a stage");
        return input;
      }
    }
    if (const auto text = fields_.text(*from, "an input")) {
      input.from = {*text, from->place};
      input.refused = !names_stage(input.from, id);
    }
    return input;
  }

  // Whether there is such a stage; reports what can be known to be wrong.
  bool names_stage(const Located<std::string>& from, const std::string& id) {
    const std::size_t dot = from.value.find('.');
    const std::string stage = from.value.substr(0, dot);
    const bool has_output = dot != std::string::npos;
    if (stage.empty() ||
        (has_output && !is_name(std::string_view(from.value).substr(dot + 1), stage_id_max))) {
      fields_.error(from.place,
                    "an input must be \"stage\" or \"stage.output\", not " + in_quotes(from.value));
    } else if (stage == id) {
      fields_.error(from.place, "stage " + in_quotes(id) + " feeds itself", "name the stage before it");
    } else if (id_set_.contains(stage)) {
      return true;
    } else if (stages_known_ && !id_set_.contains(from.value)) {  // an id with a dot has been reported
      std::string help = fields_.nearest(stage, ids_);
      if (help.empty()) help = "stages: " + joined(ids_);
      fields_.error(from.place, "unknown stage " + in_quotes(stage), std::move(help));
    }
    return false;
  }

  // False: some could not be read at all. `tree` has a key `config`.
  bool read_options(const Tree& tree, StageConfig& stage) {
    const auto key =
        std::find_if(tree.keys.begin(), tree.keys.end(), [](const auto& k) { return k.value == "config"; });
    stage.config_place = key->place;
    const Tree& config = tree.items[static_cast<std::size_t>(key - tree.keys.begin())];
    if (config.shape == Shape::empty) return true;
    if (!fields_.is(Shape::map, config, "config")) return false;
    for (std::size_t i = 0; i < config.keys.size(); ++i) {
      stage.options.push_back(read_option(config.keys[i], config.items[i]));
    }
    return config.complete;
  }

  OptionText read_option(const Located<std::string>& key, const Tree& value) {
    const std::string what = "option " + in_quotes(key.value);
    OptionText option{key.value, key.place,    value.place,   value.shape == Shape::list,
                      {},        value.quoted, value.any_type};
    if (value.shape == Shape::map) {
      fields_.error(value.place, what + " must be one value or a list of values, not a map");
      option.refused = true;
    } else if (!option.is_list) {
      add_text(value, what, option);
    }
    for (const Tree& item : value.items) {
      if (option.is_list) add_text(item, "an item of " + what, option);
    }
    return option;
  }

  void add_text(const Tree& value, const std::string& what, OptionText& option) {
    if (fields_.is(Shape::scalar, value, what)) {
      option.texts.push_back({value.text, value.place});
    } else {
      option.refused = true;
    }
  }

  Fields& fields_;
  bool stages_known_;
  bool threads_known_;
  std::vector<std::string> ids_;
  std::set<std::string> id_set_;
  std::vector<std::string> threads_;
};

}  // namespace

bool read_threads(const Tree& threads, Fields& fields, PipelineConfig& config) {
  if (threads.shape == Shape::empty) return true;
  if (!fields.is(Shape::map, threads, "threads")) return false;
  if (threads.keys.size() > threads_max) {
    fields.error(threads.place, "more than " + std::to_string(threads_max) + " threads");
    return false;
  }
  for (std::size_t i = 0; i < threads.keys.size(); ++i) {
    config.threads.push_back(read_thread(threads.keys[i], threads.items[i], fields));
  }
  return threads.complete;
}

void read_stages(const Tree& stages, bool threads_known, Fields& fields, PipelineConfig& config) {
  config.stages_known = fields.complete() && stages.complete;
  if (!fields.is(Shape::map, stages, "stages")) return;
  if (stages.keys.empty()) fields.error(stages.place, "there are no stages", "a pipeline has at least one");
  if (stages.keys.size() > stages_max) {
    fields.error(stages.place, "more than " + std::to_string(stages_max) + " stages");
    return;
  }
  StageReader reader(stages, threads_known, fields, config);
  for (std::size_t i = 0; i < stages.keys.size(); ++i) {
    config.stages.push_back(reader.read(stages.keys[i], stages.items[i]));
  }
}

}  // namespace tickweir
