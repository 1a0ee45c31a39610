// A pipeline file as plain data: the outcome of load_pipeline(), before plugins are looked at.
//
// Everything here has passed the checks that need no plugin: keys, types, units, ranges, names. What has not
// is in the diagnostics; here it has its default, or is marked as refused where its absence would look like
// another mistake. So later checks can find more errors, and none twice. The diagnostics decide: a config
// that came with an error is for checking, never for running.
//
// Threading: immutable after loading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/config/diagnostics.h"

namespace tickweir {

enum class WaitMode { spin, adaptive, block };
enum class WhenFull { block, drop_newest, drop_oldest };
enum class OnError { stop, dead_letter };
// What a log does before it calls an event durable, and what is lost then at worst:
//   none   nothing: whatever the process had not written when it died
//   os     it is written to the operating system: a power cut loses what the system had not stored yet
//   group  a group of events is synced, as soon as the disk is free: nothing
//   each   every event is synced on its own: nothing
enum class SyncMode { none, os, group, each };

// What a log keeps: everything, or what one of the kept snapshots still needs.
enum class Retain { all, snapshots };

// What a log's writes go through: automatic is io_uring where the system allows it.
enum class FileIo { automatic, pwrite, io_uring };

// `durability` of a stage whose plugin is a log.
struct DurabilityConfig {
  SyncMode sync = SyncMode::group;
  std::uint64_t max_delay_ns = 10'000'000;  // an event that waits longer for its sync is counted as late
  std::uint32_t max_events = 1000;          // of a group: one sync covers no more
  Retain retain = Retain::all;
  FileIo io = FileIo::automatic;
};

// snapshots: { path, every, every_events }
struct SnapshotsConfig {
  std::string path;
  std::uint64_t every_ns = 60'000'000'000;
  std::uint64_t every_events = 0;  // numbered by all logs together; 0: by time alone
};

struct ThreadConfig {
  std::string name;
  Place place;
  std::vector<unsigned> cpus;  // sorted, unique; empty: not pinned
  Place cpus_place;
  WaitMode wait = WaitMode::adaptive;
  int priority = 0;  // 0: the scheduler's normal class; 1..99: SCHED_FIFO
  Place priority_place;
};

struct InputConfig {
  Located<std::string> from;       // "stage" or "stage.output"; unless refused, there is such a stage
  std::uint32_t capacity = 64;     // batches that may wait, where the edge crosses threads
  WhenFull when_full = WhenFull::block;
  Place when_full_place;  // where it is written, else that of `from`
  bool refused = false;  // has been reported, only its place is known for sure
};

// One entry of a stage's `config`: as written, after ${...} was put in.
struct OptionText {
  std::string name;
  Place name_place;
  Place value_place;
  bool is_list = false;
  std::vector<Located<std::string>> texts;  // one for a scalar, any number for a list
  bool quoted = false;                      // "5" is a text, 5 a number
  bool any_type = false;                    // came from ${...} or --set: quotes say nothing about its type
  bool refused = false;                     // the value has been reported and is not here
};

inline constexpr std::uint32_t shards_max = 64;
inline constexpr std::size_t thread_name_max = 15;  // what Linux shows

struct StageConfig {
  std::string id;
  Place place;
  Located<std::string> plugin;  // empty: refused
  std::optional<Located<std::string>> thread;
  std::vector<InputConfig> inputs;
  bool inputs_known = true;  // false: there may be inputs where there seem to be none
  std::vector<OptionText> options;
  bool options_known = true;  // false: there may be more options than these
  Place config_place;  // the `config` key, or the stage when there is none
  OnError on_error = OnError::stop;
  Place on_error_place;  // where it is written, else the stage
  DurabilityConfig durability;
  std::optional<Place> durability_place;  // of the key, when it is there
  Place sync_place;                       // where it is written, else the stage
  Place retain_place;                     // likewise
  bool release_durable = false;           // release: durable | at_once
  std::optional<Place> release_place;     // of the value, when it is there
  std::optional<std::uint32_t> shards;    // 1 to shards_max
  Place shards_place;                     // where it is written, else the stage
};

struct PipelineConfig {
  std::string file;
  std::string name;
  std::vector<ThreadConfig> threads;  // in the order of the file, as are the stages
  std::vector<StageConfig> stages;
  bool stages_known = true;             // false: there may be more stages than these
  std::uint32_t batch_events_max = 256;         // batch: { max_events, max_bytes }
  std::uint32_t batch_bytes_max = 32 * 1024;
  std::uint64_t tick_every_ns = 0;              // ticks: { every }; 0: none
  std::uint64_t watchdog_after_ns = 10'000'000'000;  // watchdog: { after }; 0: off
  std::uint64_t start_timeout_ns = 10'000'000'000;   // timeouts: { start, drain }
  std::uint64_t drain_timeout_ns = 30'000'000'000;
  std::string dead_letter_path;                 // dead_letter: { path }
  Place dead_letter_place;
  std::optional<SnapshotsConfig> snapshots;
  Place snapshots_place;  // of the path
  std::optional<Located<std::string>> metrics_listen;  // metrics: { listen: "127.0.0.1:9464" }
};

// --set stages.unique.config.window=10, --set metrics.listen=127.0.0.1:0: replaces or adds one scalar.
struct Override {
  std::string path;
  std::string value;
};

// Reads a pipeline file with its includes. All errors go to `diagnostics`; then what could be read is
// returned, which may be nothing at all. Reads files and the environment; changes nothing.
[[nodiscard]] PipelineConfig load_pipeline(const std::string& file, const std::vector<Override>& overrides,
                                           Diagnostics& diagnostics);

}  // namespace tickweir
