#include "runtime/engine/committer.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/engine/clock.h"
#include "tickweir/assert.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr std::uint32_t staged_batches = 64;
constexpr std::uint32_t kept_blocks = 1024;
// With two threads, stored in parts of so many bytes: between smaller ones the disk is idle too often.
constexpr std::uint64_t part_bytes = 768 * 1024;

GraphEdge staging_plan(const GraphStage& stage) {
  GraphEdge plan;
  plan.name = stage.id + "->disk";
  plan.kind = EdgeKind::ring;
  plan.capacity = staged_batches;
  return plan;
}

}  // namespace

Committer::Committer(const PipelineConfig& config, const GraphStage& stage, LogStore& store, LogCells& cells,
                     RunControl& control)
    : stage_(stage),
      durability_(stage.durability),
      store_(store),
      cells_(cells),
      control_(control),
      staging_plan_(staging_plan(stage)),
      staging_(staging_plan_, 0, cells.staging, nullptr),
      sync_(TICKWEIR_BUG("os believed") ? durability_.sync : sync_of(durability_, *stage.plugin)),
      syncs_((sync_ == SyncMode::group || sync_ == SyncMode::each) && !control.mode().is_replay),
      has_two_threads_(syncs_ && sync_ == SyncMode::group && store.appends_during_sync()),
      events_max_(sync_ == SyncMode::each ? 1 : durability_.max_events),
      again_(config.batch_bytes_max, config.batch_events_max),
      blocks_(kept_blocks) {
  if (TICKWEIR_BUG("group without a bound")) events_max_ = UINT32_MAX;
  staging_.set_consumer(&sleeper_);
}

void Committer::set_upstream(Committer* upstream) {
  upstream_ = upstream;
  upstream->add_waiter(&upstream_sleeper_);
}

void Committer::start(const LogFacts& held) {
  if (gathers()) staging_.gather(events_max_);
  first_held_ = first_held(held);
  stored_ = sync_begun_ = held.last_sequence;
  durable_.store(held.last_sequence, std::memory_order_relaxed);
  set_cell(cells_.durable_sequence, held.last_sequence);
  const auto begin = [this](void (Committer::*work)()) {
    return std::thread([this, work] {
      try {
        (this->*work)();
      } catch (const std::exception& failure) {  // there is no memory
        has_failed_ = true;
        control_.give_up(stage_.id, failure);
      }
    });
  };
  if (has_two_threads_) turn_thread_ = begin(&Committer::run_turns);
  thread_ = begin(&Committer::run);
}

void Committer::join() {
  if (thread_.joinable()) thread_.join();
  if (turn_thread_.joinable()) turn_thread_.join();
}

void Committer::release_all() {
  QueuedBlock queued;
  while (blocks_.pop(queued)) BlockPool::release(queued.block, nullptr);
  staging_.release_all();
}

void Committer::run() {
  pthread_setname_np(pthread_self(), (stage_.id.substr(0, thread_name_max - 4) + ".log").c_str());
  while (!control_.is_abandoned()) {
    drop_old(false);
    if (!staging_.has_blocks() || gathers_for_ns() != 0) {
      if (staging_.is_finished()) break;
      wait();
      continue;
    }
    is_confirmed_ = false;
    if (has_failed()) {
      drop_waiting();
    } else {
      store_waiting();
    }
  }
  is_ended_ = true;
  turn_sleeper_.wake();
  if (turn_thread_.joinable()) turn_thread_.join();
  take_turn();
  for (Edge* edge : settlements_) edge->close();
  for (Sleeper* waiter : waiters_) waiter->wake();
}

// Stores what waits, up to the bound of a group, and has it synced.
void Committer::store_waiting() {
  const std::uint64_t now = clock_ticks();
  const std::uint64_t bytes_max = has_two_threads_ ? part_bytes : std::numeric_limits<std::uint64_t>::max();
  std::uint32_t events = 0;
  std::uint64_t bytes = 0;
  QueuedBlock queued;
  while (const Block* next = staging_.next()) {
    if (bytes >= bytes_max || (events != 0 && events + next->live_count() > events_max_)) break;
    const bool is_taken = staging_.pop(queued);
    TICKWEIR_ASSERT(is_taken && queued.block == next);
    const Block& block = *queued.block;
    staging_.arrived(block.live_count());
    events += block.live_count();
    bytes += block.batch.used_bytes;
    const std::uint64_t waited = now > queued.pushed_ticks ? ticks_to_ns(now - queued.pushed_ticks) : 0;
    staging_.worked(waited, 0);
    if (waited > durability_.max_delay_ns) add_to_cell(cells_.late_events, block.live_count());
    wait_for_upstream(block);
    if (sync_ == SyncMode::none && !is_over()) publish(block.log_sequence);
    if (!is_over()) add_block(block);
    if (!keep_until_durable(queued) || is_over()) return;
  }
  if (span_events_ != 0) flush();
  ask_for_turn();
}

