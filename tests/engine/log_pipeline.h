// The pipeline of the tests of logs, and their fixture: once for each number of threads.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "log_stages.h"
#include "recorded_engine.h"
#include "test_stages.h"

namespace tickweir::test {

// source -> filter -> log -> split -> trades(log) -> sink, and log -> released(release: durable).
// `threads`: 1 puts everything on one thread, 3 gives each part its own.
struct Shape {
  std::int64_t events = 1000;
  std::int64_t refuse = 0;
  std::uint32_t threads = 1;
  SyncMode sync = SyncMode::group;
  std::uint32_t max_events = 64;
  std::uint32_t batch_events = 16;
  bool overlaps = false;         // the logs take appends during a sync
  bool forgets = false;          // their appends do not outlive the process; they do not overlap then
  std::int64_t waits_below = 0;  // see overlapping_log_plugin()
  bool is_gated = false;         // the last sink passes the Gate
  bool is_lasting = false;       // the source does not end
  std::uint64_t watchdog_after_ns = 0;
  RunMode mode = {};
};

class Pipeline : public RecordedEngine {
 public:
  explicit Pipeline(const Shape& shape) : RecordedEngine(shape.threads) {
    Witness::get().clear();
    settled().clear();
    const std::uint32_t core = shape.threads > 1 ? 1 : 0;
    const std::uint32_t last = shape.threads > 2 ? 2 : core;
    maker_.graph().config.batch_events_max = shape.batch_events;
    maker_.graph().config.watchdog_after_ns = shape.watchdog_after_ns;
    const auto source = maker_.add(
        "source", shape.is_lasting ? lasting_source_plugin() : settling_source_plugin(), 0, {}, shape.events);
    const auto filter =
        maker_.add("filter", recovering_filter_plugin(), 0, {{.stage = source}}, shape.refuse);
    const Plugin& backend = shape.forgets    ? forgetful_log_plugin()
                            : shape.overlaps ? overlapping_log_plugin()
                                             : memory_log_plugin();
    const auto log = maker_.add("log", backend, core, {{.stage = filter}}, shape.waits_below);
    const auto split = maker_.add("split", splitter_plugin(), core, {{.stage = log}}, 1);
    const auto trades = maker_.add("trades", backend, last, {{.stage = split}});
    const auto sink =
        maker_.add("sink", shape.is_gated ? gated_sink_plugin() : sink_plugin(), last, {{.stage = trades}});
    const auto released = maker_.add("released", sink_plugin(), last, {{.stage = log}});
    auto& stages = maker_.graph().stages;
    for (const auto after : {split, trades, released}) stages[after].log = log;
    stages[sink].log = trades;
    stages[source].settling_log = log;
    stages[released].release_durable = true;
    for (const auto one : {log, trades}) {
      stages[one].durability.sync = shape.sync;
      stages[one].durability.max_events = shape.max_events;
    }
    Disks::get().of("trades").upstream = "log";
    make(shape.mode);
  }

  Result<void> start() { return engine().start(); }
  Result<void> operator()() {
    if (auto begun = start(); !begun) return begun;
    return wait();
  }
};

struct Layout {
  std::uint32_t threads;
  bool overlaps;
};

class Logs : public ::testing::TestWithParam<Layout> {
 protected:
  void SetUp() override { Disks::get().clear(); }
  static Disk& disk(const std::string& id) { return Disks::get().of(id); }
  static Shape shape() { return {.threads = GetParam().threads, .overlaps = GetParam().overlaps}; }
  static std::uint64_t sequence_at(const std::string& id, std::size_t index) {
    return reinterpret_cast<const Event*>(disk(id).events[index].data())->sequence;
  }
};

}  // namespace tickweir::test
