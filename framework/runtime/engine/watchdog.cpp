#include "runtime/engine/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace tickweir {

void Watchdog::start() {
  if (graph_.config.watchdog_after_ns == 0) return;
  thread_ = std::thread([this] { run(); });
}

void Watchdog::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> Watchdog::stalls() const {
  const std::lock_guard lock(mutex_);
  return stalls_;
}

void Watchdog::run() {
  pthread_setname_np(pthread_self(), "watchdog");
  const auto interval = std::chrono::nanoseconds(graph_.config.watchdog_after_ns);
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, interval, [this] { return is_stopping_; })) look();
}

// Called with the lock held.
void Watchdog::look() {
  std::vector<std::string> found;
  look_at_edges(found);
  look_at_logs(found);
  for (const std::string& stall : found) {
    if (std::ranges::find(stalls_, stall) == stalls_.end())
      control_.log(TICKWEIR_LOG_WARNING, "", "stalled: " + stall);
  }
  stalls_ = std::move(found);
}

// An edge that held blocks at the last look and has not given one up since has stood still for a whole
// interval.
void Watchdog::look_at_edges(std::vector<std::string>& found) {
  for (std::uint32_t edge = 0; edge < graph_.edges.size(); ++edge) {
    if (telemetry_.edges[edge] == nullptr) continue;
    const EdgeCells& cells = *telemetry_.edges[edge];
    const std::uint64_t popped = read_cell(cells.popped_batches);
    const std::uint64_t pushed = read_cell(cells.pushed_batches);
    const std::uint64_t dropped = read_cell(cells.dropped_batches);
    if (pushed > popped + dropped && popped == popped_[edge] && held_before_[edge]) {
      found.push_back(describe(edge, pushed - popped - dropped));
    }
    popped_[edge] = popped;
    held_before_[edge] = pushed > popped + dropped;
  }
}

// Likewise a log; but one may gather events for a while before it stores them.
void Watchdog::look_at_logs(std::vector<std::string>& found) {
  for (std::uint32_t i = 0; i < graph_.stages.size(); ++i) {
    if (telemetry_.logs[i] == nullptr) continue;
    const std::uint64_t durable = read_cell(telemetry_.logs[i]->durable_sequence);
    const std::uint64_t last = read_cell(telemetry_.logs[i]->last_sequence);
    const bool is_waiting = last > durable;
    const bool has_moved = durable != durable_[i] || !waited_before_[i];
    unmoved_ns_[i] = is_waiting && !has_moved ? unmoved_ns_[i] + graph_.config.watchdog_after_ns : 0;
    durable_[i] = durable;
    waited_before_[i] = is_waiting;
    if (unmoved_ns_[i] > graph_.stages[i].durability.max_delay_ns)
      found.push_back(describe_log(i, last - durable));
  }
}

std::string Watchdog::describe_log(std::uint32_t stage, std::uint64_t waiting) const {
  const LogCells& log = *telemetry_.logs[stage];
  const char* const why = read_cell(log.waits_for_room) != 0
                              ? "the disk is full"
                              : "the disk, or a log before it, does not answer";
  return graph_.stages[stage].id + ": " + std::to_string(waiting) +
         " events are numbered and not durable, and none has become so; " + why;
}

std::string Watchdog::describe(std::uint32_t edge, std::uint64_t waiting) const {
  const GraphEdge& plan = graph_.edges[edge];
  const GraphStage& to = graph_.stages[plan.to];
  const std::uint64_t current = read_cell(telemetry_.threads[to.thread]->current_stage);
  const std::string where = current == 0 ? "waits" : "is inside stage " + graph_.stages[current - 1].id;
  return plan.name + ": " + std::to_string(waiting) + " batches wait for stage " + to.id + " (capacity " +
         std::to_string(plan.capacity) + "); its thread " + graph_.threads[to.thread].name + " " + where;
}

}  // namespace tickweir
