// The part of a StageRunner that hands batches on: open blocks, direct calls, pushes to edges.
#include <algorithm>
#include <cstring>

#include "runtime/engine/batch_check.h"
#include "runtime/engine/stage_runner.h"
#include "runtime/engine/worker.h"

namespace tickweir {

void StageRunner::open_port(Port& port) {
  port.open = worker_.pool().take();
  port.open->prefetch_to_write();
  port.open->ingress_ticks = ingress_ticks_;
  open_batches_[port.index] = &port.open->batch;
}

void StageRunner::advance(void* host, std::uint32_t output) {
  auto* self = static_cast<StageRunner*>(host);
  if (output >= self->ports_.size() || self->ports_[output].open == nullptr) {
    self->violation("asked for room on an output that is not connected");
  }
  self->worker_.mark();  // in the middle of this stage's call: what follows is the work of others
  if (self->is_shard_) {
    self->hand_over_to_merge(self->ports_[output], ShardMark::End::open);
  } else {
    self->hand_over(self->ports_[output]);
  }
}

// Hands the open block over, if anything is in it, and opens another.
void StageRunner::hand_over(Port& port) {
  if (port.open == nullptr || port.open->batch.event_count == 0) return;
  Block* const full = port.open;
  check_emitted(*full);
  if (is_after_log_) full->log_sequence = log_sequence_;
  if (plan_.inputs.empty() && graph_.config.tick_every_ns != 0) last_time_ = last_time_of(full->batch);
  forward(port, full);
  open_port(port);
}

// Fuller batches when everybody downstream is busy anyway: then waiting costs no latency. A reader that
// becomes idle rings no bell, one that makes room does: only that can be waited for without looking again.
bool StageRunner::should_keep(const Port& port, bool looks_again) const {
  if (!port.callees.empty() || port.open->batch.event_count * 2 > port.open->batch.event_count_max)
    return false;
  return std::ranges::all_of(
      port.edges, [&](const Edge* edge) { return looks_again ? !edge->is_idle() : edge->has_overflow(); });
}

bool StageRunner::flush(bool looks_again) {
  bool moved = false;
  keeps_ = false;
  for (Port& port : ports_) {
    if (port.open == nullptr || port.open->batch.event_count == 0) continue;
    if (should_keep(port, looks_again)) {
      keeps_ = true;
    } else {
      hand_over(port);
      moved = true;
    }
  }
  return moved;
}

void StageRunner::forward(Port& port, Block* block) {
  const std::uint32_t live = block->live_count();
  OutputCells& cells = cells_.outputs[port.index];
  add_to_cell(cells.sent_events, live);
  add_to_cell(cells.sent_bytes, block->batch.used_bytes);
  const std::size_t consumers = port.consumer_count();
  if (consumers == 0) {
    BlockPool::release(block, &worker_.pool());
    return;
  }
  if (consumers > 1) block->share(static_cast<std::uint32_t>(consumers - 1));
  for (Edge* edge : port.edges) edge->push(block, worker_.marked_at(), &worker_.pool());
  for (StageRunner* callee : port.callees) callee->take(block);
}

// A block to write to: the given one if nobody else reads it, else a copy.
Block* StageRunner::writable(Block* block) {
  if (!block->is_shared()) return block;
  Block* const copy = worker_.pool().take();
  copy->ingress_ticks = block->ingress_ticks;
  if (is_after_log_) copy->log_sequence = block->log_sequence;
  copy->batch.event_count = block->batch.event_count;
  copy->batch.refused_count = block->batch.refused_count;
  copy->batch.stride = block->batch.stride;
  copy->batch.used_bytes = block->batch.used_bytes;
  std::memcpy(copy->batch.data, block->batch.data, block->batch.used_bytes);
  BlockPool::release(block, &worker_.pool());
  return copy;
}

void StageRunner::check_emitted(const Block& block) const {
  if (const char* wrong = wrong_with_batch(block.batch)) violation(wrong);
}

void StageRunner::release_all() {
  for (Port& port : ports_) {
    if (port.open != nullptr) BlockPool::release(port.open, nullptr);
    port.open = nullptr;
  }
  while (!waiting_.empty()) {
    Block* const block = take_first_waiting();
    add_to_cell(cells_.received_events, block->live_count());
    add_to_cell(cells_.failed_events, block->live_count());
    BlockPool::release(block, nullptr);
  }
  for (ShardMerge& merge : merges_) {
    set_cell(cells_.held_events, cells_.held_events - merge.held());
    add_to_cell(cells_.failed_events, merge.held());
    merge.release_all(nullptr);
  }
  if (log_ != nullptr) log_->committer().release_all();
}

}  // namespace tickweir
