#include "runtime/engine/run_state.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/graph/shards.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

// The writer's side of tickweir_state_writer.
std::int32_t write_state(void* host, const void* data, std::uint64_t bytes) {
  auto* const writer = static_cast<SnapshotWriter*>(host);
  writer->write(data, bytes);
  return writer->failure() == 0 ? TICKWEIR_OK : TICKWEIR_FAILED;
}

std::int32_t read_state(void* host, void* room, std::uint64_t bytes) {
  try {
    return static_cast<StateStream*>(host)->read(room, bytes) ? TICKWEIR_OK : TICKWEIR_FAILED;
  } catch (const std::exception&) {  // must not cross into the plugin
    return TICKWEIR_FAILED;
  }
}

// Without allocating.
void set_text(SaveError& text, const char* first, const char* second) {
  std::snprintf(text.data(), text.size(), "%s%s", first, second);
}

std::string shards_text(std::size_t count) {
  return count == 0 ? "is not sharded" : "has shards: " + std::to_string(count);
}

// How many shards of a stage there are among these ids.
template <typename Ids>
std::size_t count_shards(const Ids& ids, const std::string& stage) {
  return static_cast<std::size_t>(std::ranges::count_if(
      ids, [&](const std::string& id) { return id != stage && without_shard(id) == stage; }));
}

// The first stage that had another number of shards, if there is one.
std::string misfit_of_shards(const std::vector<std::string>& saved, const std::vector<std::string>& present) {
  for (const std::string& id : present) {
    const std::string stage(without_shard(id));
    const std::size_t had = count_shards(saved, stage);
    const std::size_t has = count_shards(present, stage);
    const bool was_there =
        std::ranges::any_of(saved, [&](const std::string& other) { return without_shard(other) == stage; });
    if (had == has || !was_there) continue;
    return "it was taken where stage " + stage + " " + shards_text(had) + ", and here it " + shards_text(has);
  }
  return "";
}

// The log holds another event where the snapshot was taken. One that cannot be read is left to the replay.
bool went_on_otherwise(LogStage& log, const LogPosition& saved) {
  if (saved.last_sequence == 0 || saved.last_sequence < first_held(log.facts())) return false;
  auto time = log.time_of(saved.last_sequence);
  return time && *time != saved.last_time && !TICKWEIR_BUG("another history's snapshot");
}

bool is_saved(const GraphStage& stage, bool is_before_log) {
  const tickweir_state* const state = stage.plugin->table->state;
  if (state == nullptr || state->save == nullptr || state->load == nullptr) return false;
  return stage.log != no_log || (is_before_log && state->recover != nullptr);
}

}  // namespace

RunState::RunState(const Graph& graph, const Runners& runners) {
  std::set<std::uint32_t> before_logs;
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    if (runners[i]->log() == nullptr) continue;
    logs_.push_back(runners[i].get());
    before_logs.merge(stages_before(graph, i));
  }
  for (std::uint32_t i = 0; i < graph.stages.size(); ++i) {
    if (is_saved(graph.stages[i], before_logs.contains(i))) saved_.push_back(runners[i].get());
  }
}

bool RunState::saves(const StageRunner& stage) const {
  return std::ranges::find(saved_, &stage) != saved_.end();
}

std::vector<LogPosition> RunState::positions() const {
  std::vector<LogPosition> positions;
  for (StageRunner* runner : logs_) {
    const LogStage& log = *runner->log();
    positions.push_back({.stage = runner->plan().id,
                         .log_id = log.facts().id,
                         .last_sequence = log.last_sequence(),
                         .last_time = log.last_time()});
  }
  return positions;
}

bool RunState::save(SnapshotWriter& writer, const std::vector<LogPosition>& positions,
                    SaveError& error) const {
  writer.begin();
  for (const LogPosition& position : positions) writer.add_log(position);
  for (StageRunner* runner : saved_) {
    StageObject& object = runner->object();
    writer.begin_stage(runner->plan().id, object.table().name);
    if (object.save({.host = &writer, .write = write_state}) != TICKWEIR_OK && writer.failure() == 0) {
      set_text(error, "save failed: ", object.error_text());
      return false;
    }
  }
  if (writer.finish()) return true;
  set_text(error, "the file cannot be written: ", strerrordesc_np(writer.failure()));
  return false;
}

