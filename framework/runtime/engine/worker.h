// One thread of the pipeline: runs its stages until all of them have ended and the run drains.
//
// Threading: the constructor and the wiring on the main thread; run() on the worker's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/block.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/edge.h"
#include "runtime/engine/inbox.h"
#include "runtime/engine/sleeper.h"
#include "runtime/engine/stage_runner.h"

namespace tickweir {

// Where a stage's blocks from other threads arrive: a ring per edge, or one inbox for all its edges.
struct Inlet {
  StageRunner* to = nullptr;
  std::vector<Edge*> edges;
  Inbox* inbox = nullptr;         // nullptr: the ring of the only edge
  std::vector<Edge*> edge_of;     // inbox: by index in the graph
  std::vector<bool> is_finished;  // by position in `edges`
};

class Worker {
 public:
  Worker(const Graph& graph, std::uint32_t index, ThreadCells& cells, RunControl& control);

  void add_stage(StageRunner* stage) { stages_.push_back(stage); }
  void add_inlet(Inlet inlet) { inlets_.push_back(std::move(inlet)); }
  // What became of `source`'s events, from a log's committer.
  void add_settlement(StageRunner* source, Edge* edge) { settlements_.push_back({source, edge}); }

  // Works until every stage has ended and the run drains, or the run is abandoned.
  void run();

  BlockPool& pool() { return pool_; }
  [[nodiscard]] const BlockPool& pool() const { return pool_; }
  Sleeper& sleeper() { return sleeper_; }
  [[nodiscard]] const GraphThread& plan() const { return plan_; }
  [[nodiscard]] const std::vector<StageRunner*>& stages() const { return stages_; }

  // Whose work the thread's time counts as, and which stage's code it is in. Reading the clock costs more
  // than a small batch's work, so it is read once a call: mark() when a stage's own work pauses or ends. Time
  // since the last mark goes to whoever is active at the next one.
  struct Activity {
    Cell* bucket;
    std::uint64_t stage;
  };
  // A stage's code begins; returns what to resume afterwards. Reads no clock.
  Activity begin(std::uint32_t stage, Cell* bucket) {
    const Activity before{.bucket = bucket_, .stage = cells_.current_stage};
    resume({.bucket = bucket, .stage = std::uint64_t{stage} + 1});
    return before;
  }
  void resume(const Activity& activity) {
    bucket_ = activity.bucket;
    set_cell(cells_.current_stage, activity.stage);
  }
  void mark() {
    const std::uint64_t now = clock_ticks();
    add_to_cell(*bucket_, now - since_);
    since_ = now;
  }
  // When the last mark was: a clock reading for nothing.
  [[nodiscard]] std::uint64_t marked_at() const { return since_; }

 private:
  bool work();
  bool drain_inlet(Inlet& inlet);
  void run_block(Edge& edge, StageRunner& stage, const QueuedBlock& queued);
  bool end_finished_edges(Inlet& inlet);
  bool poll_sources();
  [[nodiscard]] bool may_poll() const;
  bool work_for_logs();
  bool flush_overflows();
  bool flush_kept(bool looks_again);
  [[nodiscard]] bool all_ended() const;
  [[nodiscard]] bool is_over() const;
  bool has_work();
  void wait(std::uint32_t idle_rounds);
  void sleep();
  [[nodiscard]] std::uint64_t sleep_ns_max(std::vector<int>& descriptors) const;

  const GraphThread& plan_;
  ThreadCells& cells_;
  RunControl& control_;
  BlockPool pool_;
  Sleeper sleeper_;
  std::vector<StageRunner*> stages_;
  std::vector<StageRunner*> sources_;
  std::vector<Inlet> inlets_;
  struct Settlement {
    StageRunner* source;
    Edge* edge;
  };
  std::vector<Settlement> settlements_;
  std::vector<StageRunner*> logs_;   // stages that replay,
  std::vector<StageRunner*> gated_;  // and those that wait for one
  std::vector<Edge*> outgoing_;
  std::size_t first_inlet_ = 0;  // rotates: every inlet is first in its turn
  bool is_blocked_ = false;      // the last round left work undone because an edge was full
  bool may_poll_ = true;         // when sources were last looked at
  Cell* bucket_;
  std::uint64_t since_ = 0;
};

}  // namespace tickweir
