#include "runtime/engine/stage_runner.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/engine/worker.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

StageRunner::StageRunner(const Graph& graph, std::uint32_t index, StageCells& cells, RunControl& control,
                         Worker& worker)
    : graph_(graph),
      index_(index),
      plan_(graph.stages[index]),
      cells_(cells),
      control_(control),
      worker_(worker),
      object_(graph, index, cells, control),
      ports_(plan_.outputs.size()),
      open_batches_(plan_.outputs.size()),
      open_inputs_(plan_.inputs.size()),
      is_after_log_(plan_.log != no_log),
      is_left_out_(control.mode().is_replay && (object_.table().role == TICKWEIR_ROLE_SOURCE ||
                                                object_.table().role == TICKWEIR_ROLE_SINK)),
      is_shard_(plan_.part == StagePart::shard) {
  emitter_.output_count = static_cast<std::uint32_t>(ports_.size());
  emitter_.outputs = open_batches_.data();
  emitter_.host = this;
  emitter_.advance = advance;
  if (plan_.part != StagePart::merge) return;
  for (std::uint32_t output = 0; output < ports_.size(); ++output) merges_.emplace_back(plan_, output);
}

void StageRunner::wire(const std::vector<std::unique_ptr<Edge>>& edges,
                       const std::vector<std::unique_ptr<StageRunner>>& runners) {
  for (std::uint32_t output = 0; output < ports_.size(); ++output) {
    ports_[output].index = output;
    for (const std::uint32_t edge : plan_.outputs[output]) {
      if (edges[edge] == nullptr) {
        ports_[output].callees.push_back(runners[graph_.edges[edge].to].get());
      } else {
        ports_[output].edges.push_back(edges[edge].get());
      }
    }
  }
}

void StageRunner::make_log(LogCells& cells) {
  log_ = std::make_unique<LogStage>(graph_, plan_, object_, cells, control_);
}

void StageRunner::find_exits(std::vector<Edge*>& exits) const {
  if (log_ != nullptr) exits.push_back(&log_->committer().staging());
  for (const Port& port : ports_) {
    exits.insert(exits.end(), port.edges.begin(), port.edges.end());
    for (const StageRunner* callee : port.callees) callee->find_exits(exits);
  }
}

void StageRunner::prepare() {
  find_exits(exits_);
  const std::uint32_t role = object_.table().role;
  const bool emits = role == TICKWEIR_ROLE_SOURCE || role == TICKWEIR_ROLE_TRANSFORM;
  for (Port& port : ports_) {
    if (emits && port.consumer_count() != 0) open_port(port);
  }
}

bool StageRunner::can_run() const {
  const bool free = std::ranges::none_of(exits_, [](const Edge* edge) { return edge->has_overflow(); });
  return free || TICKWEIR_BUG("queue without a bound");
}

// Before the call only what shows where events are: they do not wait for the rest of our books.
StageRunner::Before StageRunner::enter(const Block& block) {
  ingress_ticks_ = block.ingress_ticks;
  if (is_after_log_) log_sequence_ = std::max(log_sequence_, block.log_sequence);
  add_to_cell(cells_.received_events, block.live_count());
  return {.live = block.live_count(),
          .used_bytes = block.batch.used_bytes,
          .drops = drop_sum(),
          .held = cells_.held_events,
          .busy_ticks = cells_.busy_ticks};
}

void StageRunner::take(Block* block) {
  const bool is_gated = gate_ != nullptr && !TICKWEIR_BUG("released before durable");
  if (is_gated && (!waiting_.empty() || block->log_sequence > gate_->durable())) {
    waiting_.push_back(block);
    add_to_cell(cells_.waiting_events, block->live_count());
    return;
  }
  run(block);
}

void StageRunner::run(Block* block) {
  if (is_failed_) {
    add_to_cell(cells_.received_events, block->live_count());
    add_to_cell(cells_.failed_events, block->live_count());
    BlockPool::release(block, &worker_.pool());
    return;
  }
  const Worker::Activity caller = worker_.begin(index_, &cells_.busy_ticks);
  switch (object_.table().role) {
    case TICKWEIR_ROLE_FILTER:
      run_filter(block);
      break;
    case TICKWEIR_ROLE_TRANSFORM:
      merges_.empty() ? run_transform(block) : run_merge(block);
      break;
    case TICKWEIR_ROLE_WAL:
      run_log(block);
      break;
    default:
      run_sink(block);
      break;
  }
  worker_.resume(caller);
}

// Books a call that is over. Time of the stages called from here is in their own cells, so the difference is
// this stage's work.
void StageRunner::leave(const Before& before, std::uint64_t dropped, bool failed) {
  worker_.mark();
  add_to_cell(cells_.received_bytes, before.used_bytes);
  settle(before, dropped, failed);
  last_work_ns_ = ticks_to_ns(cells_.busy_ticks - before.busy_ticks);
  Histogram(cells_.process_ns.data()).record(last_work_ns_);
  Histogram(cells_.batch_events.data()).record(before.live);
}

// What is neither dropped, failed nor held has been handled.
void StageRunner::settle(const Before& before, std::uint64_t dropped, bool failed) {
  const std::uint64_t held = object_.held();
  if (dropped + held > before.live + before.held) violation("dropped or holds more events than it received");
  const std::uint64_t rest = before.live + before.held - held - dropped;
  set_cell(cells_.held_events, held);
  add_to_cell(failed ? cells_.failed_events : cells_.handled_events, rest);
}

