#include "runtime/engine/worker.h"

#include <sched.h>

#include <algorithm>
#include <array>

#include "tickweir/planted_bug.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tickweir {

namespace {

constexpr std::size_t batches_per_turn = 8;       // an inbox's are popped together: see Edge
constexpr std::size_t settlements_per_turn = 64;  // more than a turn's batches: they are answered together
// Adaptive waiting: about 20 us of pauses, then as long of yields, then sleep.
constexpr std::uint32_t pause_rounds = 500;
constexpr std::uint32_t yield_rounds = 50;
constexpr std::uint64_t sleep_ns_default = 100'000'000;
constexpr std::uint64_t sleep_ns_unknown_source = 10'000'000;  // a source that does not say when to ask again
constexpr std::uint64_t sleep_ns_worth_it = 60'000;            // shorter sleeps cost more than they save

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace

Worker::Worker(const Graph& graph, std::uint32_t index, ThreadCells& cells, RunControl& control)
    : plan_(graph.threads[index]),
      cells_(cells),
      control_(control),
      pool_(graph.config.batch_bytes_max, graph.config.batch_events_max),
      bucket_(&cells.idle_ticks) {}

void Worker::run() {
  for (StageRunner* stage : stages_) {
    if (stage->plan().inputs.empty()) sources_.push_back(stage);
    stage->find_exits(outgoing_);
    if (stage->log() != nullptr) logs_.push_back(stage);
    if (stage->plan().release_durable) gated_.push_back(stage);
  }
  since_ = clock_ticks();
  std::uint32_t idle_rounds = 0;
  while (!is_over()) {
    add_to_cell(cells_.loops, 1);
    if (control_.rest().is_frozen()) {
      control_.rest().stand_still();
    } else if (work()) {
      idle_rounds = 0;
    } else {
      wait(idle_rounds++);
    }
  }
  mark();
  control_.rest().leave();
}

bool Worker::work() {
  is_blocked_ = false;
  bool moved = flush_overflows();
  for (std::size_t i = 0; i < inlets_.size(); ++i) {
    moved = drain_inlet(inlets_[(first_inlet_ + i) % inlets_.size()]) || moved;
  }
  if (++first_inlet_ >= inlets_.size()) first_inlet_ = 0;
  moved = work_for_logs() || moved;
  moved = poll_sources() || moved;
  return flush_kept(moved) || moved;
}

// The stage's next call may be far away. `looks_again`: something has moved, so another round comes at once.
bool Worker::flush_kept(bool looks_again) {
  bool moved = false;
  for (StageRunner* stage : stages_) {
    if (stage->keeps()) moved = stage->flush(looks_again) || moved;
  }
  return moved;
}

// Settlements first, and always: a log must not wait for a source that waits for the log.
bool Worker::work_for_logs() {
  bool moved = false;
  for (const Settlement& settlement : settlements_) {
    moved = settlement.source->settle_waiting(*settlement.edge, settlements_per_turn) || moved;
  }
  for (StageRunner* stage : gated_) moved = stage->take_released() || moved;
  for (StageRunner* log : logs_) {
    if (!log->is_replaying()) continue;
    if (log->can_run()) {
      moved = log->replay() || moved;
    } else {
      is_blocked_ = true;
    }
  }
  return moved;
}

bool Worker::poll_sources() {
  may_poll_ = may_poll();
  if (!may_poll_) return false;
  bool moved = false;
  for (StageRunner* source : sources_) {
    if (source->is_ended()) continue;
    if (control_.is_stop_requested() || source->is_left_out()) {
      source->finish();
      moved = true;
    } else if (!source->can_run()) {
      is_blocked_ = true;
    } else {
      moved = source->poll() || moved;
    }
  }
  return moved;
}

bool Worker::may_poll() const {
  const bool waits = control_.is_replaying() && !TICKWEIR_BUG("sources go on in the replay");
  return !waits && !control_.rest().is_held();
}

bool Worker::drain_inlet(Inlet& inlet) {
  if (!inlet.to->can_run()) {
    is_blocked_ = true;
    return false;
  }
  bool moved = false;
  if (inlet.inbox != nullptr) {
    std::array<QueuedBlock, batches_per_turn> queued;
    const std::size_t count = inlet.inbox->pop(queued.data(), queued.size());
    // At once, not as their turns come: one may stand behind slow ones of another edge.
    for (std::size_t i = 0; i < count; ++i) inlet.edge_of[queued[i].edge]->give_room();
    for (std::size_t i = 0; i < count; ++i) {
      if (control_.is_abandoned()) return true;  // the rest stays in flight, so the stage does not end
      run_block(*inlet.edge_of[queued[i].edge], *inlet.to, queued[i]);
    }
    moved = count != 0;
  } else {
    QueuedBlock queued;
    for (std::size_t i = 0; i < batches_per_turn && inlet.to->can_run(); ++i) {
      if (control_.is_abandoned() || !inlet.edges.front()->pop(queued)) break;
      inlet.edges.front()->prefetch_next();
      run_block(*inlet.edges.front(), *inlet.to, queued);
      moved = true;
    }
  }
  return end_finished_edges(inlet) || moved;
}

void Worker::run_block(Edge& edge, StageRunner& stage, const QueuedBlock& queued) {
  queued.block->prefetch();
  mark();  // what came before was waiting
  edge.arrived(queued.block->live_count());
  // The counters of two cores may differ by a few ticks.
  const std::uint64_t waited = since_ > queued.pushed_ticks ? since_ - queued.pushed_ticks : 0;
  stage.take(queued.block);
  edge.worked(ticks_to_ns(waited), stage.last_work_ns());
}

bool Worker::end_finished_edges(Inlet& inlet) {
  bool ended = false;
  for (std::size_t i = 0; i < inlet.edges.size(); ++i) {
    if (inlet.is_finished[i] || !inlet.edges[i]->is_finished()) continue;
    inlet.is_finished[i] = true;
    inlet.to->end_input();
    ended = true;
  }
  return ended;
}

// True: an edge has become free, and with it the stages that reach it.
bool Worker::flush_overflows() {
  bool moved = false;
  for (Edge* edge : outgoing_) {
    if (edge->has_overflow()) moved = edge->flush_overflow() || moved;
  }
  return moved;
}

bool Worker::all_ended() const {
  for (const StageRunner* stage : stages_) {
    if (!stage->is_ended()) return false;
  }
  for (const Edge* edge : outgoing_) {
    if (edge->has_overflow()) return false;
  }
  for (const Settlement& settlement : settlements_) {
    if (!settlement.edge->is_finished()) return false;
  }
  return true;
}

// A thread whose stages have ended before the run drains stays: their memory is part of every snapshot.
bool Worker::is_over() const {
  const bool may_leave = control_.is_draining() || TICKWEIR_BUG("thread leaves before the run drains");
  return control_.is_abandoned() || (may_leave && all_ended());
}

// Reads the clock rarely while it spins: the time goes to `bucket_` at the next mark.
void Worker::wait(std::uint32_t idle_rounds) {
  Cell* const bucket = is_blocked_ ? &cells_.blocked_ticks : &cells_.idle_ticks;
  if (bucket_ != bucket || idle_rounds % 1024 == 0) {
    mark();
    bucket_ = bucket;
  }
  if (plan_.wait == WaitMode::spin && !all_ended()) return;
  if (plan_.wait == WaitMode::adaptive && idle_rounds < pause_rounds) return relax();
  if (plan_.wait == WaitMode::adaptive && idle_rounds < pause_rounds + yield_rounds) {
    sched_yield();
    return;
  }
  sleep();
  mark();
}

void Worker::sleep() {
  std::vector<int> descriptors;
  const std::uint64_t timeout = sleep_ns_max(descriptors);
  if (timeout < sleep_ns_worth_it) {
    sched_yield();
    return;
  }
  sleeper_.prepare();
  if (!has_work()) {
    add_to_cell(cells_.sleeps, 1);
    sleeper_.sleep(timeout, descriptors);
  }
  sleeper_.finish();
}

// Looked at after prepare(): whatever becomes true later rings the bell. What cannot run after the flush
// cannot until it rings: nothing else here takes room.
bool Worker::has_work() {
  if (is_over() || control_.rest().is_frozen() || flush_overflows()) return true;
  for (const Inlet& inlet : inlets_) {
    if (!inlet.to->can_run()) continue;
    for (std::size_t i = 0; i < inlet.edges.size(); ++i) {
      if (!inlet.is_finished[i] && inlet.edges[i]->is_finished()) return true;
    }
    const bool has_blocks =
        inlet.inbox != nullptr ? !inlet.inbox->looks_empty() : inlet.edges.front()->has_blocks();
    if (has_blocks) return true;
  }
  for (const Settlement& settlement : settlements_) {
    if (settlement.edge->has_blocks()) return true;
  }
  for (const StageRunner* stage : gated_) {
    if (stage->has_released() && stage->can_run()) return true;
  }
  for (StageRunner* log : logs_) {
    if (log->is_replaying() && log->can_run()) return true;
  }
  for (StageRunner* source : sources_) {
    if (source->is_ended() || !may_poll()) continue;
    const bool is_allowed_since = !may_poll_;
    if (is_allowed_since || control_.is_stop_requested() || source->is_left_out()) return true;
  }
  return false;
}

std::uint64_t Worker::sleep_ns_max(std::vector<int>& descriptors) const {
  std::uint64_t due = 0;  // 0: nothing is due
  const auto earlier = [&due](std::uint64_t time) {
    if (time != 0 && (due == 0 || time < due)) due = time;
  };
  const std::uint64_t now = steady_wall_ns();
  for (const StageRunner* source : sources_) {
    if (source->is_ended() || !source->can_run() || !may_poll()) continue;
    const tickweir_idle& idle = source->idle();
    if (idle.descriptor >= 0) descriptors.push_back(idle.descriptor);
    if (idle.descriptor < 0 && idle.wake_time == 0) earlier(now + sleep_ns_unknown_source);
    earlier(idle.wake_time);
    earlier(source->tick_due());
  }
  if (due == 0) return sleep_ns_default;
  return due <= now ? 0 : std::min(due - now, sleep_ns_default);
}

}  // namespace tickweir
