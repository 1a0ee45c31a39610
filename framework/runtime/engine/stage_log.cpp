// The part of a StageRunner that has to do with logs: numbering, replay, waiting for a log, settlement.
#include <algorithm>

#include "runtime/engine/stage_runner.h"
#include "runtime/engine/worker.h"

namespace tickweir {

void StageRunner::run_log(Block* block) {
  block = writable(block);
  const Before before = enter(*block);
  block->gate_sequence = is_after_log_ ? block->log_sequence : 0;
  block->log_sequence = log_->number(block->batch);
  leave(before, 0, false);
  block->share(1);
  log_->committer().staging().push(block, worker_.marked_at(), &worker_.pool());
  forward(ports_.front(), block);
}

bool StageRunner::replay() {
  worker_.mark();
  const Worker::Activity caller = worker_.begin(index_, &cells_.busy_ticks);
  Block* const block = worker_.pool().take();
  auto read = log_->replay(block->batch);
  if (read && *read) {
    block->ingress_ticks = worker_.marked_at();
    block->gate_sequence = 0;
    block->log_sequence = log_->replayed();
    worker_.mark();
    forward(ports_.front(), block);
  } else {
    if (!read) {
      add_to_cell(cells_.errors, 1);
      control_.fail(plan_.id, read.error().message);
    }
    BlockPool::release(block, &worker_.pool());
    log_->end_replay();
  }
  worker_.resume(caller);
  return true;
}

Result<void> StageRunner::load(const tickweir_state_reader& reader) {
  if (auto loaded = object_.load(reader); !loaded) return loaded;
  set_cell(cells_.restored_events, object_.held());
  set_cell(cells_.held_events, object_.held());
  return {};
}

bool StageRunner::is_clear() const {
  if (!waiting_.empty()) return false;
  if (!std::ranges::all_of(merges_, [](const ShardMerge& merge) { return merge.is_empty(); })) return false;
  return std::ranges::all_of(ports_, [](const Port& port) {
    return (port.open == nullptr || port.open->batch.event_count == 0) &&
           std::ranges::none_of(port.edges, [](const Edge* edge) { return edge->has_overflow(); });
  });
}

bool StageRunner::has_released() const {
  if (waiting_.empty()) return false;
  return gate_->has_failed() || waiting_.front()->log_sequence <= gate_->durable();
}

Block* StageRunner::take_first_waiting() {
  Block* const block = waiting_.front();
  waiting_.pop_front();
  set_cell(cells_.waiting_events, cells_.waiting_events - block->live_count());
  return block;
}

bool StageRunner::take_released() {
  bool moved = false;
  while (has_released() && can_run()) {
    Block* const block = take_first_waiting();
    if (block->log_sequence <= gate_->durable()) {
      run(block);
    } else {  // it never will be
      add_to_cell(cells_.received_events, block->live_count());
      add_to_cell(cells_.failed_events, block->live_count());
      BlockPool::release(block, &worker_.pool());
    }
    moved = true;
  }
  if (moved && waiting_.empty() && open_inputs_ == 0) drain();
  return moved;
}

bool StageRunner::settle_waiting(Edge& settled, std::size_t batches_max) {
  QueuedBlock queued;
  if (!settled.pop(queued)) return false;
  worker_.mark();
  const Worker::Activity caller = worker_.begin(index_, &cells_.busy_ticks);
  std::size_t left = batches_max;
  do {
    settled.arrived(queued.block->live_count());
    fail_unless_ok(object_.settle(queued.block->batch));
    BlockPool::release(queued.block, &worker_.pool());
  } while (--left != 0 && settled.pop(queued));
  fail_unless_ok(object_.answer());
  worker_.mark();
  worker_.resume(caller);
  return true;
}

void StageRunner::fail_unless_ok(std::int32_t result) {
  if (result == TICKWEIR_OK) return;
  add_to_cell(cells_.errors, 1);
  control_.fail(plan_.id, object_.error_text());
}

}  // namespace tickweir
