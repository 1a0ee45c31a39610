// Takes snapshots while a run goes on, and lets logs drop what no snapshot needs any more.
//
// One snapshot: sources are held until everything under way has been worked off, stored, synced and settled;
// then all threads stand still for as long as a fork takes. The child has the memory of that instant and
// writes it while the run goes on; it gets no lock, no socket and no signal, and dies with its parent. What
// it wrote is read back, and published by a rename.
//
// A snapshot that cannot be taken costs nothing but itself: it is logged and counted, and the next one is
// tried in its turn.
//
// Threading: a thread of its own; take() on any; the rest on the main thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/engine/run_state.h"

namespace tickweir {

// What the engine lends.
struct RunParts {
  const Graph& graph;
  const Runners& runners;
  const std::vector<std::unique_ptr<Edge>>& edges;  // nullptr for calls
  const std::vector<std::unique_ptr<Settlement>>& settlements;
  RunControl& control;
  SnapshotCells& cells;
};

class Snapshotter {
 public:
  // `folder`: owned by this run.
  Snapshotter(const RunParts& parts, SnapshotFolder& folder);
  ~Snapshotter();

  // `latest`: what the run went on from.
  void start(std::optional<Snapshot> latest);
  // Gives up a snapshot that is being written.
  void stop();
  // Takes one now. Nothing happens when nothing has passed since the last one.
  Result<void> take();

 private:
  struct Shared;  // with the child
  class Hold;

  void run();
  void try_to_take();
  [[nodiscard]] bool is_due();
  [[nodiscard]] std::uint64_t events_given() const;
  Result<void> take_or_throw();
  Result<std::vector<LogPosition>> bring_to_rest();
  [[nodiscard]] bool looks_at_rest() const;
  [[nodiscard]] bool is_at_rest() const;
  Result<void> fork_and_save(Hold& hold, const File& file, const std::vector<LogPosition>& positions);
  [[noreturn]] void save_in_child(std::int32_t file, const std::vector<LogPosition>& positions);
  Result<void> wait_for_child(int child);
  Result<void> publish();

  const RunParts parts_;
  SnapshotFolder& folder_;
  const RunState state_;
  const PipelineConfig& config_;
  Shared* shared_;
  std::unique_ptr<SnapshotWriter> writer_;
  std::mutex taking_;  // guards what follows
  std::optional<Snapshot> latest_;
  std::uint64_t tried_at_ = 0;  // ticks
  std::uint64_t events_at_last_ = 0;
  std::uint64_t frozen_at_ = 0;  // ticks
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;  // guarded by `mutex_`
  std::thread thread_;
};

}  // namespace tickweir
