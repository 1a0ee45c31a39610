// The graph that will run: stages with their plugins, options and threads, and the edges between them.
//
// build_graph() is the only way to one, for `validate` and `run` alike: what it accepts starts, as far
// as that can be known without touching disk or network. Everything is an index into a vector, in an order
// that follows the file, so two runs number alike.
//
// Threads. A stage with a `thread` runs there. The others share default threads, named default-1, default-2
// and so on, unpinned and adaptive; there may be as many as usable CPUs are left (CPUs allowed, less those
// of the named threads, less one for each named thread without CPUs and each shard), and always one. Upstream
// first: a stage joins the thread of its first input's stage if that is a default one; otherwise (a source,
// or a stage that reads from a named thread) it starts a default thread while there is room, else joins
// default-1. Threads without stages are left out.
//
// Edges. Within a thread: a call. Across threads: a queue where several edges from other threads meet in one
// stage or the policy is drop_oldest, else a ring.
//
// Logs. A stage whose plugin is a wal passes on what it receives, numbered. A log and a stage with
// `release: durable` have one log upstream or (the former) none; from log to log lead only blocking edges
// and stages with one input. A source that settles has one log downstream, behind filters and such edges.
//
// Events. Each edge must carry at least one event that its reader accepts. Filters and logs pass on what they
// receive.
//
// Shards. A stage `book` with `shards: 2` becomes the shards book-1 and book-2, which read what it reads,
// each on a thread of that name (the file's, if it defines one), and a merge that has its id, its place and
// its outputs. No id of a file holds a '-'. All checks are made before that, on the stage as the file has it.
//
// Threading: immutable after build_graph().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/pipeline_config.h"
#include "runtime/plugins/registry.h"
#include "tickweir/plugin.h"

namespace tickweir {

// Option values in the order of the plugin's table, with the memory they point into.
struct BoundOptions {
  std::vector<tickweir_value> values;
  std::vector<std::string> shown;                         // as a user would write them; secrets as "***"
  std::vector<std::shared_ptr<const std::string>> texts;  // shared by the shards of a stage
  std::vector<std::shared_ptr<const std::vector<const char*>>> lists;
};

// What a log does before it calls an event durable. A back end that keeps in the process what was not synced
// is synced in `os` as in `group`: otherwise the end of the process would lose what was acknowledged.
[[nodiscard]] inline SyncMode sync_of(const DurabilityConfig& durability, const Plugin& back_end) {
  if (durability.sync != SyncMode::os) return durability.sync;
  return back_end.table->wal->appends_outlive_process != 0 ? SyncMode::os : SyncMode::group;
}

enum class EdgeKind {
  call,  // same thread: a direct call, no queue
  ring,  // one producer, one consumer
  queue  // several producers meet, or the policy takes from the front
};

struct GraphEdge {
  std::string name;          // "unique->log", "book.executions->bundles"
  std::uint32_t from = 0;    // stage
  std::uint32_t output = 0;  // of `from`
  std::uint32_t to = 0;      // stage
  EdgeKind kind = EdgeKind::call;
  std::uint32_t capacity = 64;  // batches; without meaning for a call
  WhenFull when_full = WhenFull::block;
};

inline constexpr std::uint32_t no_log = ~std::uint32_t{0};

// What a stage of the graph is of the file's stage: all of it, one of its shards, or what merges them.
enum class StagePart { whole, shard, merge };

struct GraphStage {
  std::string id;
  Place place;
  const Plugin* plugin = nullptr;
  BoundOptions options;
  std::vector<Place> option_places;  // per option: where its value stands, or the stage's config
  std::uint32_t thread = 0;
  std::vector<std::uint32_t> inputs;                // edges, in the order of the file
  std::vector<std::vector<std::uint32_t>> outputs;  // per output: edges, in the order of the consumers
  std::vector<std::string> output_names;            // one "" for filters and logs; none for sinks
  std::uint32_t verdict_base = 0;                   // 1-based over the pipeline
  std::uint32_t source_number = 0;                  // 1-based among sources; 0 for other roles
  OnError on_error = OnError::stop;
  DurabilityConfig durability;   // wal stages
  bool release_durable = false;  // its batches wait until what they come from is durable
  // The stage of the log that all events of its inputs went through last, or no_log. For a log: the one
  // before it, whose events are durable before this one stores what came of them.
  std::uint32_t log = no_log;
  // Sources that settle: the log that all their events reach, through filters only; otherwise no_log.
  std::uint32_t settling_log = no_log;
  StagePart part = StagePart::whole;
  std::uint32_t shard = 0;        // shards: from 0
  std::uint32_t shard_count = 0;  // shards and merges
};
[[nodiscard]] inline bool is_log(const GraphStage& stage) {
  return stage.plugin->table->role == TICKWEIR_ROLE_WAL;
}

struct GraphThread {
  std::string name;
  std::vector<unsigned> cpus;
  WaitMode wait = WaitMode::adaptive;
  int priority = 0;
  bool named_by_user = false;         // false: made for stages without a `thread`
  std::vector<std::uint32_t> stages;  // upstream before downstream
};

struct Graph {
  PipelineConfig config;
  std::vector<GraphStage> stages;  // upstream before downstream; among equals, the file's order
  std::vector<GraphEdge> edges;
  std::vector<GraphThread> threads;
  std::vector<std::shared_ptr<const Plugin>> merges;  // in place of plugins: what merges shards
};

// What the machine allows, so that tests can describe another one.
struct Machine {
  std::vector<unsigned> cpus_present;
  std::vector<unsigned> cpus_allowed;    // by affinity and cgroup
  std::vector<unsigned> interrupt_cpus;  // that take most interrupts of disk or network card
  bool realtime_allowed = false;         // SCHED_FIFO may be set
};
[[nodiscard]] Machine this_machine();

// Resolves plugins, binds options, wires edges, lays out threads. All errors go to `diagnostics`; nothing
// is returned if they hold one, be it from load_pipeline(): then this checks what could be read, and passes
// over what follows from an error that has been reported. Calls the plugins' validate(), nothing later.
[[nodiscard]] std::unique_ptr<Graph> build_graph(PipelineConfig config, Registry& registry,
                                                 const Machine& machine, Diagnostics& diagnostics);

}  // namespace tickweir
