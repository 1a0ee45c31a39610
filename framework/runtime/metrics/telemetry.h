// The cells that the engine's threads write and everything that shows numbers reads.
//
// One writer each, relaxed stores, no locks: see tickweir/counters.h. Cells of different writers lie on
// different cache lines. They are made before the threads start and outlive them.
//
// Units: `_ticks` are ticks of the engine's clock (runtime/engine/clock.h); everything else is counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tickweir/counters.h"

namespace tickweir {

using Cell = std::uint64_t;

inline Cell read_cell(const Cell& cell) {
  return std::atomic_ref<Cell>(const_cast<Cell&>(cell)).load(std::memory_order_relaxed);
}
inline void add_to_cell(Cell& cell, std::uint64_t count) {
  Counter(&cell).add(count);
}
inline void set_cell(Cell& cell, std::uint64_t value) {
  Gauge(&cell).set(value);
}

// Of durations in ns (or of counts): see HistogramLayout.
using HistogramCells = std::array<Cell, HistogramLayout::cell_count>;

struct OutputCells {
  Cell sent_events = 0;  // live events only, as everywhere
  Cell sent_bytes = 0;
};

// A series of a plugin's own counter.
struct PluginSeries {
  std::uint32_t counter = 0;      // index in the descriptor
  std::string label_value;        // "" when the counter has no label
  std::unique_ptr<Cell[]> cells;  // 1, or HistogramLayout::cell_count
};

// Balance of a stage at any time between two calls:
//   filter, sink, transform:  received + restored = handled + sum(drops) + failed + held
//   filter:                   handled = sent on its output
// What its edges have brought is received, or waits for a log (`release: durable`).
struct alignas(128) StageCells {
  Cell waiting_events = 0;  // out of the edge, and not durable yet
  Cell received_events = 0;
  Cell received_bytes = 0;
  Cell handled_events = 0;
  Cell failed_events = 0;  // in a batch at which the stage failed (dead-lettered or not)
  Cell held_events = 0;
  Cell restored_events = 0;  // held when it went on from a snapshot
  Cell errors = 0;
  Cell busy_ticks = 0;
  std::vector<Cell> drops;           // by reason
  std::vector<OutputCells> outputs;  // by output
  HistogramCells process_ns{};       // per call, its own work only
  HistogramCells batch_events{};     // live events per call; its count is that of the batches
  HistogramCells latency_ns{};       // sinks: oldest ingress of the batch to handled

  std::mutex series_mutex;  // guards the list, not the cells; never taken after start
  std::deque<PluginSeries> series;
};

struct EdgeCells {
  alignas(128) Cell pushed_events = 0;  // producer's side
  Cell pushed_batches = 0;
  Cell dropped_newest_events = 0;
  Cell dropped_oldest_events = 0;
  Cell dropped_batches = 0;             // by either policy
  Cell blocked_ticks = 0;               // had overflow: the producing stages could not go on
  alignas(128) Cell popped_events = 0;  // consumer's side
  Cell popped_batches = 0;
  HistogramCells wait_ns{};  // of each batch, from pushed to popped
  HistogramCells work_ns{};  // of the consuming stage on each batch from here, its own work only
};

struct alignas(128) ThreadCells {
  Cell idle_ticks = 0;     // waited for input
  Cell blocked_ticks = 0;  // could not go on because an edge was full
  Cell sleeps = 0;
  Cell loops = 0;          // moves while the thread is alive
  Cell current_stage = 0;  // index + 1 of the stage whose code is running; 0: the engine's own
};

// A log: its own edge from the stage to its committer, and what became durable.
struct LogCells {
  EdgeCells staging;
  alignas(128) Cell last_sequence = 0;     // given; written by the stage's thread
  alignas(128) Cell durable_sequence = 0;  // by the committer's, as all that follow but one
  alignas(128) Cell replayed_events = 0;   // by the stage's thread, as is the next
  Cell repairs = 0;                        // the start has cut a torn end
  alignas(128) Cell groups = 0;            // stored together, with one sync where there is one
  Cell stored_events = 0;
  Cell stored_bytes = 0;
  Cell late_events = 0;     // waited longer than durability.max_delay for their sync to begin
  Cell full_waits = 0;      // the disk was full, and it was tried again
  Cell waits_for_room = 0;  // 1: it is full, and the same append is tried again and again
  HistogramCells sync_ns{};
  HistogramCells group_events{};
  HistogramCells durable_ns{};  // oldest ingress of the batch to durable, counted for each of its events
};

struct SnapshotCells {
  alignas(128) Cell taken = 0;
  Cell failed = 0;
  Cell bytes = 0;             // of the newest one
  Cell taken_at = 0;          // ns since the Unix epoch: the newest one; 0: none in this run
  HistogramCells pause_ns{};  // all threads stood still
  HistogramCells save_ns{};   // until it was published
};

struct Telemetry {
  std::vector<std::unique_ptr<StageCells>> stages;  // by index in the graph, likewise below
  std::vector<std::unique_ptr<EdgeCells>> edges;
  std::vector<std::unique_ptr<ThreadCells>> threads;
  std::vector<std::unique_ptr<LogCells>> logs;  // by stage; nullptr for those that are not a log
  std::unique_ptr<SnapshotCells> snapshots;     // nullptr: the pipeline takes none
};

}  // namespace tickweir
