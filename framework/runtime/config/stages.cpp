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
constexpr std::size_t thread_name_max = 15;  // what Linux shows
constexpr std::int64_t capacity_max = 65536;

const std::vector<std::string> stage_keys{"plugin", "thread", "inputs", "config", "on_error"};

bool is_name(std::string_view name, std::size_t length_max) {
  return !name.empty() && name.size() <= length_max && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
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
  if (!is_name(key.value, thread_name_max)) {
    fields.error(key.place, "a thread's name must be a-z, 0-9 and _, starting with a letter, at most " +
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
    thread.wait =
        static_cast<WaitMode>(fields.choice(*wait, "wait", {"spin", "adaptive", "block"}).value_or(0));
  }
  if (const Tree* priority = tree.find("priority")) {
    thread.priority = static_cast<int>(fields.integer(*priority, "priority", {0, 99}).value_or(0));
    thread.priority_place = priority->place;
  }
  return thread;
}

class StageReader {
 public:
  StageReader(const Tree& stages, Fields& fields, const PipelineConfig& config) : fields_(fields) {
    for (const Located<std::string>& key : stages.keys) ids_.push_back(key.value);
    id_set_.insert(ids_.begin(), ids_.end());
    for (const ThreadConfig& thread : config.threads) threads_.push_back(thread.name);
  }

  StageConfig read(const Located<std::string>& key, const Tree& tree) {
    StageConfig stage;
    stage.id = key.value;
    stage.place = stage.config_place = key.place;
    const std::string what = "stage " + in_quotes(key.value);
    if (!is_name(key.value, stage_id_max)) {
      fields_.error(key.place, "a stage's id must be a-z, 0-9 and _, starting with a letter, at most " +
                                   std::to_string(stage_id_max) + " of them, not " + in_quotes(key.value));
    }
    if (!fields_.is(Shape::map, tree, what)) return stage;
    refuse_unknown(tree, what);
    read_plugin(tree, what, stage);
    read_thread_name(tree, stage);
    if (const Tree* inputs = tree.find("inputs")) read_inputs(*inputs, stage);
    read_options(tree, stage);
    if (const Tree* on_error = tree.find("on_error")) {
      const auto choice = fields_.choice(*on_error, "on_error", {"stop", "dead_letter"});
      stage.on_error = static_cast<OnError>(choice.value_or(0));
    }
    return stage;
  }

 private:
  void refuse_unknown(const Tree& tree, const std::string& what) {
    Tree others;
    for (const Located<std::string>& key : tree.keys) {
      if (key.value == "durability" || key.value == "release") {
        fields_.error(key.place, key.value + " comes with the wal role, which this version does not have",
                      "remove it");
      } else {
        others.keys.push_back(key);
      }
    }
    fields_.only_keys(others, stage_keys, what);
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
    if (fields_.complete() && std::find(threads_.begin(), threads_.end(), *name) == threads_.end()) {
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
      return;
    }
    if (!fields_.is(Shape::list, inputs, "inputs")) return;
    std::map<std::string, std::size_t> lines;
    for (const Tree& item : inputs.items) {
      auto input = read_input(item, stage.id);
      if (!input) continue;
      const auto [first, is_new] = lines.emplace(input->from.value, input->from.place.line);
      if (!is_new) {
        fields_.error(input->from.place, "input " + in_quotes(input->from.value) + " is named twice",
                      "the first is on line " + std::to_string(first->second));
      }
      stage.inputs.push_back(std::move(*input));
    }
  }

  std::optional<InputConfig> read_input(const Tree& tree, const std::string& id) {
    InputConfig input;
    const Tree* from = &tree;
    if (tree.shape == Shape::map) {
      fields_.only_keys(tree, {"from", "capacity", "when_full"}, "an input");
      if (const Tree* capacity = tree.find("capacity")) {
        const auto value = fields_.integer(*capacity, "capacity", {1, capacity_max});
        input.capacity = static_cast<std::uint32_t>(value.value_or(1));
      }
      if (const Tree* when_full = tree.find("when_full")) {
        const auto choice = fields_.choice(*when_full, "when_full", {"block", "drop_newest", "drop_oldest"});
        input.when_full = static_cast<WhenFull>(choice.value_or(0));
      }
      from = tree.find("from");
      if (from == nullptr) {
        fields_.error(tree.place, "this input does not say from where", "add from: the id of a stage");
        return std::nullopt;
      }
    }
    const auto text = fields_.text(*from, "an input");
    if (!text) return std::nullopt;
    input.from = {*text, from->place};
    check_reference(input.from, id);
    return input;
  }

  void check_reference(const Located<std::string>& from, const std::string& id) {
    const std::size_t dot = from.value.find('.');
    const std::string stage = from.value.substr(0, dot);
    const bool has_output = dot != std::string::npos;
    if (stage.empty() ||
        (has_output && !is_name(std::string_view(from.value).substr(dot + 1), stage_id_max))) {
      fields_.error(from.place,
                    "an input must be \"stage\" or \"stage.output\", not " + in_quotes(from.value));
    } else if (stage == id) {
      fields_.error(from.place, "stage " + in_quotes(id) + " feeds itself", "name the stage before it");
    } else if (fields_.complete() && !id_set_.contains(stage)) {
      std::string help = fields_.nearest(stage, ids_);
      if (help.empty()) help = "stages: " + joined(ids_);
      fields_.error(from.place, "unknown stage " + in_quotes(stage), std::move(help));
    }
  }

  void read_options(const Tree& tree, StageConfig& stage) {
    const auto key =
        std::find_if(tree.keys.begin(), tree.keys.end(), [](const auto& k) { return k.value == "config"; });
    if (key == tree.keys.end()) return;
    stage.config_place = key->place;
    const Tree& config = tree.items[static_cast<std::size_t>(key - tree.keys.begin())];
    if (config.shape == Shape::empty || !fields_.is(Shape::map, config, "config")) return;
    for (std::size_t i = 0; i < config.keys.size(); ++i) {
      if (auto option = read_option(config.keys[i], config.items[i]))
        stage.options.push_back(std::move(*option));
    }
  }

  std::optional<OptionText> read_option(const Located<std::string>& key, const Tree& value) {
    const std::string what = "option " + in_quotes(key.value);
    OptionText option{key.value, key.place,    value.place,   value.shape == Shape::list,
                      {},        value.quoted, value.any_type};
    if (!option.is_list) {
      if (value.shape == Shape::map) {
        fields_.error(value.place, what + " must be one value or a list of values, not a map");
        return std::nullopt;
      }
      if (!fields_.is(Shape::scalar, value, what)) return std::nullopt;
      option.texts.push_back({value.text, value.place});
      return option;
    }
    for (const Tree& item : value.items) {
      if (!fields_.is(Shape::scalar, item, "an item of " + what)) return std::nullopt;
      option.texts.push_back({item.text, item.place});
    }
    return option;
  }

  Fields& fields_;
  std::vector<std::string> ids_;
  std::set<std::string> id_set_;
  std::vector<std::string> threads_;
};

}  // namespace

void read_threads(const Tree& threads, Fields& fields, PipelineConfig& config) {
  if (!fields.is(Shape::map, threads, "threads")) return;
  if (threads.keys.size() > threads_max) {
    fields.error(threads.place, "more than " + std::to_string(threads_max) + " threads");
  }
  for (std::size_t i = 0; i < threads.keys.size(); ++i) {
    config.threads.push_back(read_thread(threads.keys[i], threads.items[i], fields));
  }
}

void read_stages(const Tree& stages, Fields& fields, PipelineConfig& config) {
  if (!fields.is(Shape::map, stages, "stages")) return;
  if (stages.keys.empty()) fields.error(stages.place, "there are no stages", "a pipeline has at least one");
  if (stages.keys.size() > stages_max) {
    fields.error(stages.place, "more than " + std::to_string(stages_max) + " stages");
    return;
  }
  StageReader reader(stages, fields, config);
  for (std::size_t i = 0; i < stages.keys.size(); ++i) {
    config.stages.push_back(reader.read(stages.keys[i], stages.items[i]));
  }
}

}  // namespace tickweir
