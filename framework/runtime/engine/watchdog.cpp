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

// Called with the lock held. An edge that held blocks at the last look and has not given one up since
// has stood still for a whole interval.
void Watchdog::look() {
  std::vector<std::string> found;
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
  for (const std::string& stall : found) {
    if (std::ranges::find(stalls_, stall) == stalls_.end())
      control_.log(TICKWEIR_LOG_WARNING, "", "stalled: " + stall);
  }
  stalls_ = std::move(found);
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
