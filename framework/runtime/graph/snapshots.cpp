// Whether snapshots, and logs that keep only what snapshots need, are possible here. See draft.h.
#include <algorithm>

#include "runtime/graph/draft.h"

namespace tickweir {
namespace {

bool must_be_shown_everything(const DraftStage& stage) {
  const tickweir_state* const state = stage.plugin == nullptr ? nullptr : stage.plugin->table->state;
  return state != nullptr && state->recover != nullptr && (state->save == nullptr || state->load == nullptr);
}

void check_retain(const DraftStage& log, const PipelineConfig& config, const Drafts& drafts,
                  Diagnostics& diagnostics) {
  const Place& place = log.config->retain_place;
  const std::string id = in_quotes(log.config->id);
  if (!config.snapshots) {
    diagnostics.error(place, "log " + id + " keeps only what snapshots need, but the pipeline takes none",
                      "add a line such as \"snapshots: { path: ./data/snapshots }\", or remove retain");
    return;
  }
  const SyncMode sync = log.config->durability.sync;
  if (sync == SyncMode::none || sync == SyncMode::os) {
    diagnostics.error(place,
                      "log " + id +
                          " is not synced: after a power cut it may end before the snapshots, which "
                          "then are worth nothing",
                      "use sync: group, or remove retain");
  }
  const auto unsaved = std::ranges::find_if(drafts, must_be_shown_everything);
  if (unsaved != drafts.end()) {
    diagnostics.error(place,
                      "stage " + in_quotes(unsaved->config->id) + " (" + unsaved->plugin->table->name +
                          ") must be shown the whole log at each start: it does not save what it remembers",
                      "remove retain");
  }
}

}  // namespace

void check_snapshots(const Drafts& drafts, const PipelineConfig& config, Diagnostics& diagnostics) {
  const bool all_known = config.stages_known && std::ranges::all_of(drafts, [](const DraftStage& stage) {
                           return stage.plugin != nullptr;
                         });
  if (config.snapshots && all_known &&
      std::ranges::none_of(drafts, [](const DraftStage& stage) { return is_log(stage); })) {
    diagnostics.error(config.snapshots_place, "there is no log that could be replayed after a snapshot",
                      "remove snapshots, or put a log (a wal_... plugin) between source and stages");
  }
  for (const DraftStage& stage : drafts) {
    if (is_log(stage) && stage.config->durability.retain == Retain::snapshots) {
      check_retain(stage, config, drafts, diagnostics);
    }
  }
}

}  // namespace tickweir
