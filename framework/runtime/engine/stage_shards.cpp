// The part of a StageRunner that has to do with shards: what a shard hands over, what a merge makes of it.
#include <algorithm>

#include "runtime/engine/stage_runner.h"
#include "runtime/engine/worker.h"

namespace tickweir {

// Empty or not: the merge waits for it.
void StageRunner::hand_over_to_merge(Port& port, ShardMark::End end) {
  if (port.open == nullptr) return;
  Block* const block = port.open;
  check_emitted(*block);
  if (is_after_log_) block->log_sequence = log_sequence_;
  block->shard = {.batch = shard_batch_, .shard = plan_.shard, .output = port.index, .end = end};
  forward(port, block);
  open_port(port);
}

void StageRunner::end_shard_batch() {
  for (Port& port : ports_) {
    hand_over_to_merge(port, is_failed_ ? ShardMark::End::failed : ShardMark::End::last);
  }
  ++shard_batch_;
}

void StageRunner::run_merge(Block* block) {
  const std::uint64_t busy_ticks = cells_.busy_ticks;
  const std::uint32_t live = block->live_count();
  add_to_cell(cells_.received_events, live);
  add_to_cell(cells_.received_bytes, block->batch.used_bytes);
  const std::uint32_t output = block->shard.output;
  ShardMerge& merge = merges_[output];
  if (ports_[output].has_failed) {
    add_to_cell(cells_.failed_events, live);
    BlockPool::release(block, &worker_.pool());
  } else {
    set_cell(cells_.held_events, cells_.held_events + live);
    merge.add(block);
  }
  while (merge.is_ready()) merge_batch(output);
  worker_.mark();
  last_work_ns_ = ticks_to_ns(cells_.busy_ticks - busy_ticks);
  Histogram(cells_.process_ns.data()).record(last_work_ns_);
  Histogram(cells_.batch_events.data()).record(live);
  flush(true);
}

void StageRunner::merge_batch(std::uint32_t output) {
  ShardMerge& merge = merges_[output];
  if (merge.has_failed()) {
    give_up_unmerged(output);
    return;
  }
  Block* const open = ports_[output].open;
  ingress_ticks_ = merge.cause().ingress_ticks;
  if (open != nullptr && open->batch.event_count == 0) open->ingress_ticks = ingress_ticks_;
  if (is_after_log_) log_sequence_ = std::max(log_sequence_, merge.cause().log_sequence);
  const std::uint64_t held = merge.held();
  Emitter out(emitter_);
  merge.merge(out, &worker_.pool());
  const std::uint64_t merged = held - merge.held();
  add_to_cell(cells_.handled_events, merged);
  set_cell(cells_.held_events, cells_.held_events - merged);
}

// What waits for a shard that has failed.
void StageRunner::give_up_unmerged(std::uint32_t output) {
  const std::uint64_t held = merges_[output].held();
  ports_[output].has_failed = true;
  add_to_cell(cells_.failed_events, held);
  set_cell(cells_.held_events, cells_.held_events - held);
  merges_[output].release_all(&worker_.pool());
}

}  // namespace tickweir