// After a failure.
void Committer::drop_waiting() {
  QueuedBlock queued;
  while (staging_.pop(queued)) {
    staging_.arrived(queued.block->live_count());
    BlockPool::release(queued.block, nullptr);
  }
}

// From now on the block is not this thread's: it may be settled at once. False: the end.
bool Committer::keep_until_durable(const QueuedBlock& queued) {
  if (blocks_.push(queued)) return true;
  if (span_events_ != 0) flush();
  const std::lock_guard lock(turn_);
  take_turn();  // settles all that is kept
  if (blocks_.push(queued)) return true;
  TICKWEIR_ASSERT(is_over());
  BlockPool::release(queued.block, nullptr);
  return false;
}

// Asleep, not in a loop: whoever spins takes the core from those that it waits for.
void Committer::wait() {
  const std::uint64_t start = clock_ticks();
  sleeper_.prepare();
  const std::uint64_t gathers_for = gathers_for_ns();
  const bool has_work = staging_.has_blocks() && gathers_for == 0;
  if (!has_work && !staging_.is_finished() && !control_.is_abandoned())
    sleeper_.sleep(gathers_for != 0 ? gathers_for : sleep_ns, {});
  sleeper_.finish();
  if (!staging_.has_blocks() && ticks_to_ns(clock_ticks() - start) >= sleep_ns) confirm();
}

// How much longer what waits may wait for more. Not while the threads are to come to rest, or the run to its
// end.
std::uint64_t Committer::gathers_for_ns() const {
  if (!gathers() || !staging_.has_blocks() || staging_.has_plenty()) return 0;
  const bool must_rest = control_.rest().is_held() && !TICKWEIR_BUG("gathers while all shall rest");
  if (must_rest || control_.is_draining()) return 0;
  const std::uint64_t until_ns = ticks_to_ns(staging_.next_pushed_ticks()) + durability_.max_delay_ns / 2;
  const std::uint64_t now_ns = ticks_to_ns(clock_ticks());
  return now_ns < until_ns ? until_ns - now_ns : 0;
}

void Committer::wait_for_upstream(const Block& block) {
  if (upstream_ == nullptr || TICKWEIR_BUG("second log does not wait")) return;
  const auto is_early = [&] { return upstream_->durable() < block.gate_sequence; };
  while (is_early() && !is_over()) {
    if (upstream_->has_failed()) {
      has_failed_.store(true, std::memory_order_release);  // the other log has said why
      return;
    }
    upstream_sleeper_.prepare();
    if (is_early() && !upstream_->has_failed() && !is_over()) upstream_sleeper_.sleep(sleep_ns, {});
    upstream_sleeper_.finish();
  }
}

// The second thread: syncs while the first stores.
void Committer::run_turns() {
  pthread_setname_np(pthread_self(), (stage_.id.substr(0, thread_name_max - 5) + ".sync").c_str());
  while (!is_over()) {
    if (wants_turn_.exchange(false)) {
      const std::lock_guard lock(turn_);
      take_turn();
    } else if (is_ended_) {
      return;
    } else {
      turn_sleeper_.prepare();
      if (!wants_turn_ && !is_ended_ && !is_over()) turn_sleeper_.sleep(sleep_ns, {});
      turn_sleeper_.finish();
    }
  }
}

// The second thread takes it when this one has more to store, or when it is at it already.
void Committer::ask_for_turn() {
  std::unique_lock lock(turn_, std::defer_lock);
  if (!has_two_threads_ || (!staging_.has_blocks() && lock.try_lock())) {
    take_turn();
    return;
  }
  wants_turn_ = true;  // after what was stored: whoever sees it sees that, too
  turn_sleeper_.wake();
}

// Makes durable and settles what is stored by now.
void Committer::take_turn() {
  const std::uint64_t before = sync_begun_;
  const std::uint64_t upto = stored_;
  if (is_over()) {
    if (TICKWEIR_BUG("settled after a failure")) settle_durable();
    return;
  }
  if (upto != before) {
    sync_begun_ = upto;
    sleeper_.wake();  // the next group may be stored
    if (TICKWEIR_BUG("durable before the sync")) publish(upto);
    const bool is_forgetful = TICKWEIR_BUG("no sync while draining") && control_.is_draining();
    if (syncs_ && !is_forgetful) sync();
    if (has_failed()) return;
    add_to_cell(cells_.groups, 1);
    Histogram(cells_.group_events.data()).record(upto - before);
    publish(upto + (TICKWEIR_BUG("durable sequence too high") ? 1 : 0));
  }
  settle_durable();
}

