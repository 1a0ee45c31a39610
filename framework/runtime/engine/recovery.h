// Brings a run to where its logs end: from the newest snapshot that fits, or from their beginning.
//
// Threading: the one that starts the engine, after the stages have started and the logs are open, before the
// work begins.
#pragma once

#include <optional>

#include "runtime/engine/run_state.h"

namespace tickweir {

// Loads what a snapshot holds, shows the stages before each log what has passed since, has the logs replay to
// the stages after them, and starts the committers. Gives the snapshot it went on from, if any.
// `folder`: nullptr when the pipeline has no snapshots. A replay (RunMode) shows nothing to the stages
// before, and takes a snapshot only when the logs do not hold their beginning. When the run is to end
// meanwhile (RunControl::is_ending()), it ends early, and what was shown may be a part only.
// An error when none fits and one comes after events of a log that is empty now, or another one: a run that
// began from nothing would number its events as those that are away.
[[nodiscard]] Result<std::optional<Snapshot>> recover_run(const Graph& graph, const Runners& runners,
                                                          SnapshotFolder* folder, RunControl& control);

}  // namespace tickweir
