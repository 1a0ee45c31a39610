// What a stage has when its plugin is a log: the store, the committer, the numbers, the replay.
//
// Numbers: live events get the next sequence, and a time that is never before that of the event before. A log
// without another one upstream goes on after what it holds. A log behind another one starts at 1 in every
// run: the replay of the first makes the same events again, and the committer checks them against what is
// stored.
//
// Threading: open() and the replay on the stage's thread; read_from() on the one that starts the engine,
// before the work begins.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "runtime/engine/committer.h"
#include "runtime/engine/progress.h"
#include "runtime/engine/stage_object.h"

namespace tickweir {

class LogStage {
 public:
  // After object.create().
  LogStage(const Graph& graph, const GraphStage& stage, StageObject& object, LogCells& cells,
           RunControl& control);

  Committer& committer() { return committer_; }
  [[nodiscard]] const Committer& committer() const { return committer_; }
  [[nodiscard]] const LogCells& cells() const { return cells_; }
  // In a replay that ends early, the last sequence is that of the end. After open().
  [[nodiscard]] const LogFacts& facts() const { return facts_; }
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] std::uint64_t last_time() const { return last_time_; }

  Result<void> open();
  // Numbers the live events. The last sequence given so far.
  std::uint64_t number(tickweir_batch& batch);

  // A snapshot brought the stages around it to this point: a replay begins after it, and so do the numbers of
  // a log behind another one.
  void go_on_after(std::uint64_t sequence, std::uint64_t time);
  [[nodiscard]] std::uint64_t replayed() const { return replayed_; }
  // There is more than the replay shall pass on: facts() do not count it.
  [[nodiscard]] bool ends_early() const { return ends_early_; }

  // Of an event that is held.
  Result<std::uint64_t> time_of(std::uint64_t sequence);

  // Shows every event held from `sequence` on to `visit`, in batches. Not all of them if the run is to end.
  Result<void> read_from(std::uint64_t sequence,
                         const std::function<Result<void>(const tickweir_batch&)>& visit);

  // Asks for everything held to be passed on before anything new comes.
  void begin_replay();
  [[nodiscard]] bool is_replaying() const { return is_replaying_; }
  // Fills an empty batch with what comes next. False: that was all.
  Result<bool> replay(tickweir_batch& batch);
  void end_replay();

 private:
  Result<void> read_last_time();

  const Graph& graph_;
  const GraphStage& stage_;
  LogStore store_;
  LogCells& cells_;
  RunControl& control_;
  Committer committer_;
  LogFacts facts_;
  bool ends_early_ = false;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_time_ = 0;
  bool is_replaying_ = false;
  std::uint64_t replay_after_ = 0;    // the sequence before the first that is passed on
  std::uint64_t replayed_ = 0;        // the last that was passed on
  std::optional<Progress> progress_;  // of the replay
};

}  // namespace tickweir
