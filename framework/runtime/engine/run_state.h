// What a run must remember to go on from a point of its logs without what came before: written to a snapshot,
// and put back from one.
//
// Saved are the stages after a log that save, and those before a log that both save and recover; a stage
// that does not save has nothing to remember (see tickweir_state in plugin.h).
//
// Threading: save_state() while no thread of the run works, or in a forked child; it allocates nothing. The
// rest on the main thread before the work begins.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "runtime/durability/snapshot_folder.h"
#include "runtime/engine/logs.h"

namespace tickweir {

// Why a save failed, ended by NUL.
using SaveError = std::array<char, 1280>;

class RunState {
 public:
  RunState(const Graph& graph, const Runners& runners);

  // Where the logs are now.
  [[nodiscard]] std::vector<LogPosition> positions() const;
  // Writes a whole snapshot. True: stored.
  bool save(SnapshotWriter& writer, const std::vector<LogPosition>& positions, SaveError& error) const;

  // Whether what this stage remembers is in the snapshots.
  [[nodiscard]] bool saves(const StageRunner& stage) const;

  // Why the run cannot go on from there, or "" when it can. Logs must be open.
  [[nodiscard]] std::string misfit(const Snapshot& snapshot) const;
  // Which log that no other can make again is not the one that this snapshot comes after, or "".
  [[nodiscard]] std::string lost_log(const Snapshot& snapshot) const;
  // Puts every saved stage and every log where the snapshot was. Stages must be fresh.
  Result<void> load(const SnapshotFolder& folder, const Snapshot& snapshot) const;

 private:
  std::vector<StageRunner*> saved_;  // in the order of the graph, as are the logs
  std::vector<StageRunner*> logs_;
};

}  // namespace tickweir
