#include "runtime/engine/log_stage.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/own_batch.h"
#include "runtime/plugins/event_schema.h"
#include "tickweir/event.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

// Drops what comes after the first `count` events.
void keep_first(tickweir_batch& batch, std::uint64_t count) {
  if (batch.event_count <= count) return;
  std::uint32_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) at += event_at(batch.data + at).size;
  batch.event_count = static_cast<std::uint32_t>(count);
  batch.used_bytes = at;
}

}  // namespace

LogStage::LogStage(const Graph& graph, const GraphStage& stage, StageObject& object, LogCells& cells,
                   RunControl& control)
    : graph_(graph),
      stage_(stage),
      store_(object.table(), object.stage()),
      cells_(cells),
      control_(control),
      committer_(graph.config, stage, store_, cells, control) {}

Result<void> LogStage::open() {
  const RunMode& mode = control_.mode();
  std::vector<const Plugin*> plugins;
  for (const GraphStage& stage : graph_.stages) plugins.push_back(stage.plugin);
  auto opened = store_.open(event_schema(plugins), mode.is_replay);
  if (!opened) return opened.error();
  facts_ = std::move(*opened);
  if (!facts_.note.empty()) control_.log(TICKWEIR_LOG_WARNING, stage_.id, facts_.note);
  if (!facts_.note.empty() && !mode.is_replay) add_to_cell(cells_.repairs, 1);
  if (!mode.is_replay) {
    auto described = store_.describe();
    if (!described) return described.error();
    control_.log(TICKWEIR_LOG_INFO, stage_.id, "stores with " + described->note);
  }
  if (stage_.log != no_log) return {};
  ends_early_ = facts_.last_sequence > mode.replay_until;
  facts_.last_sequence = std::min(facts_.last_sequence, mode.replay_until);
  last_sequence_ = TICKWEIR_BUG("numbers begin again") ? 0 : facts_.last_sequence;
  set_cell(cells_.last_sequence, last_sequence_);
  return read_last_time();
}

Result<void> LogStage::read_last_time() {
  if (facts_.first_sequence == 0) return {};
  auto time = time_of(facts_.last_sequence);
  if (!time) return time.error();
  last_time_ = *time;
  return {};
}

Result<std::uint64_t> LogStage::time_of(std::uint64_t sequence) {
  OwnBatch one(graph_.config.batch_bytes_max, 1);
  auto read = store_.read(sequence, one.room());
  if (!read) return read.error();
  if (!*read) return Error{"the log does not hold event " + std::to_string(sequence)};
  return event_at(one.batch().data).time;
}

std::uint64_t LogStage::number(tickweir_batch& batch) {
  for (std::uint32_t at = 0; at < batch.used_bytes;) {
    auto& event = *reinterpret_cast<Event*>(batch.data + at);
    at += event.size;
    if (event.verdict != 0) continue;
    event.sequence = ++last_sequence_;
    last_time_ = TICKWEIR_BUG("time goes back") ? event.time : std::max(last_time_, event.time);
    event.time = last_time_;
  }
  set_cell(cells_.last_sequence, last_sequence_);
  return last_sequence_;
}

void LogStage::go_on_after(std::uint64_t sequence, std::uint64_t time) {
  replay_after_ = replayed_ = sequence;
  last_time_ = std::max(last_time_, time);
  const bool forgets = TICKWEIR_BUG("second log begins again after a snapshot");
  if (stage_.log == no_log || forgets) return;  // its numbers go on after what it holds
  last_sequence_ = sequence;
  set_cell(cells_.last_sequence, sequence);
}

Result<void> LogStage::read_from(std::uint64_t sequence,
                                 const std::function<Result<void>(const tickweir_batch&)>& visit) {
  OwnBatch events(graph_.config.batch_bytes_max, graph_.config.batch_events_max);
  std::uint64_t next = std::max(sequence, first_held(facts_));
  Progress progress(control_, stage_.id, "recovery: read",
                    facts_.last_sequence - std::min(next - 1, facts_.last_sequence));
  while (next <= facts_.last_sequence && !control_.is_ending()) {
    tickweir_batch& batch = events.room();
    auto read = store_.read(next, batch);
    if (!read) return read.error();
    if (!*read) return Error{"the log ends before its last event, at " + std::to_string(next)};
    keep_first(batch, facts_.last_sequence - next + 1);
    next += batch.event_count;
    if (auto visited = visit(batch); !visited) return visited;
    progress.advance(batch.event_count);
  }
  return {};
}

void LogStage::begin_replay() {
  if (facts_.last_sequence == replayed_) return;
  is_replaying_ = true;
  if (TICKWEIR_BUG("replay from the wrong event")) replayed_ = 1;
  progress_.emplace(control_, stage_.id, "replayed", facts_.last_sequence - replay_after_);
  control_.replay_began();
}

Result<bool> LogStage::replay(tickweir_batch& batch) {
  if (replayed_ == facts_.last_sequence || control_.is_stop_requested()) return false;
  auto read = store_.read(replayed_ + 1, batch);
  if (!read) return read;
  if (!*read) return Error{"the log ends before its last event, at " + std::to_string(replayed_ + 1)};
  keep_first(batch, facts_.last_sequence - replayed_);
  replayed_ += batch.event_count;
  add_to_cell(cells_.replayed_events, batch.event_count);
  progress_->advance(batch.event_count);
  return true;
}

void LogStage::end_replay() {
  is_replaying_ = false;
  control_.log(TICKWEIR_LOG_INFO, stage_.id,
               "replayed " + std::to_string(progress_->events()) + " events in " +
                   std::to_string(progress_->elapsed_ns() / 1'000'000) + " ms");
  control_.replay_ended();
}

}  // namespace tickweir