// Once after the last group, when nothing more has come for a while: a back end may then write down that this
// group was synced, so that recovery can tell it from one that was torn.
void Committer::confirm() {
  if (is_confirmed_ || !syncs_ || is_over() || TICKWEIR_BUG("idle log not confirmed")) return;
  const std::lock_guard lock(turn_);
  take_turn();
  is_confirmed_ = true;
  if (!is_over()) sync();
}

void Committer::sync() {
  const std::uint64_t start = clock_ticks();
  auto synced = store_.sync();
  if (!synced && TICKWEIR_BUG("sync tried again")) synced = store_.sync();
  if (!synced && !TICKWEIR_BUG("sync error ignored")) fail(synced.error().message);
  Histogram(cells_.sync_ns.data()).record(ticks_to_ns(clock_ticks() - start));
}

void Committer::publish(std::uint64_t sequence) {
  if (sequence <= durable_.load(std::memory_order_relaxed)) return;
  // Release pairs with the acquire in durable().
  durable_.store(sequence, std::memory_order_release);
  set_cell(cells_.durable_sequence, sequence);
  for (Sleeper* waiter : waiters_) waiter->wake();
}

// Gives the blocks back, through the sources that want to know. After a failure nobody is told anything.
void Committer::settle_durable() {
  const std::uint64_t now = clock_ticks();
  QueuedBlock queued;
  while (const QueuedBlock* const front = blocks_.front()) {
    const bool is_told = has_failed() && TICKWEIR_BUG("settled after a failure");
    if (front->block->log_sequence > durable() && !is_told) break;
    blocks_.pop(queued);
    durable_blocks_.push_back(queued.block);
  }
  if (TICKWEIR_BUG("refusals settled first")) {
    std::stable_partition(durable_blocks_.begin(), durable_blocks_.end(),
                          [](const Block* one) { return one->live_count() == 0; });
  }
  for (Block* const block : durable_blocks_) settle(block, now);
  // The sources' threads always empty these, whatever else they wait for.
  for (Edge* edge : settlements_) {
    while (!edge->flush_overflow() && !control_.is_abandoned()) sched_yield();
  }
  settled_batches_.fetch_add(durable_blocks_.size(), std::memory_order_release);
  durable_blocks_.clear();
}

// What it costs to drop a part of the log is paid between two groups, or while there is no room for one. Then
// a drop that failed, maybe for want of room itself, is tried again.
void Committer::drop_old(bool tries_again) {
  const std::uint64_t wanted = drop_before_.load(std::memory_order_relaxed);
  if (wanted <= dropped_before_ || (wanted == tried_before_ && !tries_again)) return;
  const std::lock_guard lock(turn_);
  if (is_over()) return;  // the sync that it waited for may have failed
  const bool is_told = std::exchange(tried_before_, wanted) == wanted;
  auto dropped = store_.truncate_before(wanted);
  if (dropped) {
    dropped_before_ = wanted;
  } else if (!store_.describe()) {
    fail(dropped.error().message);  // what was appended before is gone with it
  } else if (!is_told) {
    control_.log(TICKWEIR_LOG_WARNING, stage_.id, dropped.error().message + "; the log keeps what it has");
  }
}

void Committer::settle(Block* block, std::uint64_t now) {
  const std::uint64_t age = now > block->ingress_ticks ? now - block->ingress_ticks : 0;
  Histogram(cells_.durable_ns.data()).record(ticks_to_ns(age), block->live_count());
  if (settlements_.empty()) {
    BlockPool::release(block, nullptr);
    return;
  }
  if (settlements_.size() > 1) block->share(static_cast<std::uint32_t>(settlements_.size() - 1));
  for (Edge* edge : settlements_) edge->push(block, now, nullptr);
}

void Committer::fail(const std::string& text) {
  if (has_failed_.exchange(true)) return;
  const std::string consequence = "; nothing after sequence " + std::to_string(durable()) + " is durable";
  control_.fail(stage_.id, control_.mode().is_replay ? text : text + consequence);
  for (Sleeper* waiter : waiters_) waiter->wake();
}

}  // namespace tickweir
