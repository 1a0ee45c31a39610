// Sources that are told what became of their events: each event must pass one log, once. See draft.h.
#include <algorithm>
#include <set>

#include "runtime/config/fields.h"
#include "runtime/graph/draft.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

bool settles(const DraftStage& stage) {
  return stage.plugin != nullptr && role_of(stage) == TICKWEIR_ROLE_SOURCE &&
         stage.plugin->table->source != nullptr && stage.plugin->table->source->settle != nullptr;
}

// Whether one of the stage's reasons says that an event repeats another, or that it is refused.
bool has_reason(const DraftStage& stage, bool of_repeats) {
  const std::span<const tickweir_reason> reasons = reasons_of(*stage.plugin->table);
  return std::ranges::any_of(reasons, [of_repeats](const tickweir_reason& reason) {
    return ((reason.flags & TICKWEIR_REASON_REPEAT) != 0) == of_repeats;
  });
}

class SettlingCheck {
 public:
  SettlingCheck(Drafts& drafts, const std::vector<std::size_t>& order, bool stages_known,
                Diagnostics& diagnostics)
      : drafts_(drafts),
        order_(order),
        all_known_(stages_known),
        diagnostics_(diagnostics),
        leads_to_log_(drafts.size(), false) {
    for (const DraftStage& draft : drafts) {
      const bool is_source = draft.plugin != nullptr && role_of(draft) == TICKWEIR_ROLE_SOURCE;
      const bool all_read = draft.inputs.size() == draft.config->inputs.size() && draft.config->inputs_known;
      all_known_ = all_known_ && (is_source || all_read);
    }
    for (auto index = order.rbegin(); index != order.rend(); ++index) {
      if (is_log(drafts[*index])) leads_to_log_[*index] = true;
      if (!leads_to_log_[*index]) continue;
      for (const DraftInput& input : drafts[*index].inputs) {
        if (has_role(input.from, TICKWEIR_ROLE_FILTER)) leads_to_log_[input.from] = true;
      }
    }
  }

  void check(std::size_t source) {
    Found found{.known = all_known_};
    const std::size_t output_count = outputs_of(*drafts_[source].plugin->table).size();
    for (std::uint32_t output = 0; output < output_count; ++output) {
      const Reach reach = follow(source, output, found.known);
      bool reached = false;
      for (const std::size_t index : order_) {
        if (!is_log(drafts_[index])) continue;
        reached = reached || reach.sent[index];
        if (reach.sent[index]) found.logs.insert(index);
        if (reach.derived[index]) found.logs.insert(index), found.transform = reach.derived[index];
      }
      if (!reached && reach.is_read) found.outside = output;
    }
    judge(source, found);
  }

 private:
  // Where the events of one output get to, by draft.
  struct Reach {
    std::vector<bool> sent;                           // as the source made them: through filters
    std::vector<std::optional<std::size_t>> derived;  // what a transform, this one, made of them
    std::vector<std::optional<std::size_t>> known;    // sent through a filter, this one, that tells repeats
    bool is_read = false;
  };
  // What all outputs of a source come to.
  struct Found {
    bool known = true;                     // false: there may be more
    std::set<std::size_t> logs;            // the first on each way
    std::optional<std::size_t> transform;  // between the source and one of them
    std::optional<std::uint32_t> outside;  // an output that is read, but by no log
  };

  [[nodiscard]] bool has_role(std::size_t index, std::uint32_t role) const {
    return drafts_[index].plugin != nullptr && role_of(drafts_[index]) == role;
  }

  Reach follow(std::size_t source, std::uint32_t output, bool& known) {
    const std::vector<std::optional<std::size_t>> none(drafts_.size());
    Reach reach{.sent = std::vector<bool>(drafts_.size()), .derived = none, .known = none};
    for (const std::size_t index : order_) {
      const DraftInput* first = nullptr;
      for (const DraftInput& input : drafts_[index].inputs) {
        if (input.from == source && !input.output) known = false;
        const bool is_direct = input.from == source && input.output == output;
        reach.is_read = reach.is_read || is_direct;
        if (is_direct || (has_role(input.from, TICKWEIR_ROLE_FILTER) && reach.sent[input.from])) {
          reach.sent[index] = true;
          if (!is_direct && !reach.known[index]) reach.known[index] = knower_behind(reach, input.from);
          check_edge(source, index, input);
          if (first != nullptr) refuse_second_way(source, index, *first, input);
          if (first == nullptr) first = &input;
        }
        derive(reach, index, input.from);
      }
      if (!reach.sent[index]) continue;
      known = known && drafts_[index].plugin != nullptr;
      check_stage(source, index);
      if (reach.known[index]) check_refusals(source, index, *reach.known[index]);
    }
    return reach;
  }

  // Which filter has remembered the events that come out of the filter `from`.
  [[nodiscard]] std::optional<std::size_t> knower_behind(const Reach& reach, std::size_t from) const {
    if (reach.known[from]) return reach.known[from];
    return has_reason(drafts_[from], true) ? std::optional(from) : std::nullopt;
  }

  void derive(Reach& reach, std::size_t to, std::size_t from) const {
    if (has_role(from, TICKWEIR_ROLE_TRANSFORM) && (reach.sent[from] || reach.derived[from])) {
      reach.derived[to] = reach.derived[from] ? reach.derived[from] : from;
    } else if (has_role(from, TICKWEIR_ROLE_FILTER) && reach.derived[from]) {
      reach.derived[to] = reach.derived[from];
    }
  }

