// An edge between two threads: a bounded way for blocks, its policy when full, and its books.
//
// Two kinds, chosen by the graph: a Ring where one producer meets one consumer; an Inbox (moodycamel's
// queue, one producer token an edge) where several producers meet at one stage or the policy removes from
// the front. The library has no hard bound of its own, so credits are ours.
//
// Blocking without deadlock: push() never waits. What a full `block` edge cannot take waits in its
// overflow, and the producing thread does not run any stage that could reach this edge until it is empty.
// Stages further downstream go on, so a graph without cycles always moves.
//
// Bounds: what waits in it, by the capacity. What its reader has popped: one block of a ring, up to 8 of an
// inbox. The overflow: what the producing stage emitted from its own popped blocks.
//
// Threading: "producer" functions on the thread of `from`, "consumer" functions on that of `to`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/engine/block.h"
#include "runtime/engine/inbox.h"
#include "runtime/engine/ring.h"
#include "runtime/engine/sleeper.h"
#include "runtime/graph/graph.h"
#include "runtime/metrics/telemetry.h"

namespace tickweir {

class Edge {
 public:
  // `index`: in the graph. `inbox`: of the consuming stage, for EdgeKind::queue; nullptr for a ring.
  Edge(const GraphEdge& plan, std::uint32_t index, EdgeCells& cells, Inbox* inbox);

  // ---- producer ----
  // Takes over one reference. Never waits. `now`: ticks of the engine's clock, a moment old at most.
  void push(Block* block, std::uint64_t now, const BlockPool* current);
  // Moves what waits in the overflow on, as far as there is room. True: the overflow is empty.
  bool flush_overflow();
  [[nodiscard]] bool has_overflow() const { return overflow_at_ != overflow_.size(); }
  // No more will be pushed. Takes effect once the overflow is empty.
  void close();
  // Nothing waits on the other side: a source should hand over what it has.
  [[nodiscard]] bool is_idle() const;

  // ---- consumer ----
  // Ring only; an Inbox is read as a whole.
  bool pop(QueuedBlock& queued) { return ring_->pop(queued); }
  // The block that comes next, or nullptr. Ring only.
  [[nodiscard]] const Block* next() const {
    const QueuedBlock* const front = ring_->front();
    return front == nullptr ? nullptr : front->block;
  }
  // When the block that comes next was pushed: there is one. Ring only.
  [[nodiscard]] std::uint64_t next_pushed_ticks() const { return ring_->front()->pushed_ticks; }
  // Brings the block that comes next near, while there is other work. Ring only.
  void prefetch_next() const {
    if (const Block* block = next()) block->prefetch();
  }
  // Gives the room of a popped block back, as soon as it is popped. Inbox only: a ring's pop() does.
  void give_room();
  // Books a block as arrived. Once for each, before its stage works on it.
  void arrived(std::uint32_t live_events);
  // Books how long it waited and how long its stage, without those after it, worked on it.
  void worked(std::uint64_t wait_ns, std::uint64_t work_ns);
  // Closed, and everything has been popped.
  [[nodiscard]] bool is_finished() const;
  // Looks for blocks without taking one. Ring only.
  [[nodiscard]] bool has_blocks() const { return ring_ != nullptr && ring_->has_next(); }

  // Whom to wake; a thread that never sleeps need not be set.
  void set_producer(Sleeper* sleeper) { producer_ = sleeper; }
  void set_consumer(Sleeper* sleeper) { consumer_ = sleeper; }
  // A consumer that gathers wants to hear of the first block, then only when so much waits that it
  // has_plenty(). Before the threads start. Ring only.
  void gather(std::uint64_t events) { gathered_events_ = events; }
  // Half of the ring waits, or as many events as are gathered. Either thread.
  [[nodiscard]] bool has_plenty() const;
  // Lets go of everything still inside. Only when both threads have ended.
  void release_all();

  [[nodiscard]] const GraphEdge& plan() const { return plan_; }
  [[nodiscard]] const EdgeCells& cells() const { return cells_; }

 private:
  bool try_push(const QueuedBlock& queued);
  void wake_consumer();
  void wake_producer();
  [[nodiscard]] bool is_worth_a_wake() const;
  void drop_oldest(const BlockPool* current);
  void drop(Block* block, Cell& counted, const BlockPool* current);

  const GraphEdge& plan_;
  const std::uint32_t index_;
  EdgeCells& cells_;
  std::unique_ptr<Ring<QueuedBlock>> ring_;
  Inbox* inbox_;
  std::unique_ptr<Inbox::Producer> producer_token_;
  Sleeper* producer_ = nullptr;
  Sleeper* consumer_ = nullptr;
  std::uint64_t gathered_events_ = 0;  // 0: the consumer does not gather
  std::vector<QueuedBlock> overflow_;  // [overflow_at_, end) waits
  std::size_t overflow_at_ = 0;
  std::uint64_t blocked_since_ = 0;
  bool is_closing_ = false;
  std::uint64_t queue_pushed_ = 0;
  alignas(128) std::atomic<std::uint64_t> queue_popped_{0};  // queue: by the consumer, and by drop_oldest
  std::atomic<bool> is_closed_{false};
  std::atomic<bool> wants_room_{false};  // something waits in the overflow
};

}  // namespace tickweir
