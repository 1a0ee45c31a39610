// Plugins, roles, and which output each input reads. See draft.h.
#include <algorithm>

#include "runtime/graph/draft.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

// Verdicts are one byte; 0 means "goes on" and 255 is kept free.
constexpr std::uint32_t reason_count_max = 254;

std::vector<std::string> output_names_of(const DraftStage& stage) {
  std::vector<std::string> names;
  for (const tickweir_output& output : outputs_of(*stage.plugin->table)) names.emplace_back(output.name);
  return names;
}

void refuse_unknown(const Located<std::string>& name, const PluginSource& plugins, Diagnostics& diagnostics) {
  std::string help = suggest(name.value, plugins.names);
  if (help.empty()) {
    help = plugins.searched.empty() ? "no folder was searched: give --plugin-path or set TICKWEIR_PLUGIN_PATH"
                                    : "searched " + plugins.searched;
  }
  diagnostics.error(name.place, "unknown plugin " + in_quotes(name.value), help);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::size_t draft_named(const Drafts& drafts, std::string_view id) {
  const auto found = std::find_if(drafts.begin(), drafts.end(),
                                  [&](const DraftStage& draft) { return draft.config->id == id; });
  TICKWEIR_ASSERT(found != drafts.end());  // load_pipeline() refuses inputs from nowhere
  return static_cast<std::size_t>(found - drafts.begin());
}

// The output that "stage" alone stands for.
std::optional<std::uint32_t> only_output(const DraftStage& from, const Place& place,
                                         Diagnostics& diagnostics) {
  if (passes_on(from)) return 0;
  const std::vector<std::string> names = output_names_of(from);
  if (names.size() == 1) return 0;
  if (names.empty()) {
    diagnostics.error(place, "stage " + in_quotes(from.config->id) + " has no outputs",
                      "read what it reads instead");
    return std::nullopt;
  }
  std::vector<std::string> choices;
  for (const std::string& name : names) choices.push_back(from.config->id + "." + name);
  diagnostics.error(place,
                    "stage " + in_quotes(from.config->id) + " has " + std::to_string(names.size()) +
                        " outputs: " + join(names),
                    "say which: " + join(choices, " or "));
  return std::nullopt;
}

std::optional<std::uint32_t> named_output(const DraftStage& from, const std::string& wanted,
                                          const Place& place, Diagnostics& diagnostics) {
  const std::string& id = from.config->id;
  if (passes_on(from)) {
    diagnostics.error(place, role_sentence(from) + ": its one output has no name", "write " + id);
    return std::nullopt;
  }
  const std::vector<std::string> names = output_names_of(from);
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found != names.end()) return static_cast<std::uint32_t>(found - names.begin());
  std::string help = suggest(wanted, names);
  if (help.empty()) help = names.empty() ? "it has no outputs" : "its outputs are " + join(names);
  diagnostics.error(place, "stage " + in_quotes(id) + " has no output " + in_quotes(wanted), help);
  return std::nullopt;
}

void resolve_input(const Drafts& drafts, DraftInput& input, Diagnostics& diagnostics) {
  const auto& [text, place] = input.config->from;
  const std::size_t dot = text.find('.');
  const std::string id = text.substr(0, dot);
  input.from = draft_named(drafts, id);
  const DraftStage& from = drafts[input.from];
  if (from.plugin == nullptr) return;
  if (role_of(from) == TICKWEIR_ROLE_SINK) {
    diagnostics.error(place, role_sentence(from) + ": nothing can be read from it",
                      "read what it reads instead");
    return;
  }
  input.output = dot == std::string::npos ? only_output(from, place, diagnostics)
                                          : named_output(from, text.substr(dot + 1), place, diagnostics);
}

void refuse_repeats(const DraftStage& stage, const Drafts& drafts, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < stage.inputs.size(); ++i) {
    const DraftInput& input = stage.inputs[i];
    if (!input.output) continue;
    const bool repeated =
        std::any_of(stage.inputs.begin(), stage.inputs.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const DraftInput& earlier) {
                      return earlier.from == input.from && earlier.output == input.output;
                    });
    if (!repeated) continue;
    diagnostics.error(input.config->from.place,
                      "stage " + in_quotes(stage.config->id) + " reads " +
                          in_quotes(output_label(drafts[input.from], *input.output)) + " twice",
                      "remove one of the two");
  }
}

}  // namespace

