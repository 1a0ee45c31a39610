#include "runtime/engine/committer.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>

#include "runtime/engine/clock.h"
#include "tickweir/event.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr std::uint32_t staged_batches = 64;
constexpr std::uint32_t yield_rounds = 50;
constexpr std::uint64_t sleep_ns = 100'000'000;
constexpr std::uint64_t full_retry_ns = 50'000'000;
constexpr std::size_t thread_name_max = 15;

GraphEdge staging_plan(const GraphStage& stage) {
  GraphEdge plan;
  plan.name = stage.id + "->disk";
  plan.kind = EdgeKind::ring;
  plan.capacity = staged_batches;
  return plan;
}

const Event& event_at(const std::uint8_t* at) {
  return *reinterpret_cast<const Event*>(at);
}

// The first byte in which they differ, or the size of the smaller one.
std::uint32_t first_difference(const Event& one, const Event& other) {
  const std::uint32_t size = std::min(one.size, other.size);
  if (std::memcmp(&one, &other, size) == 0) return size;
  const auto* const left = reinterpret_cast<const std::uint8_t*>(&one);
  const auto* const right = reinterpret_cast<const std::uint8_t*>(&other);
  return static_cast<std::uint32_t>(std::mismatch(left, left + size, right).first - left);
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
      again_(config.batch_bytes_max, config.batch_events_max),
      events_max_(stage.durability.sync == SyncMode::each ? 1 : stage.durability.max_events) {
  if (TICKWEIR_BUG("group without a bound")) events_max_ = UINT32_MAX;
  staging_.set_consumer(&sleeper_);
}

void Committer::set_upstream(Committer* upstream) {
  upstream_ = upstream;
  upstream->add_waiter(&sleeper_);
}

void Committer::start(const LogFacts& held) {
  first_held_ = first_held(held);
  stored_ = held.last_sequence;
  durable_.store(stored_, std::memory_order_relaxed);
  set_cell(cells_.durable_sequence, stored_);
  thread_ = std::thread([this] { run(); });
}

void Committer::join() {
  if (thread_.joinable()) thread_.join();
}

void Committer::release_all() {
  for (const QueuedBlock& queued : group_) BlockPool::release(queued.block, nullptr);
  group_.clear();
  staging_.release_all();
}

void Committer::run() {
  pthread_setname_np(pthread_self(), (stage_.id.substr(0, thread_name_max - 4) + ".log").c_str());
  std::uint32_t idle_rounds = 0;
  while (!control_.is_abandoned()) {
    if (!gather()) {
      if (staging_.is_finished()) break;
      wait(idle_rounds);
      continue;
    }
    idle_rounds = 0;
    is_confirmed_ = false;
    if (!has_failed()) store_group();
    settle_group();
  }
  for (Edge* edge : settlements_) edge->close();
  for (Sleeper* waiter : waiters_) waiter->wake();
}

// Takes what waits, up to the bound of a group. False: nothing.
bool Committer::gather() {
  std::uint32_t events = 0;
  QueuedBlock queued;
  while (const Block* next = staging_.next()) {
    if (!group_.empty() && events + next->live_count() > events_max_) break;
    events += next->live_count();
    const bool is_taken = staging_.pop(queued);
    TICKWEIR_ASSERT(is_taken && queued.block == next);
    staging_.arrived(queued.block->live_count());
    group_.push_back(queued);
    if (events >= events_max_) break;
  }
  return !group_.empty();
}

void Committer::wait(std::uint32_t& idle_rounds) {
  if (idle_rounds++ < yield_rounds) {
    sched_yield();
    return;
  }
  const std::uint64_t start = clock_ticks();
  sleeper_.prepare();
  if (!staging_.has_blocks() && !staging_.is_finished() && !control_.is_abandoned())
    sleeper_.sleep(sleep_ns, {});
  sleeper_.finish();
  if (!staging_.has_blocks() && ticks_to_ns(clock_ticks() - start) >= sleep_ns) confirm();
}

// Once after the last group, when nothing more has come for a while: a back end may then write down that this
// group was synced, so that recovery can tell it from one that was torn.
void Committer::confirm() {
  const bool syncs = durability_.sync == SyncMode::group || durability_.sync == SyncMode::each;
  if (is_confirmed_ || !syncs || is_over() || control_.mode().is_replay) return;
  is_confirmed_ = true;
  sync();
}

void Committer::wait_for_upstream(const Block& block) {
  if (upstream_ == nullptr || TICKWEIR_BUG("second log does not wait")) return;
  for (std::uint32_t rounds = 0; upstream_->durable() < block.gate_sequence && !is_over(); ++rounds) {
    if (upstream_->has_failed()) {
      has_failed_.store(true, std::memory_order_release);  // the other log has said why
      return;
    }
    if (rounds < yield_rounds) {
      sched_yield();
      continue;
    }
    sleeper_.prepare();
    if (upstream_->durable() < block.gate_sequence && !upstream_->has_failed()) sleeper_.sleep(sleep_ns, {});
    sleeper_.finish();
  }
}

void Committer::store_group() {
  const std::uint64_t now = clock_ticks();
  for (const QueuedBlock& queued : group_) {
    const Block& block = *queued.block;
    wait_for_upstream(block);
    if (is_over()) return;
    const std::uint64_t waited = now > queued.pushed_ticks ? ticks_to_ns(now - queued.pushed_ticks) : 0;
    staging_.worked(waited, 0);
    if (waited > durability_.max_delay_ns) add_to_cell(cells_.late_events, block.live_count());
    if (durability_.sync == SyncMode::none) publish(block.log_sequence);
    add_block(block);
    if (is_over()) return;
  }
  if (span_events_ != 0) flush();
}

// Adds the events that the store does not have yet, and stores a group whenever it is full.
void Committer::add_block(const Block& block) {
  const std::uint8_t* const data = block.batch.data;
  const bool has_refused = block.batch.refused_count != 0 && !TICKWEIR_BUG("refused events stored");
  const bool is_whole = !has_refused && block.batch.event_count != 0 &&
                        event_at(data).sequence > stored_ + span_events_ &&
                        span_events_ + block.batch.event_count <= events_max_;
  if (is_whole) {
    spans_.push_back({data, block.batch.used_bytes});
    span_events_ += block.batch.event_count;
    span_bytes_ += block.batch.used_bytes;
    if (span_events_ == events_max_) flush();
    return;
  }
  bool is_run = false;  // the event before this one is the end of the last span
  for (std::uint32_t at = 0; at < block.batch.used_bytes && !is_over();) {
    const Event& event = event_at(data + at);
    if (event.verdict != 0 || event.sequence <= stored_) {
      is_run = false;
      if (event.verdict == 0) check_again(event);
    } else {
      if (is_run) {
        spans_.back().bytes += event.size;
      } else {
        spans_.push_back({data + at, event.size});
      }
      is_run = true;
      span_bytes_ += event.size;
      if (++span_events_ == events_max_) {
        flush();
        is_run = false;
      }
    }
    at += event.size;
  }
}

// A replay made an event that is stored already: it must be the same, to the byte.
void Committer::check_again(const Event& event) {
  if (event.sequence < first_held_ || TICKWEIR_BUG("second log not compared")) return;  // dropped since
  if (again_at_ == again_.batch().used_bytes) {
    again_at_ = 0;
    auto read = store_.read(event.sequence, again_.room());
    if (!read) return fail(read.error().message);
    if (!*read) return fail("event " + std::to_string(event.sequence) + " is gone from the log");
  }
  const Event& stored = event_at(again_.batch().data + again_at_);
  again_at_ += stored.size;
  const std::uint32_t differs_at = first_difference(stored, event);
  if (differs_at == event.size && stored.size == event.size) {
    ++equal_events_;
    return;
  }
  fail("event " + std::to_string(event.sequence) + " is stored otherwise (type " +
       std::to_string(stored.type) + ", " + std::to_string(stored.size) +
       " bytes) than the replay makes it (type " + std::to_string(event.type) + ", " +
       std::to_string(event.size) + " bytes), first at byte " + std::to_string(differs_at) +
       ": a plugin, an option or the log upstream has changed; give this log an empty path, or go back");
}

// Stores the spans as one group, syncs it, and says that it is durable.
void Committer::flush() {
  const std::uint64_t last = stored_ + span_events_;
  TICKWEIR_ASSERT(event_at(spans_.front().data).sequence == stored_ + 1);
  const bool is_replay = control_.mode().is_replay;
  if (!is_replay && !append()) return;
  if (TICKWEIR_BUG("durable before the sync")) publish(last);
  const bool syncs = durability_.sync == SyncMode::group || durability_.sync == SyncMode::each;
  const bool is_forgetful = TICKWEIR_BUG("no sync while draining") && control_.is_draining();
  if (!is_replay && syncs && !is_forgetful) sync();
  if (has_failed()) return;
  stored_ = last;
  add_to_cell(cells_.groups, 1);
  add_to_cell(cells_.stored_events, span_events_);
  add_to_cell(cells_.stored_bytes, span_bytes_);
  Histogram(cells_.group_events.data()).record(span_events_);
  spans_.clear();
  span_events_ = 0;
  span_bytes_ = 0;
  publish(last + (TICKWEIR_BUG("durable sequence too high") ? 1 : 0));
}

// True: stored. Waits while the disk is full.
bool Committer::append() {
  bool is_waiting = false;
  while (!control_.is_abandoned()) {
    auto stored = store_.append(spans_, stored_ + 1, span_events_);
    if (!stored) {
      fail(stored.error().message);
      return false;
    }
    if (*stored == LogStore::Stored::yes || TICKWEIR_BUG("full disk passed over")) {
      if (is_waiting) control_.log(TICKWEIR_LOG_INFO, stage_.id, "the disk has room again");
      return true;
    }
    if (!is_waiting) {
      control_.log(TICKWEIR_LOG_ERROR, stage_.id,
                   "the disk is full: nothing is acknowledged until there is room again");
    }
    is_waiting = true;
    add_to_cell(cells_.full_waits, 1);
    sleeper_.prepare();
    sleeper_.sleep(full_retry_ns, {});
    sleeper_.finish();
  }
  return false;
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
void Committer::settle_group() {
  const std::uint64_t now = clock_ticks();
  if (TICKWEIR_BUG("refusals settled first")) {
    std::ranges::stable_partition(group_, [](const auto& one) { return one.block->live_count() == 0; });
  }
  for (const QueuedBlock& queued : group_) {
    Block* const block = queued.block;
    if (!is_over()) {
      const std::uint64_t age = now > block->ingress_ticks ? now - block->ingress_ticks : 0;
      Histogram(cells_.durable_ns.data()).record(ticks_to_ns(age), block->live_count());
    }
    if (settlements_.empty() || (is_over() && !TICKWEIR_BUG("settled after a failure"))) {
      BlockPool::release(block, nullptr);
      continue;
    }
    if (settlements_.size() > 1) block->share(static_cast<std::uint32_t>(settlements_.size() - 1));
    for (Edge* edge : settlements_) edge->push(block, now, nullptr);
  }
  group_.clear();
  // The sources' threads always empty these, whatever else they wait for.
  for (Edge* edge : settlements_) {
    while (!edge->flush_overflow() && !control_.is_abandoned()) sched_yield();
  }
}

void Committer::fail(const std::string& text) {
  has_failed_.store(true, std::memory_order_release);
  const std::string consequence = "; nothing after sequence " + std::to_string(durable()) + " is durable";
  control_.fail(stage_.id, control_.mode().is_replay ? text : text + consequence);
  for (Sleeper* waiter : waiters_) waiter->wake();
}

}  // namespace tickweir