std::string RunState::misfit(const Snapshot& snapshot) const {
  if (snapshot.logs.size() != logs_.size()) return "the pipeline had other logs";
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    const LogPosition& saved = snapshot.logs[i];
    const LogFacts& facts = logs_[i]->log()->facts();
    const std::string& id = logs_[i]->plan().id;
    if (saved.stage != id) return "it has log " + saved.stage + " where the pipeline has " + id;
    if (saved.log_id != facts.id && !TICKWEIR_BUG("another log's snapshot"))
      return "log " + id + " was another one";
    const std::string at = "it is of sequence " + std::to_string(saved.last_sequence) + " of log " + id;
    if (saved.last_sequence > facts.last_sequence && !TICKWEIR_BUG("snapshot ahead of the log")) {
      return at + ", which ends at " + std::to_string(facts.last_sequence);
    }
    if (saved.last_sequence + 1 < first_held(facts)) {
      return at + ", which begins at " + std::to_string(first_held(facts));
    }
    if (went_on_otherwise(*logs_[i]->log(), saved)) {
      return at +
             ", which holds another event there: it is of an older copy of the log that went on otherwise";
    }
  }
  const auto is_same = [](const SavedStage& saved, const StageRunner* runner) {
    return saved.id == runner->plan().id && saved.plugin == runner->plan().plugin->table->name;
  };
  std::vector<std::string> saved_ids;
  std::vector<std::string> present_ids;
  for (const SavedStage& saved : snapshot.stages) saved_ids.push_back(saved.id);
  for (const StageRunner* runner : saved_) present_ids.push_back(runner->plan().id);
  if (std::string misfit = misfit_of_shards(saved_ids, present_ids); !misfit.empty()) return misfit;
  if (!std::equal(snapshot.stages.begin(), snapshot.stages.end(), saved_.begin(), saved_.end(), is_same)) {
    return "the pipeline had other stages with a memory, or in another order";
  }
  return "";
}

std::string RunState::lost_log(const Snapshot& snapshot) const {
  for (StageRunner* runner : logs_) {
    if (runner->plan().log != no_log) continue;
    const auto saved = std::ranges::find(snapshot.logs, runner->plan().id, &LogPosition::stage);
    if (saved == snapshot.logs.end() || saved->last_sequence == 0) continue;
    const LogFacts& facts = runner->log()->facts();
    const bool is_empty = facts.last_sequence == 0;
    const SyncMode sync = sync_of(runner->plan().durability, *runner->plan().plugin);
    const bool may_lose_all = sync == SyncMode::none || sync == SyncMode::os;
    if (facts.id == saved->log_id && (!is_empty || may_lose_all)) continue;
    return "log " + saved->stage + (is_empty ? " is empty" : " is another one") + ", but " + snapshot.path +
           " comes after event " + std::to_string(saved->last_sequence) +
           " of it: is its folder mounted, is the path right? Put that log back" +
           (is_empty ? ", in place of the empty one that lies there now" : "");
  }
  return "";
}

Result<void> RunState::load(const SnapshotFolder& folder, const Snapshot& snapshot) const {
  for (std::size_t i = 0; i < saved_.size() && !TICKWEIR_BUG("states not loaded"); ++i) {
    StateStream stream(folder.files(), snapshot, snapshot.stages[i]);
    auto loaded = saved_[i]->load({.host = &stream, .read = read_state});
    if (loaded && !stream.is_at_end()) loaded = Error{"load left a part of the saved state unread"};
    if (!loaded) {
      return std::move(loaded.error())
          .within("stage " + saved_[i]->plan().id + " cannot go on from " + snapshot.path);
    }
  }
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    logs_[i]->log()->go_on_after(snapshot.logs[i].last_sequence, snapshot.logs[i].last_time);
  }
  return {};
}

}  // namespace tickweir
