// A pipeline file as plain data: the outcome of load_pipeline(), before plugins are looked at.
//
// Everything here has passed the checks that need no plugin: keys, types, units, ranges, names.
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
  Located<std::string> from;       // "stage" or "stage.output"
  std::uint32_t capacity = 64;     // batches that may wait, where the edge crosses threads
  WhenFull when_full = WhenFull::block;
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
};

struct StageConfig {
  std::string id;
  Place place;
  Located<std::string> plugin;
  std::optional<Located<std::string>> thread;
  std::vector<InputConfig> inputs;
  std::vector<OptionText> options;
  Place config_place;  // the `config` key, or the stage when there is none
  OnError on_error = OnError::stop;
};

struct PipelineConfig {
  std::string file;
  std::string name;
  std::vector<ThreadConfig> threads;  // in the order of the file, as are the stages
  std::vector<StageConfig> stages;
  std::uint32_t batch_events_max = 256;         // batch: { max_events, max_bytes }
  std::uint32_t batch_bytes_max = 32 * 1024;
  std::uint64_t tick_every_ns = 0;              // ticks: { every }; 0: none
  std::uint64_t watchdog_after_ns = 10'000'000'000;  // watchdog: { after }; 0: off
  std::uint64_t start_timeout_ns = 10'000'000'000;   // timeouts: { start, drain }
  std::uint64_t drain_timeout_ns = 30'000'000'000;
  std::string dead_letter_path;                 // dead_letter: { path }
  Place dead_letter_place;
  std::optional<Located<std::string>> metrics_listen;  // metrics: { listen: "127.0.0.1:9464" }
};

// --set stages.unique.config.window=10, --set metrics.listen=127.0.0.1:0: replaces or adds one scalar.
struct Override {
  std::string path;
  std::string value;
};

// Reads a pipeline file with its includes. On errors they are in `diagnostics`, all of them, and nothing
// is returned. Reads files and the environment; changes nothing.
[[nodiscard]] std::optional<PipelineConfig> load_pipeline(const std::string& file,
                                                          const std::vector<Override>& overrides,
                                                          Diagnostics& diagnostics);

}  // namespace tickweir
