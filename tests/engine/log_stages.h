// A log in memory that does what a test asks, and a source that remembers what it was told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir::test {

// The disk under the stage of that id. It outlives runs, as disks do.
struct Disk {
  std::vector<std::vector<std::uint8_t>> events;  // whole events, [0] has sequence 1
  std::atomic<std::size_t> synced = 0;
  std::size_t syncs = 0;
  std::atomic<std::size_t> idle_syncs = 0;  // with no append since the one before
  std::size_t dropped = 0;                  // so many of the first are not held any more
  std::vector<std::size_t> groups;          // events of each append
  std::size_t fail_append_at = 0;           // the nth append fails; 0: none
  std::size_t fail_sync_at = 0;
  std::size_t full_times = 0;  // so many appends find the disk full
  std::size_t appends_during_syncs = 0;
  std::atomic<std::size_t> upstream_synced_at_append =
      0;  // synced of `upstream` when this one was last appended to
  std::string upstream;
  std::string schema;
  std::string note;     // of what the next start repairs
  std::uint8_t id = 0;  // of the log: another number, another log
  // What a power cut leaves.
  void cut() { events.resize(synced); }
};

// All disks, and the gate that syncs pass.
class Disks {
 public:
  static Disks& get();
  void clear();
  // Not while a run is using it.
  Disk& of(const std::string& stage) { return disks_[stage]; }
  // Syncs of this disk wait until open().
  void close(const std::string& stage);
  void open();
  void pass(const std::string& stage);
  void wait_for_arrival();  // until a sync waits

 private:
  std::map<std::string, Disk> disks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string closed_;
  bool has_arrived_ = false;
};

struct Settled {
  std::uint64_t origin = 0;
  std::uint8_t verdict = 0;
  bool is_durable = false;  // its log had synced it by then
  auto operator<=>(const Settled&) const = default;
};
// What the settling sources of the run were told, in order. After the run.
std::vector<Settled>& settled();

const Plugin& memory_log_plugin();
// The same, but what was not synced is gone with the process.
const Plugin& forgetful_log_plugin();
// The same, but it takes appends during a sync, which covers none of them. Such a sync on a thread of its own
// waits for an append, if one must come: `parameter` events in all; 0: none.
const Plugin& overlapping_log_plugin();
// Numbers up to `parameter`, going on after what recovery shows; checks settlement against the disk "log".
const Plugin& settling_source_plugin();
// As filter_plugin(), and remembers how many events recovery has shown it.
const Plugin& recovering_filter_plugin();
std::uint64_t recovered_events();
// As settling_source_plugin(), but instead of ending it is idle; and it saves.
const Plugin& lasting_source_plugin();
// As recovering_filter_plugin(), and saves how many events it has passed and seen.
const Plugin& saving_filter_plugin();
// Emits for each event the sum of all values so far; keeps back every `parameter`th until the next one comes.
// Its `save` fails when the descriptor is open there (-1: it does not look), or a signal would be taken.
const Plugin& summing_plugin();
extern int descriptor_of_the_parent;
// Likewise; `save` fails.
const Plugin& failing_save_plugin();
// How the process ends in which summing_plugin() is saved.
enum class SaveEnd { none, killed, trapped };
std::atomic<SaveEnd>& save_end();

}  // namespace tickweir::test
