// One stage at work: takes batches, calls the plugin, keeps its books, hands results on.
//
// Within a thread, handing on is a direct call of the next runner: a batch runs down the whole fused part of
// the graph before the next one is taken. Across threads it is a push to an Edge.
//
// Invariants, checked for every batch, always:
//   1. A filter changes neither number, sizes nor bytes in use, and its verdicts equal its drop counts.
//   2. A batch a plugin emits is sound: sizes add up, none is smaller than a header.
//   3. received = handled + drops + failed + held; nothing is handled that was not received.
//
// Threading: the worker's thread, except for create() and the constructor.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/engine/edge.h"
#include "runtime/engine/log_stage.h"
#include "runtime/engine/shard_merge.h"
#include "runtime/engine/stage_object.h"

namespace tickweir {

class Worker;

class StageRunner {
 public:
  StageRunner(const Graph& graph, std::uint32_t index, StageCells& cells, RunControl& control,
              Worker& worker);

  // Wiring, before the threads start. `edges` and `runners` by index in the graph; a call edge is nullptr.
  void wire(const std::vector<std::unique_ptr<Edge>>& edges,
            const std::vector<std::unique_ptr<StageRunner>>& runners);
  // Logs only, after the plugin's create.
  void make_log(LogCells& cells);
  // A stage with `release: durable`: the committer of the log it waits for.
  void wait_for(const Committer* gate) { gate_ = gate; }
  [[nodiscard]] LogStage* log() { return log_.get(); }
  StageObject& object() { return object_; }
  [[nodiscard]] const GraphStage& plan() const { return plan_; }
  // A replay neither starts nor calls it: what it does reaches outside.
  [[nodiscard]] bool is_left_out() const { return is_left_out_; }

  // Puts back what the stage remembered, and books what it holds. After the plugin's start, before any work.
  Result<void> load(const tickweir_state_reader& reader);
  // Nothing waits here for a fuller batch, for a log or for room. While the worker stands still.
  [[nodiscard]] bool is_clear() const;

  // The runner's life on its thread: prepare() after the plugin's start, then the work, then stop.
  void prepare();
  // Takes over one reference to `block`. Not for sources.
  void take(Block* block);
  // Sources: tells what became of events, at most so many batches of them, and has the source answer. True:
  // there were some.
  bool settle_waiting(Edge& settled, std::size_t batches_max);
  // Logs: passes on one batch of what they hold. True: there was one.
  bool replay();
  [[nodiscard]] bool is_replaying() const { return log_ != nullptr && log_->is_replaying(); }
  // Stages that wait for a log: works on what has become durable. True: there was something.
  bool take_released();
  [[nodiscard]] bool has_released() const;
  // Sources: asks for events once. True: something moved.
  bool poll();
  // One of the inputs has ended; after the last, the stage drains and its outputs end.
  void end_input();
  // Sources: no more events, for whatever cause.
  void finish();
  // Something is kept back for a fuller batch.
  [[nodiscard]] bool keeps() const { return keeps_; }
  // Hands over what is open, except what is worth keeping. `looks_again`: the worker will call this again
  // before it waits. True: something was handed over.
  bool flush(bool looks_again);

  // No edge that this stage can reach within its thread has overflow.
  [[nodiscard]] bool can_run() const;
  [[nodiscard]] bool is_ended() const { return is_ended_; }
  // What the last call of the plugin took, without the stages it handed on to.
  [[nodiscard]] std::uint64_t last_work_ns() const { return last_work_ns_; }
  [[nodiscard]] const tickweir_idle& idle() const { return idle_; }
  // Every cross-thread edge that this stage can reach by calls alone.
  void find_exits(std::vector<Edge*>& exits) const;
  // Sources that are idle: when the next tick is due, by steady_wall_ns(); 0: never.
  [[nodiscard]] std::uint64_t tick_due() const { return is_ended_ ? 0 : tick_due_; }
  // Lets go of the open blocks. After the thread has ended.
  void release_all();

 private:
  struct Port {  // one output
    std::uint32_t index = 0;
    Block* open = nullptr;
    bool has_failed = false;  // merges: a shard did, and nothing more goes out
    std::vector<StageRunner*> callees;
    std::vector<Edge*> edges;
    [[nodiscard]] std::size_t consumer_count() const { return callees.size() + edges.size(); }
  };
  // What the batch and the books said before a call, to check them after it.
  struct Before {
    std::uint32_t live;
    std::uint32_t used_bytes;
    std::uint64_t drops;
    std::uint64_t held;
    std::uint64_t busy_ticks;
  };

  Before enter(const Block& block);
  void leave(const Before& before, std::uint64_t dropped, bool failed);
  void run_filter(Block* block);
  void run_transform(Block* block);
  void run_sink(Block* block);
  void run_log(Block* block);
  void run_merge(Block* block);
  void run(Block* block);
  Block* take_first_waiting();
  void settle(const Before& before, std::uint64_t dropped, bool failed);
  void fail_batch(const Block& block);
  void fail_unless_ok(std::int32_t result);
  void drain();
  void end_outputs();
  void hand_over_to_merge(Port& port, ShardMark::End end);
  void end_shard_batch();
  void merge_batch(std::uint32_t output);
  void give_up_unmerged(std::uint32_t output);
  bool add_tick(bool emitted);
  void end_polling(std::int32_t result);
  [[nodiscard]] std::uint64_t sent_events() const;

  Block* writable(Block* block);
  void open_port(Port& port);
  void hand_over(Port& port);
  bool should_keep(const Port& port, bool looks_again) const;
  void forward(Port& port, Block* block);
  void check_emitted(const Block& block) const;
  [[noreturn]] void violation(const char* what) const;
  static void advance(void* host, std::uint32_t output);
  [[nodiscard]] std::uint64_t drop_sum() const {
    std::uint64_t sum = 0;
    for (const Cell& cell : cells_.drops) sum += cell;
    return sum;
  }

  const Graph& graph_;
  const std::uint32_t index_;
  const GraphStage& plan_;
  StageCells& cells_;
  RunControl& control_;
  Worker& worker_;
  StageObject object_;
  std::vector<Port> ports_;
  std::vector<tickweir_batch*> open_batches_;
  tickweir_emitter emitter_;
  tickweir_idle idle_;
  std::vector<Edge*> exits_;  // cross-thread edges reachable from here by calls alone
  std::size_t open_inputs_;
  std::uint64_t ingress_ticks_ = 0;  // of what is being worked on
  std::uint64_t last_work_ns_ = 0;
  std::uint64_t tick_due_ = 0;
  std::uint64_t last_time_ = 0;  // of the last event sent, for ticks
  const bool is_after_log_;
  const bool is_left_out_;
  std::uint64_t log_sequence_ = 0;  // of the log upstream: everything received so far came of events up to it
  std::unique_ptr<LogStage> log_;
  const bool is_shard_;
  std::uint64_t shard_batch_ = 0;   // shards: see ShardMark
  std::vector<ShardMerge> merges_;  // merges: by output
  const Committer* gate_ = nullptr;
  std::deque<Block*> waiting_;  // for the gate; bounded by what the log can stage and commit at once
  bool keeps_ = false;
  bool is_failed_ = false;
  bool is_ended_ = false;
};

}  // namespace tickweir
