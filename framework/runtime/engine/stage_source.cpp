// The part of a StageRunner that only sources use: polling, ticks, the end of the stream.
#include <algorithm>

#include "runtime/engine/batch_check.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/stage_runner.h"
#include "runtime/engine/worker.h"
#include "tickweir/batch.h"

namespace tickweir {

bool StageRunner::poll() {
  worker_.mark();
  const Worker::Activity caller = worker_.begin(index_, &cells_.busy_ticks);
  ingress_ticks_ = worker_.marked_at();
  for (Port& port : ports_) {
    if (port.open != nullptr && port.open->batch.event_count == 0) port.open->ingress_ticks = ingress_ticks_;
  }
  const Cell busy_before = cells_.busy_ticks;
  const Cell sent_before = sent_events();
  idle_ = {};
  const std::int32_t result = object_.poll(emitter_, idle_);
  const bool has_more = result == TICKWEIR_OK;
  bool has_emitted = sent_events() != sent_before;
  for (const Port& port : ports_) {
    has_emitted = has_emitted || (port.open != nullptr && port.open->batch.event_count != 0);
  }
  if (has_emitted) {
    worker_.mark();
    const Cell worked = cells_.busy_ticks - busy_before;
    flush(has_more);
    Histogram(cells_.process_ns.data()).record(ticks_to_ns(worked));
  }
  bool moved = has_more || has_emitted;
  if (!has_more && result != TICKWEIR_IDLE) {
    end_polling(result);
    moved = true;
  } else if (graph_.config.tick_every_ns != 0) {
    moved = add_tick(has_emitted) || moved;
  }
  worker_.resume(caller);
  return moved;
}

void StageRunner::end_polling(std::int32_t result) {
  if (result != TICKWEIR_FINISHED) {
    add_to_cell(cells_.errors, 1);
    is_failed_ = true;
    control_.fail(plan_.id, object_.error_text());
  }
  finish();
}

std::uint64_t StageRunner::sent_events() const {
  std::uint64_t sent = 0;
  for (const OutputCells& output : cells_.outputs) sent += output.sent_events;
  return sent;
}

// Time goes on while the source is idle: says so downstream, in the stream itself, so that a replay
// sees the same. True: a tick was sent.
bool StageRunner::add_tick(bool emitted) {
  const std::uint64_t now = steady_wall_ns();
  if (emitted || tick_due_ == 0) {
    tick_due_ = now + graph_.config.tick_every_ns;
    return false;
  }
  if (now < tick_due_) return false;
  tick_due_ = now + graph_.config.tick_every_ns;
  Port& port = ports_.front();
  if (port.open == nullptr) return false;
  port.open->ingress_ticks = worker_.marked_at();
  Emitter(emitter_).append(0, event_type_tick, 0, std::max(now, last_time_),
                           make_origin(plan_.source_number, 0));
  hand_over(port);
  return true;
}

void StageRunner::finish() {
  TICKWEIR_ASSERT(plan_.inputs.empty());
  if (is_ended_) return;
  control_.source_ended();
  drain();
}

}  // namespace tickweir
