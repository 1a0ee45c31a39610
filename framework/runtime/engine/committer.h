// The thread behind a log: stores what the stage has numbered, syncs groups, says what is durable.
//
// A group is whatever waits when the disk is free, up to `max_events`: under load groups grow by themselves,
// and a lone event waits for nobody. Batches are stored straight out of their blocks, which are shared with
// the stages downstream and given back once they are durable and settled.
//
// Two threads, if the back end takes appends during a sync: while one syncs a group, the other stores the
// next, of at most `max_events` again. Whoever holds `turn_` syncs: the second thread when more is waiting to
// be stored, otherwise the first itself, so that a lone event waits for no change of threads.
//
// Where nobody hears of what becomes durable, neither a source nor a stage nor another log, a group takes
// half of `max_delay` to gather, unless it is large before: fewer syncs leave the disk to the logs that
// somebody waits for.
//
// Order: store, sync, then durable_sequence, then settlement. Durable is only what had been stored when the
// sync began. A log behind another one stores nothing that came of events which are not durable in the first:
// after a crash the second never knows more than the first.
//
// A failure of append or sync is final: the run ends, nothing more is called durable, nothing is settled. A
// full disk is not a failure: the same append is tried again until there is room or the run is abandoned.
//
// In a replay nothing is stored: what the store does not hold is only counted.
//
// Threading: staging() is pushed to by the log's worker; durable() and has_failed() on any; the rest on the
// main thread before start() or after join().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/durability/log_store.h"
#include "runtime/engine/edge.h"
#include "runtime/engine/own_batch.h"
#include "runtime/engine/run_control.h"
#include "tickweir/event.h"

namespace tickweir {

class Committer {
 public:
  Committer(const PipelineConfig& config, const GraphStage& stage, LogStore& store, LogCells& cells,
            RunControl& control);

  Edge& staging() { return staging_; }
  // Blocks go to `edge` when they are durable: to a source that settles.
  void add_settlement(Edge* edge) {
    is_awaited_ = true;
    settlements_.push_back(edge);
  }
  // Whoever waits for durable() to rise: a worker with stages that release, or another committer. nullptr: it
  // never sleeps.
  void add_waiter(Sleeper* sleeper) {
    is_awaited_ = true;
    if (sleeper != nullptr) waiters_.push_back(sleeper);
  }
  // The log before this one.
  void set_upstream(Committer* upstream);
  // Whatever its threads wait for, they look again. Any thread.
  void wake() {
    for (Sleeper* sleeper : {&sleeper_, &upstream_sleeper_, &turn_sleeper_}) sleeper->wake();
  }

  // What the store holds is durable; what comes again of it is compared with it and not stored twice.
  void start(const LogFacts& held);
  // Ends once staging() has been closed and emptied, or the run is abandoned.
  void join();
  // Lets go of what is left. After join().
  void release_all();

  // Acquire pairs with the release in publish(): whoever sees the number sees what was done before it.
  [[nodiscard]] std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  // Everything pushed to staging() has been stored and settled, and nothing is in a call of the back end's
  // that could still fail. While nothing is pushed. Acquire pairs with the release in settle_durable().
  [[nodiscard]] bool is_through() const {
    return settled_batches_.load(std::memory_order_acquire) == read_cell(cells_.staging.pushed_batches);
  }
  // Events before `sequence` are not needed any more. Any thread.
  void drop_before(std::uint64_t sequence) { drop_before_.store(sequence, std::memory_order_relaxed); }
  // Came again, and were as stored. After join().
  [[nodiscard]] std::uint64_t equal_events() const { return equal_events_; }
  [[nodiscard]] bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }

 private:
  void run();
  void wait();
  [[nodiscard]] bool gathers() const { return syncs_ && !is_awaited_; }
  [[nodiscard]] std::uint64_t gathers_for_ns() const;
  void wait_for_upstream(const Block& block);
  void store_waiting();
  void drop_waiting();
  bool keep_until_durable(const QueuedBlock& queued);
  void add_block(const Block& block);
  void check_again(const Event& event);
  void flush();
  bool append();
  void wait_for_room();

  // At most: whoever is not woken looks again.
  static constexpr std::uint64_t sleep_ns = 100'000'000;

  // Whoever holds turn_.
  void run_turns();
  void ask_for_turn();
  void take_turn();
  void sync();
  void confirm();
  void publish(std::uint64_t sequence);
  void settle_durable();
  void settle(Block* block, std::uint64_t now);
  void drop_old(bool tries_again);
  void fail(const std::string& text);
  [[nodiscard]] bool is_over() const { return has_failed() || control_.is_abandoned(); }

  const GraphStage& stage_;
  const DurabilityConfig& durability_;
  LogStore& store_;
  LogCells& cells_;
  RunControl& control_;
  GraphEdge staging_plan_;
  Edge staging_;
  Sleeper sleeper_;
  Committer* upstream_ = nullptr;
  Sleeper upstream_sleeper_;  // of its own: new work is no reason to wake up while upstream_ is behind
  std::vector<Edge*> settlements_;
  std::vector<Sleeper*> waiters_;

  const SyncMode sync_;
  const bool syncs_;  // otherwise what is stored counts as durable
  const bool has_two_threads_;
  std::uint32_t events_max_;
  bool is_awaited_ = false;  // somebody hears of what becomes durable

  std::vector<tickweir_span> spans_;  // of the events to append next
  std::uint32_t span_events_ = 0;
  std::uint64_t span_bytes_ = 0;
  std::uint64_t first_held_ = 0;  // what the store had at the start
  OwnBatch again_;                // what is stored of the events that come again
  std::uint32_t again_at_ = 0;
  std::uint64_t equal_events_ = 0;
  bool is_confirmed_ = true;  // nothing has been stored since the last confirm()

  // Between the two threads; sequentially consistent, a few times a group.
  std::atomic<std::uint64_t> stored_{0};      // last sequence appended
  std::atomic<std::uint64_t> sync_begun_{0};  // last sequence that a sync covers, ended or under way
  std::atomic<bool> wants_turn_{false};
  std::atomic<bool> is_ended_{false};  // nothing more will be stored
  std::mutex turn_;
  Ring<QueuedBlock> blocks_;            // stored, or with the spans; popped by the holder of turn_
  std::vector<Block*> durable_blocks_;  // to be settled now; likewise
  Sleeper turn_sleeper_;

  std::atomic<std::uint64_t> durable_{0};
  std::atomic<bool> has_failed_{false};
  std::atomic<std::uint64_t> settled_batches_{0};
  std::atomic<std::uint64_t> drop_before_{0};
  std::uint64_t dropped_before_ = 0;
  std::uint64_t tried_before_ = 0;  // the drop that was tried last
  std::thread thread_;
  std::thread turn_thread_;
};

}  // namespace tickweir