std::string role_sentence(const DraftStage& stage) {
  return "stage " + in_quotes(stage.config->id) + " is a " + role_text(role_of(stage)) + " (" +
         stage.plugin->table->name + ")";
}

bool all_inputs_known(const DraftStage& stage) {
  return stage.plugin != nullptr && stage.config->inputs_known &&
         stage.inputs.size() == stage.config->inputs.size() &&
         std::all_of(stage.inputs.begin(), stage.inputs.end(),
                     [](const DraftInput& input) { return input.output.has_value(); });
}

std::string output_label(const DraftStage& stage, std::uint32_t output) {
  const std::span<const tickweir_output> outputs = outputs_of(*stage.plugin->table);
  if (outputs.size() < 2) return stage.config->id;
  return stage.config->id + "." + outputs[output].name;
}

void find_plugins(Drafts& drafts, const PluginSource& plugins, Diagnostics& diagnostics) {
  for (DraftStage& draft : drafts) {
    const Located<std::string>& name = draft.config->plugin;
    if (name.value.empty()) continue;
    if (!contains(plugins.names, name.value) && !contains(plugins.refused, name.value)) {
      refuse_unknown(name, plugins, diagnostics);
      continue;
    }
    Result<const Plugin*> loaded = plugins.load(name.value);
    if (loaded) {
      draft.plugin = *loaded;
    } else {
      diagnostics.error(name.place, loaded.error().message);
    }
  }
}

void check_roles(const Drafts& drafts, Diagnostics& diagnostics) {
  for (const DraftStage& draft : drafts) {
    if (draft.plugin == nullptr) continue;
    const std::string subject = role_sentence(draft);
    if (role_of(draft) == TICKWEIR_ROLE_SOURCE && !draft.config->inputs.empty()) {
      diagnostics.error(draft.config->inputs.front().from.place, subject + ": it takes no inputs",
                        "remove its inputs");
    } else if (role_of(draft) != TICKWEIR_ROLE_SOURCE && draft.config->inputs.empty() &&
               draft.config->inputs_known) {
      diagnostics.error(draft.config->place, subject + ": it needs at least one input",
                        "say what it reads, such as inputs: [STAGE]");
    }
  }
}

void resolve_inputs(Drafts& drafts, Diagnostics& diagnostics) {
  for (DraftStage& draft : drafts) {
    if (draft.plugin != nullptr && role_of(draft) == TICKWEIR_ROLE_SOURCE) continue;  // refused elsewhere
    for (const InputConfig& input : draft.config->inputs) {
      if (input.refused) continue;
      draft.inputs.push_back({.config = &input});
      resolve_input(drafts, draft.inputs.back(), diagnostics);
    }
    refuse_repeats(draft, drafts, diagnostics);
  }
}

void check_reason_count(const Drafts& drafts, Diagnostics& diagnostics) {
  std::uint32_t total = 0;
  for (const DraftStage& draft : drafts) {
    if (draft.plugin == nullptr) continue;
    total += draft.plugin->table->reason_count;
    if (total <= reason_count_max) continue;
    diagnostics.error(draft.config->place,
                      "the stages up to " + in_quotes(draft.config->id) + " have " + std::to_string(total) +
                          " drop reasons; a pipeline has room for " + std::to_string(reason_count_max),
                      "split the pipeline in two");
    return;
  }
}

void warn_of_unread(const Drafts& drafts, Diagnostics& diagnostics) {
  std::vector<bool> read(drafts.size(), false);
  for (const DraftStage& draft : drafts) {
    for (const DraftInput& input : draft.inputs) {
      read[input.from] = true;
    }
  }
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const std::uint32_t role = role_of(drafts[i]);
    if (read[i] || (role != TICKWEIR_ROLE_SOURCE && role != TICKWEIR_ROLE_FILTER)) continue;
    diagnostics.warning(drafts[i].config->place,
                        "nobody reads stage " + in_quotes(drafts[i].config->id) + ": its events go nowhere",
                        "name it in another stage's inputs, or remove it");
  }
}

}  // namespace tickweir
