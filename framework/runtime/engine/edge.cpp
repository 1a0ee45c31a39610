#include "runtime/engine/edge.h"

#include "runtime/engine/clock.h"
#include "tickweir/assert.h"

namespace tickweir {

Edge::Edge(const GraphEdge& plan, std::uint32_t index, EdgeCells& cells, Inbox* inbox)
    : plan_(plan), index_(index), cells_(cells), inbox_(inbox) {
  TICKWEIR_ASSERT((plan_.kind == EdgeKind::queue) == (inbox != nullptr));
  if (inbox_ != nullptr) {
    producer_token_ = std::make_unique<Inbox::Producer>(*inbox_);
  } else {
    ring_ = std::make_unique<Ring<QueuedBlock>>(plan_.capacity);
  }
}

void Edge::wake_consumer() {
  if (consumer_ != nullptr) consumer_->wake();
}

bool Edge::has_plenty() const {
  const std::uint64_t events = read_cell(cells_.pushed_events) - read_cell(cells_.popped_events);
  const std::uint64_t batches = read_cell(cells_.pushed_batches) - read_cell(cells_.popped_batches);
  return events >= gathered_events_ || batches >= plan_.capacity / 2;
}

bool Edge::is_worth_a_wake() const {
  if (gathered_events_ == 0) return true;
  // Pairs with the one in Sleeper::prepare(): a consumer that did not see the block has popped all before it.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const bool is_first = read_cell(cells_.pushed_batches) == read_cell(cells_.popped_batches) + 1;
  return is_first || has_plenty();
}

bool Edge::try_push(const QueuedBlock& queued) {
  if (ring_ != nullptr) return ring_->push(queued);
  // Acquire pairs with the release in give_room().
  if (queue_pushed_ - queue_popped_.load(std::memory_order_acquire) >= plan_.capacity) return false;
  ++queue_pushed_;
  producer_token_->push(queued);
  return true;
}

void Edge::push(Block* block, std::uint64_t now, const BlockPool* current) {
  TICKWEIR_ASSERT(!is_closing_);
  const QueuedBlock queued{.block = block, .pushed_ticks = now, .edge = index_};
  const std::uint32_t live = block->live_count();
  // Before the block is given away: afterwards it is the consumer's.
  add_to_cell(cells_.pushed_events, live);
  add_to_cell(cells_.pushed_batches, 1);
  if (!has_overflow() && try_push(queued)) {
    if (is_worth_a_wake()) wake_consumer();
    return;
  }
  if (plan_.when_full == WhenFull::drop_newest) {
    drop(block, cells_.dropped_newest_events, current);
  } else if (plan_.when_full == WhenFull::drop_oldest) {
    while (!try_push(queued)) drop_oldest(current);
    wake_consumer();
  } else {
    if (!has_overflow()) blocked_since_ = now;
    overflow_.push_back(queued);
    wants_room_.store(true, std::memory_order_relaxed);  // before the producer's Sleeper::prepare()
  }
}

void Edge::drop(Block* block, Cell& counted, const BlockPool* current) {
  add_to_cell(counted, block->live_count());
  add_to_cell(cells_.dropped_batches, 1);
  BlockPool::release(block, current);
}

// The consumer may pop the last one meanwhile: then there is nothing to drop, and it gives room at once.
void Edge::drop_oldest(const BlockPool* current) {
  QueuedBlock oldest;
  if (!producer_token_->take_back(oldest)) return;
  queue_popped_.fetch_add(1, std::memory_order_release);
  drop(oldest.block, cells_.dropped_oldest_events, current);
}

bool Edge::flush_overflow() {
  bool moved = false;
  while (has_overflow() && try_push(overflow_[overflow_at_])) {
    ++overflow_at_;
    moved = true;
  }
  if (moved) wake_consumer();
  if (has_overflow()) return false;
  if (!overflow_.empty()) add_to_cell(cells_.blocked_ticks, clock_ticks() - blocked_since_);
  overflow_.clear();
  overflow_at_ = 0;
  wants_room_.store(false, std::memory_order_relaxed);
  if (is_closing_ && !is_closed_.load(std::memory_order_relaxed)) {
    // Release pairs with is_finished(): who sees the edge closed sees the last block in it.
    is_closed_.store(true, std::memory_order_release);
    wake_consumer();
  }
  return true;
}

void Edge::close() {
  is_closing_ = true;
  flush_overflow();
}

bool Edge::is_idle() const {
  if (has_overflow()) return false;
  if (ring_ != nullptr) return ring_->is_drained();
  // By the books: what is popped together arrives one by one.
  return read_cell(cells_.pushed_batches) ==
         read_cell(cells_.popped_batches) + read_cell(cells_.dropped_batches);
}

void Edge::arrived(std::uint32_t live_events) {
  add_to_cell(cells_.popped_events, live_events);
  add_to_cell(cells_.popped_batches, 1);
  if (ring_ != nullptr) wake_producer();
}

void Edge::give_room() {
  queue_popped_.fetch_add(1, std::memory_order_release);
  wake_producer();
}

// There is room. Only a producer with something in its overflow waits for it.
void Edge::wake_producer() {
  if (producer_ == nullptr || plan_.when_full != WhenFull::block) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the one in Sleeper::prepare()
  if (wants_room_.load(std::memory_order_relaxed)) producer_->wake();
}

void Edge::worked(std::uint64_t wait_ns, std::uint64_t work_ns) {
  Histogram(cells_.wait_ns.data()).record(wait_ns);
  Histogram(cells_.work_ns.data()).record(work_ns);
}

bool Edge::is_finished() const {
  if (!is_closed_.load(std::memory_order_acquire)) return false;
  if (ring_ != nullptr) return !ring_->has_next();
  return queue_popped_.load(std::memory_order_acquire) == queue_pushed_;
}

void Edge::release_all() {
  QueuedBlock queued;
  while (ring_ != nullptr && ring_->pop(queued)) BlockPool::release(queued.block, nullptr);
  while (inbox_ != nullptr && producer_token_->take_back(queued)) BlockPool::release(queued.block, nullptr);
  for (; has_overflow(); ++overflow_at_) BlockPool::release(overflow_[overflow_at_].block, nullptr);
}

}  // namespace tickweir
