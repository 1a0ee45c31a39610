// Which events each edge carries, and whether its reader accepts any of them. See draft.h.
#include <algorithm>

#include "runtime/graph/draft.h"
#include "runtime/graph/tables.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

// A set of event names, in the order they were first named; `any`: all there are.
struct EventNames {
  bool any = false;
  std::vector<std::string> names;

  [[nodiscard]] bool has(const std::string& name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  void add(const EventNames& other) {
    any = any || other.any;
    for (const std::string& name : other.names) {
      if (!has(name)) names.push_back(name);
    }
  }
  [[nodiscard]] bool meets(const EventNames& other) const {
    if (any || other.any) return true;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return other.has(name); });
  }
  [[nodiscard]] std::string text() const {
    return any ? "any event" : names.empty() ? "nothing" : join(names);
  }
};

EventNames parse_events(const char* list) {
  EventNames events;
  for (const std::string_view name : split_names(list == nullptr ? "*" : list)) {
    if (name == "*") events.any = true;
    if (name != "*" && !events.has(std::string(name))) events.names.emplace_back(name);
  }
  return events;
}

class EventMatch {
 public:
  EventMatch(const Drafts& drafts, Diagnostics& diagnostics)
      : drafts_(drafts), diagnostics_(diagnostics), passed_on_(drafts.size(), {.any = true, .names = {}}) {}

  void visit(std::size_t index) {
    const DraftStage& stage = drafts_[index];
    // Nobody can say what a filter passes on of which an input is refused, or lacking.
    EventNames passed_on{.any = stage.inputs.empty() || !all_inputs_known(stage), .names = {}};
    for (const DraftInput& input : stage.inputs) {
      const EventNames carried = carried_by(input);
      passed_on.add(carried);
      if (stage.plugin == nullptr) continue;
      const EventNames accepted = parse_events(stage.plugin->table->accepts);
      if (carried.meets(accepted)) continue;
      diagnostics_.error(input.config->from.place,
                         in_quotes(input.config->from.value) + " carries " + carried.text() + "; stage " +
                             in_quotes(stage.config->id) + " (" + stage.plugin->table->name + ") accepts " +
                             accepted.text());
      passed_on.any = true;  // said once is enough: nothing downstream is refused for it
    }
    passed_on_[index] = std::move(passed_on);
  }

 private:
  [[nodiscard]] EventNames carried_by(const DraftInput& input) const {
    if (!input.output || drafts_[input.from].plugin == nullptr) return {.any = true, .names = {}};
    const tickweir_plugin& from = *drafts_[input.from].plugin->table;
    if (passes_on(drafts_[input.from])) return passed_on_[input.from];
    return parse_events(outputs_of(from)[*input.output].events);
  }

  const Drafts& drafts_;
  Diagnostics& diagnostics_;
  std::vector<EventNames> passed_on_;  // by filters and logs: all that comes in; any until visited
};

}  // namespace

void match_events(const Drafts& drafts, const std::vector<std::size_t>& order, Diagnostics& diagnostics) {
  EventMatch match(drafts, diagnostics);
  for (const std::size_t index : order) match.visit(index);
}

}  // namespace tickweir