  // What stands between a source and its log may lose nothing.
  void check_edge(std::size_t source, std::size_t to, const DraftInput& input) {
    if (!leads_to_log_[to] || input.config->when_full == WhenFull::block) return;
    if (!reported_.insert(input.config).second) return;
    diagnostics_.error(
        input.config->when_full_place,
        std::string(input.config->when_full == WhenFull::drop_newest ? "drop_newest" : "drop_oldest") +
            " loses events between source " + id_of(source) + ", which acknowledges them, and its log",
        "use when_full: block");
  }

  void check_stage(std::size_t source, std::size_t index) {
    const StageConfig& config = *drafts_[index].config;
    if (!leads_to_log_[index] || !has_role(index, TICKWEIR_ROLE_FILTER)) return;
    if (config.on_error != OnError::dead_letter || !reported_.insert(&config).second) return;
    diagnostics_.error(config.on_error_place,
                       "stage " + id_of(index) + " stands between source " + id_of(source) +
                           ", which acknowledges its events, and its log: a dead letter would never be "
                           "acknowledged nor refused",
                       "use on_error: stop");
  }

  // A refusal may be lost on its way to the client. The event comes again, and what remembers it calls it a
  // repeat of one that is durable.
  void check_refusals(std::size_t source, std::size_t index, std::size_t knower) {
    const StageConfig& config = *drafts_[index].config;
    if (!leads_to_log_[index] || !has_role(index, TICKWEIR_ROLE_FILTER)) return;
    if (!has_reason(drafts_[index], false) || !reported_.insert(&config.plugin).second) return;
    diagnostics_.error(config.plugin.place,
                       role_sentence(drafts_[index]) + " and refuses events that " + id_of(knower) +
                           " has remembered: sent again, they would be taken for repeats, and source " +
                           id_of(source) + " would acknowledge what no log holds",
                       has_reason(drafts_[index], true)
                           ? "remove one of the two"
                           : "put " + id_of(index) + " before " + id_of(knower) +
                                 ": the filter that knows repeats must be the last that may refuse");
  }

  void refuse_second_way(std::size_t source, std::size_t to, const DraftInput& first,
                         const DraftInput& second) {
    if (!leads_to_log_[to] || !reported_.insert(&second).second) return;
    diagnostics_.error(second.config->from.place,
                       "stage " + id_of(to) + " reads the events of source " + id_of(source) +
                           ", which acknowledges each once, through " + in_quotes(first.config->from.value) +
                           " and again through " + in_quotes(second.config->from.value),
                       "remove one of the two");
  }

  void judge(std::size_t source, const Found& found) {
    const Place& place = drafts_[source].config->plugin.place;
    const std::string subject = role_sentence(drafts_[source]) + " and acknowledges its events";
    if (found.logs.size() > 1) {
      std::vector<std::string> ids;
      for (const std::size_t log : found.logs) ids.push_back(id_of(log));
      diagnostics_.error(
          place,
          subject + ": they must reach one log, not " + std::to_string(ids.size()) + ": " + joined(ids),
          "let one log read them, and the other that log");
    } else if (found.transform) {
      if (!reported_.insert(drafts_[*found.transform].config).second) return;
      diagnostics_.error(drafts_[*found.transform].config->plugin.place,
                         role_sentence(drafts_[*found.transform]) + ", between source " + id_of(source) +
                             ", which acknowledges its events, and log " + id_of(*found.logs.begin()) +
                             ": that log does not store what the source sent",
                         "let the log read the source through filters only, and the transform the log");
    } else if (found.logs.empty()) {
      if (!found.known) return;
      diagnostics_.error(place, subject + ": it needs a log behind it, reached through filters only",
                         "add a stage with a plugin such as wal_segment that reads it");
    } else if (found.outside && found.known) {
      diagnostics_.error(place,
                         subject + ": what " + in_quotes(output_label(drafts_[source], *found.outside)) +
                             " carries reaches no log",
                         "let log " + id_of(*found.logs.begin()) + " read it too, or no stage");
    } else {
      drafts_[source].settling_log = *found.logs.begin();
      warn_of_loss(source, *found.logs.begin());
    }
  }

  void warn_of_loss(std::size_t source, std::size_t log) {
    const StageConfig& config = *drafts_[log].config;
    const SyncMode sync = sync_of(config.durability, *drafts_[log].plugin);
    if (sync == SyncMode::group || sync == SyncMode::each) return;
    diagnostics_.warning(
        config.sync_place,
        "source " + id_of(source) + " acknowledges events that log " + id_of(log) + " has not synced: " +
            (sync == SyncMode::os ? "a power cut loses" : "a crash or a power cut loses") + " some of them",
        "use sync: group, or each");
  }

  [[nodiscard]] std::string id_of(std::size_t index) const { return in_quotes(drafts_[index].config->id); }

  Drafts& drafts_;
  const std::vector<std::size_t>& order_;
  bool all_known_;
  Diagnostics& diagnostics_;
  std::vector<bool> leads_to_log_;  // filters and logs: events that get there get into a log
  std::set<const void*> reported_;
};

}  // namespace

void find_settling_logs(Drafts& drafts, const std::vector<std::size_t>& order, bool stages_known,
                        Diagnostics& diagnostics) {
  SettlingCheck check(drafts, order, stages_known, diagnostics);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (settles(drafts[i])) check.check(i);
  }
}

}  // namespace tickweir
