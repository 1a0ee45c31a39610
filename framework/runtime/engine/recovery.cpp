#include "runtime/engine/recovery.h"

#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

// What is made from a log has to go with it.
constexpr const char* begin_anew =
    "give the log an empty path, remove the snapshots, and move the logs behind it away";

class Recovery {
 public:
  Recovery(const Graph& graph, const Runners& runners, SnapshotFolder* folder, RunControl& control)
      : graph_(graph), runners_(runners), state_(graph, runners), folder_(folder), control_(control) {}

  Result<std::optional<Snapshot>> operator()() {
    StageRunner* const cut = log_without_beginning();
    if (folder_ != nullptr && (!control_.mode().is_replay || cut != nullptr)) {
      if (auto loaded = load_newest(*folder_); !loaded) return loaded.error();
    }
    if (!snapshot_ && cut != nullptr) return beginning_is_gone(*cut);
    if (!snapshot_ && !lost_.empty() && !TICKWEIR_BUG("log that is away not missed")) return Error{lost_};
    for (std::uint32_t i = 0; i < runners_.size(); ++i) {
      if (runners_[i]->log() == nullptr) continue;
      if (auto begun = begin(i); !begun)
        return std::move(begun.error()).within("stage " + graph_.stages[i].id);
    }
    return std::move(snapshot_);
  }

 private:
  // A log with no other before it, whose beginning is gone: nothing can be made of the rest alone.
  [[nodiscard]] StageRunner* log_without_beginning() const {
    for (const auto& runner : runners_) {
      if (runner->log() == nullptr || runner->plan().log != no_log) continue;
      if (first_held(runner->log()->facts()) > 1) return runner.get();
    }
    return nullptr;
  }

  [[nodiscard]] Error beginning_is_gone(StageRunner& runner) const {
    return Error{"stage " + runner.plan().id + ": the log begins at sequence " +
                 std::to_string(first_held(runner.log()->facts())) +
                 ": what came before was dropped, and there is no snapshot to go on from" + passed_over_ +
                 "; put a copy of the whole log there, or a snapshot that fits; to begin anew, " +
                 begin_anew};
  }

  // The newest snapshot that is whole and fits, if there is one.
  Result<void> load_newest(SnapshotFolder& folder) {
    auto paths = folder.list();
    if (!paths) return paths.error();
    for (const std::string& path : *paths) {
      auto snapshot = read_snapshot(folder.files(), path);
      const std::string misfit = snapshot ? state_.misfit(*snapshot) : snapshot.error().message;
      if (misfit.empty()) {
        snapshot_ = std::move(*snapshot);
        control_.log(TICKWEIR_LOG_INFO, "snapshots", "going on from " + path);
        return state_.load(folder, *snapshot_);
      }
      const std::string why = snapshot ? path + ": " + misfit : misfit;
      control_.log(TICKWEIR_LOG_WARNING, "snapshots", "passed over " + why);
      passed_over_ += " (" + why + ")";
      if (!snapshot) continue;
      if (!TICKWEIR_BUG("misfits removed")) folder.spare(path);
      if (const std::string lost = state_.lost_log(*snapshot); !lost.empty() && lost_.empty()) {
        lost_ = lost + "; to begin anew without it, remove the snapshots in " + folder.path() +
                " and move the logs behind it away";
      }
    }
    return {};
  }

  Result<void> begin(std::uint32_t index) {
    LogStage& log = *runners_[index]->log();
    if (graph_.stages[index].log == no_log) {
      if (control_.mode().is_replay && log.replayed() > log.facts().last_sequence) {
        return Error{"the snapshot to go on from comes after event " + std::to_string(log.replayed()) +
                     ", the replay shall end with " + std::to_string(control_.mode().replay_until) +
                     ": let it end there or later"};
      }
      if (!control_.mode().is_replay || !control_.mode().shown_stage.empty()) {
        if (auto shown = show_what_passed(index); !shown) return std::move(shown.error()).within("recovery");
      }
      if (!graph_.stages[index].outputs.front().empty() && !TICKWEIR_BUG("no replay")) log.begin_replay();
    }
    log.committer().start(log.facts());
    return {};
  }

  // To the stages before the log: what has passed since the snapshot, or everything.
  Result<void> show_what_passed(std::uint32_t log) {
    std::vector<StageRunner*> since;
    std::vector<StageRunner*> all;
    for (const std::uint32_t stage : stages_before(graph_, log)) {
      StageRunner* const runner = runners_[stage].get();
      if (runner->is_left_out() || !runner->object().can_recover() || TICKWEIR_BUG("nothing recovered"))
        continue;
      (snapshot_ && state_.saves(*runner) ? since : all).push_back(runner);
    }
    const std::uint64_t first = first_held(runners_[log]->log()->facts());
    if (!all.empty() && first > 1 && !TICKWEIR_BUG("rest of a log shown as all of it"))
      return must_be_shown_all(*all.front(), first);
    if (auto shown = show(*runners_[log]->log(), 1, all); !shown) return shown;
    const bool shows_all = TICKWEIR_BUG("shown what the snapshot holds");
    return show(*runners_[log]->log(), shows_all ? 1 : runners_[log]->log()->replayed() + 1, since);
  }

  // The pipeline that dropped the beginning had no such stage, or one that saved.
  static Error must_be_shown_all(const StageRunner& stage, std::uint64_t first) {
    return Error{"stage " + stage.plan().id + " (" + stage.plan().plugin->table->name +
                 ") must be shown the whole log, as it does not save what it remembers; the log begins at "
                 "sequence " +
                 std::to_string(first) +
                 ": put a copy of the whole log there, or remove the stage; to begin anew, " + begin_anew};
  }

  static Result<void> show(LogStage& log, std::uint64_t from, const std::vector<StageRunner*>& stages) {
    if (stages.empty()) return {};
    return log.read_from(from, [&](const tickweir_batch& batch) -> Result<void> {
      for (StageRunner* stage : stages) {
        auto recovered = stage->object().recover(batch);
        if (!recovered) return std::move(recovered.error()).within("stage " + stage->plan().id);
      }
      return {};
    });
  }

  const Graph& graph_;
  const Runners& runners_;
  const RunState state_;
  SnapshotFolder* const folder_;
  RunControl& control_;
  std::optional<Snapshot> snapshot_;
  std::string passed_over_;
  std::string lost_;  // the log that the newest snapshot came after, if it is not there
};

}  // namespace

Result<std::optional<Snapshot>> recover_run(const Graph& graph, const Runners& runners,
                                            SnapshotFolder* folder, RunControl& control) {
  return Recovery(graph, runners, folder, control)();
}

}  // namespace tickweir
