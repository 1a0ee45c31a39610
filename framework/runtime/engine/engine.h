// Runs a graph: makes the stages, starts the threads, moves batches, drains, accounts.
//
//   create   makes every stage; nothing outside the process is touched
//   start    starts sinks first and sources last, and shows the stages before a log what it holds; returns
//            when every stage has its thread. The replay goes on there: see EngineState::replaying
//   stop     asks for an orderly end: sources stop, edges drain in order, stages flush. Any thread. During
//            start() it ends the reading of logs: then nothing runs, and start() succeeds
//   wait     returns when everything has stopped, with the outcome
//
// Threading: create, start, wait and the destructor one after the other; stop, abandon and state on any.
// Errors:    create and start say stage and cause. A failure while running ends the run in order and is
//            the outcome of wait().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/metrics/telemetry.h"
#include "runtime/result.h"

namespace tickweir {

// replaying: logs are read, or pass on what they hold; sources wait until that is done.
enum class EngineState { created, starting, replaying, running, draining, stopped };

// What one stage did over the run. received + restored = handled + dropped + failed + held.
struct StageReport {
  std::string id;
  std::string plugin;
  std::uint64_t received = 0;
  std::uint64_t waiting = 0;   // not yet received: what they came of is not durable
  std::uint64_t restored = 0;  // held when it went on from a snapshot
  std::uint64_t handled = 0;
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::uint64_t held = 0;
  std::vector<std::pair<std::string, std::uint64_t>> dropped;  // reason, events; only those above 0
};

struct EdgeReport {
  std::string name;
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  std::uint64_t dropped = 0;
  std::uint64_t in_flight = 0;
};

// A log, beyond what it did as a stage. In flight: numbered, and not durable.
struct LogReport {
  std::string id;              // of the stage
  std::uint64_t numbered = 0;  // last sequence given
  std::uint64_t durable = 0;   // last sequence that is
  std::uint64_t stored_events = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t in_flight = 0;
};

struct RunReport {
  std::vector<StageReport> stages;
  std::vector<EdgeReport> edges;  // those that cross threads
  std::vector<LogReport> logs;
  bool balanced = false;  // every stage and edge adds up
  std::string imbalance;  // the first that does not
};

// A replay runs what the logs hold through the stages after them, and nothing else: sources and sinks are
// made but neither started nor called, logs are opened read-only, and what a log behind another one receives
// is compared with what it holds. Nothing outside the process is changed.
struct RunMode {
  bool is_replay = false;
  std::uint64_t replay_until = ~std::uint64_t{0};  // last sequence of the logs with no other before them
  std::string shown_stage;  // its id, or ""; a stage that can show what it remembers (can_show)
  std::uint64_t progress_every_ns = 1'000'000'000;  // how often it is told how far the reading of logs is
};

// What a replay did with one log.
struct LogReplay {
  std::string id;                  // of the stage
  bool is_input = false;           // it was replayed; otherwise it was compared
  bool ends_early = false;         // it holds more than replay_until asked for
  std::uint64_t held_last = 0;     // its last sequence, or that
  std::uint64_t made_last = 0;     // the last one that was passed on (input) or made
  std::uint64_t equal_events = 0;  // compared and found equal, byte for byte; a difference ends the run
};
// What to say of a log that holds more than the replay makes.
[[nodiscard]] std::string more_than_made(std::uint64_t held_last, std::uint64_t made_last);

using LogFunction =
    std::function<void(std::uint32_t level, const std::string& stage, const std::string& text)>;

class Engine {
 public:
  // `graph` must outlive the engine. `log` may be called from any thread.
  static Result<std::unique_ptr<Engine>> create(const Graph& graph, LogFunction log,
                                                const RunMode& mode = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Result<void> start();
  void stop();
  // Gives up the drain: threads end after the call they are in; what is in flight is in the report.
  void abandon();
  Result<void> wait();
  // Takes a snapshot now, while the run goes on; refused while the logs are replayed. Between start() and
  // wait(); any thread.
  Result<void> take_snapshot();
  // As wait(), but gives up after `timeout_ms`. True: everything has stopped.
  bool wait_for(std::uint32_t timeout_ms);

  [[nodiscard]] EngineState state() const;
  // What failed first while running, stage and cause: what wait() will return. Any time, any thread.
  [[nodiscard]] std::optional<std::string> failure() const;
  // Threads read only cells: any time, any thread.
  [[nodiscard]] const Telemetry& telemetry() const;
  [[nodiscard]] RunReport report() const;
  // By the order of the graph. After wait().
  [[nodiscard]] std::vector<LogReplay> replays() const;
  // What `RunMode::shown_stage` remembered when the replay had come to its end. After wait().
  [[nodiscard]] const std::string& shown() const;
  // Edges and logs that hold events and have not moved for the watchdog's time: "a->b: 64 batches wait for
  // stage b ...", "log: 12 events are numbered and not durable ...". Empty: all is well.
  [[nodiscard]] std::vector<std::string> stalls() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickweir
