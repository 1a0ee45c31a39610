// Which log each stage's events went through last, and settings that need one. See draft.h.
#include <algorithm>
#include <filesystem>
#include <map>

#include "runtime/graph/draft.h"
#include "runtime/graph/tables.h"

namespace tickweir {
namespace {

// What a stage's events went through, on all ways to it.
struct Way {
  enum class Kind { unknown, no_log, one_log, mixed };
  Kind kind = Kind::unknown;
  std::size_t stage = 0;  // the log, or where the ways were mixed

  bool operator==(const Way&) const = default;
};

constexpr const char* one_way_help =
    "all events of a log must have come through the same log, or none through any";

class LogSearch {
 public:
  LogSearch(Drafts& drafts, Diagnostics& diagnostics)
      : drafts_(drafts), diagnostics_(diagnostics), way_(drafts.size()) {}

  void visit(std::size_t index) {
    DraftStage& stage = drafts_[index];
    if (stage.plugin == nullptr) return;
    const Way way = way_into(index);
    if (way.kind == Way::Kind::one_log) stage.log = way.stage;
    way_[index] = is_log(stage) ? Way{Way::Kind::one_log, index} : way;
    if (is_log(stage)) refuse_mixture(stage);
    check_durability(stage);
    check_release(stage, way);
  }

 private:
  [[nodiscard]] Way way_into(std::size_t index) const {
    const DraftStage& stage = drafts_[index];
    if (role_of(stage) == TICKWEIR_ROLE_SOURCE) return {Way::Kind::no_log, 0};
    if (stage.inputs.empty() || !all_inputs_known(stage)) return {};
    Way joined = way_[stage.inputs.front().from];
    for (const DraftInput& input : stage.inputs) {
      const Way& way = way_[input.from];
      if (way.kind == Way::Kind::unknown) return {};
      if (joined.kind == Way::Kind::mixed || way == joined) continue;
      joined = way.kind == Way::Kind::mixed ? way : Way{Way::Kind::mixed, index};
    }
    return joined;
  }

  // "log "a"", "no log"
  [[nodiscard]] std::string name_of(const Way& way) const {
    return way.kind == Way::Kind::one_log ? "log " + in_quotes(drafts_[way.stage].config->id) : "no log";
  }

  // Two inputs that differ, of a stage where ways were mixed: "a" through log "x", but "b" through no log.
  [[nodiscard]] std::string ways_into(const DraftStage& stage) const {
    const DraftInput& first = stage.inputs.front();
    const auto other = std::find_if(stage.inputs.begin(), stage.inputs.end(), [&](const DraftInput& input) {
      return way_[input.from] != way_[first.from];
    });
    TICKWEIR_ASSERT(other != stage.inputs.end());
    return way_of(first) + ", but " + way_of(*other);
  }
  [[nodiscard]] std::string way_of(const DraftInput& input) const {
    return in_quotes(input.config->from.value) + " through " + name_of(way_[input.from]);
  }

  void refuse_mixture(const DraftStage& log) {
    const DraftInput* first = nullptr;
    for (const DraftInput& input : log.inputs) {
      const Way& way = way_[input.from];
      if (way.kind == Way::Kind::unknown) continue;
      if (way.kind == Way::Kind::mixed) {
        diagnostics_.error(input.config->from.place,
                           in_quotes(input.config->from.value) + " comes from stage " +
                               in_quotes(drafts_[way.stage].config->id) + ", which reads " +
                               ways_into(drafts_[way.stage]),
                           one_way_help);
      } else if (first == nullptr) {
        first = &input;
      } else if (way != way_[first->from]) {
        diagnostics_.error(input.config->from.place,
                           in_quotes(input.config->from.value) + " comes through " + name_of(way) + ", but " +
                               way_of(*first),
                           one_way_help);
      }
    }
  }

  void check_durability(const DraftStage& stage) {
    if (is_log(stage)) {
      if (stage.config->on_error == OnError::dead_letter) {
        diagnostics_.error(stage.config->on_error_place,
                           role_sentence(stage) + ": after a log has failed nothing more can be stored",
                           "remove on_error: a log that fails stops the run");
      }
    } else if (stage.config->durability_place) {
      diagnostics_.error(*stage.config->durability_place, role_sentence(stage) + ": durability is for logs",
                         "remove it, or put it on a log");
    }
  }

  void check_release(const DraftStage& stage, const Way& way) {
    if (!stage.config->release_place) return;
    const Place& place = *stage.config->release_place;
    const std::string id = in_quotes(stage.config->id);
    if (is_log(stage)) {
      diagnostics_.error(place, role_sentence(stage) + ": a log always waits for the one before it",
                         "remove release");
    } else if (role_of(stage) == TICKWEIR_ROLE_SOURCE) {
      diagnostics_.error(place, role_sentence(stage) + ": there is no log before it that it could wait for",
                         "remove release, or put it on a stage behind a log");
    } else if (stage.config->release_durable && way.kind == Way::Kind::no_log) {
      diagnostics_.error(place, "there is no log before stage " + id + " that it could wait for",
                         "put a log before it, or remove release: durable");
    } else if (stage.config->release_durable && way.kind == Way::Kind::mixed) {
      diagnostics_.error(place,
                         "stage " + id + " can wait for one log only: " +
                             (&drafts_[way.stage] == &stage
                                  ? "it"
                                  : "stage " + in_quotes(drafts_[way.stage].config->id) + " before it") +
                             " reads " + ways_into(drafts_[way.stage]),
                         "let it read what came through one log only, or remove release: durable");
    }
  }

  Drafts& drafts_;
  Diagnostics& diagnostics_;
  std::vector<Way> way_;  // out of each stage
};

// Null when the log has no such option, or a wrong one.
const char* path_of(const DraftStage& log, Place& place) {
  const std::span<const tickweir_option> table = options_of(*log.plugin->table);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].name != std::string_view("path") || table[i].type != TICKWEIR_OPTION_TEXT) continue;
    place = log.binding.places[i];
    return log.binding.options.values[i].text;
  }
  return nullptr;
}

void refuse_shared_paths(const Drafts& drafts, Diagnostics& diagnostics) {
  std::map<std::string, std::string> ids;
  for (const DraftStage& draft : drafts) {
    Place place;
    const char* path = is_log(draft) ? path_of(draft, place) : nullptr;
    if (path == nullptr || *path == '\0') continue;
    std::string normal = std::filesystem::path(path).lexically_normal().string();
    if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    const auto [first, is_new] = ids.emplace(std::move(normal), draft.config->id);
    if (is_new) continue;
    diagnostics.error(place,
                      "logs " + in_quotes(first->second) + " and " + in_quotes(draft.config->id) +
                          " have the same path: " + in_quotes(first->first),
                      "give each log a path of its own");
  }
}

}  // namespace

void find_logs(Drafts& drafts, const std::vector<std::size_t>& order, Diagnostics& diagnostics) {
  LogSearch search(drafts, diagnostics);
  for (const std::size_t index : order) search.visit(index);
  refuse_shared_paths(drafts, diagnostics);
}

}  // namespace tickweir