void StageRunner::fail_batch(const Block& block) {
  add_to_cell(cells_.errors, 1);
  if (plan_.on_error == OnError::stop) {
    is_failed_ = true;
    control_.fail(plan_.id, object_.error_text());
    return;
  }
  control_.log(TICKWEIR_LOG_ERROR, plan_.id, std::string(object_.error_text()) + "; batch to dead letters");
  if (control_.mode().is_replay) return;
  auto written = control_.dead_letters().write(block.batch);
  if (!written) {
    is_failed_ = true;
    control_.fail(plan_.id, written.error().message);
  }
}

void StageRunner::run_filter(Block* block) {
  block = writable(block);
  const Before before = enter(*block);
  tickweir_batch& batch = block->batch;
  const std::uint32_t event_count = batch.event_count;
  const std::uint32_t stride = batch.stride;
  const std::uint8_t* const data = batch.data;
  const bool failed = object_.apply(batch) != TICKWEIR_OK;
  if (batch.event_count != event_count || batch.used_bytes != before.used_bytes || batch.stride != stride ||
      batch.data != data) {
    violation("changed the number or the sizes of events; a filter may only judge and annotate");
  }
  const std::uint64_t dropped = drop_sum() - before.drops;
  if (before.live - block->live_count() != dropped) {
    violation("gave verdicts that are not counted, or counted drops without a verdict");
  }
  leave(before, dropped, failed);
  if (failed) {
    fail_batch(*block);
    BlockPool::release(block, &worker_.pool());
    return;
  }
  forward(ports_.front(), block);
}

void StageRunner::run_transform(Block* block) {
  const Before before = enter(*block);
  for (Port& port : ports_) {
    if (port.open != nullptr && port.open->batch.event_count == 0) port.open->ingress_ticks = ingress_ticks_;
  }
  const bool failed = object_.process(block->batch, emitter_) != TICKWEIR_OK;
  leave(before, drop_sum() - before.drops, failed);
  if (failed) fail_batch(*block);
  BlockPool::release(block, &worker_.pool());
  if (is_shard_) {
    end_shard_batch();
  } else {
    flush(true);
  }
}

void StageRunner::run_sink(Block* block) {
  const Before before = enter(*block);
  const bool failed = !is_left_out_ && object_.write(block->batch) != TICKWEIR_OK;
  leave(before, drop_sum() - before.drops, failed);
  if (failed) {
    fail_batch(*block);
  } else {
    Histogram(cells_.latency_ns.data())
        .record(ticks_to_ns(worker_.marked_at() - block->ingress_ticks), before.live);
  }
  BlockPool::release(block, &worker_.pool());
}

void StageRunner::end_input() {
  TICKWEIR_ASSERT(open_inputs_ > 0);
  if (--open_inputs_ == 0 && waiting_.empty()) drain();
}

void StageRunner::drain() {
  const Worker::Activity caller = worker_.begin(index_, &cells_.busy_ticks);
  // What a transform after a log emits follows from the log alone. That a run ends here is not in it, so what
  // is held stays held: the next run's replay brings it back, and it comes out when it would have without the
  // end.
  const bool holds_on = is_after_log_ && object_.table().role == TICKWEIR_ROLE_TRANSFORM &&
                        !TICKWEIR_BUG("drained behind a log");
  const bool had_failed = is_failed_;
  for (std::uint32_t output = 0; output < merges_.size(); ++output) {
    if (!merges_[output].is_empty()) give_up_unmerged(output);  // a shard could not go on
  }
  if (!is_failed_ && !holds_on && !is_left_out_ && merges_.empty()) {
    const std::uint64_t drops = drop_sum();
    auto drained = object_.drain(emitter_);
    worker_.mark();
    settle({.live = 0, .used_bytes = 0, .drops = drops, .held = cells_.held_events, .busy_ticks = 0},
           drop_sum() - drops, !drained);
    if (!drained) {
      add_to_cell(cells_.errors, 1);
      is_failed_ = true;
      control_.fail(plan_.id, drained.error().message);
    }
  }
  if (is_shard_ && !had_failed) end_shard_batch();  // what the drain emitted is one more
  for (Port& port : ports_) {
    if (!TICKWEIR_BUG("drain drops what is open")) hand_over(port);
  }
  end_outputs();
  is_ended_ = true;
  worker_.resume(caller);
}

void StageRunner::end_outputs() {
  for (Port& port : ports_) {
    if (port.open != nullptr) BlockPool::release(port.open, &worker_.pool());
    port.open = nullptr;
    open_batches_[port.index] = nullptr;
    for (Edge* edge : port.edges) edge->close();
    for (StageRunner* callee : port.callees) callee->end_input();
  }
  if (log_ != nullptr) log_->committer().staging().close();
}

void StageRunner::violation(const char* what) const {
  std::fprintf(stderr, "tickweir: stage %s (plugin %s) %s. This is a bug in the plugin %s.\n",
               plan_.id.c_str(), plan_.plugin->table->name, what, plan_.plugin->file.c_str());
  std::abort();
}

}  // namespace tickweir
