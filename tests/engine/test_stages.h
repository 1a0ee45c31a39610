// Small stages for engine tests, compiled into the test: what they do follows from each event alone, so a
// single-threaded model can say what must come out.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "tickweir/stage.h"

namespace tickweir::test {

struct Number {
  static constexpr std::uint16_t event_type = 300;
  std::uint64_t value = 0;
  std::uint64_t path = 0;  // grows by what each stage on the way adds
};

struct Seen {
  std::uint64_t origin = 0;
  std::uint64_t value = 0;
  std::uint64_t path = 0;
  auto operator<=>(const Seen&) const = default;
};

// What the sinks of a run saw, by stage id.
class Witness {
 public:
  static Witness& get();
  void clear();
  void add(const std::string& stage, std::vector<Seen> events);
  [[nodiscard]] std::vector<Seen> of(const std::string& stage) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Seen>> seen_;
};

// A gate that a test opens: stages wait inside it, so that a state can be looked at without a clock.
class Gate {
 public:
  static Gate& get();
  void close();
  void open();
  void let_one_in();  // of those that wait, or come while it is closed
  void pass();        // waits while closed
  void wait_for_arrivals(std::uint64_t count);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_closed_ = false;
  std::uint64_t let_in_ = 0;
  std::uint64_t arrivals_ = 0;
};

// So many events may the told sources with that parameter have brought.
std::atomic<std::uint64_t>& told(std::int64_t parameter);

// value -> does the filter with this parameter refuse it?
constexpr bool is_refused(std::uint64_t value, std::int64_t parameter) {
  return parameter > 0 && value % static_cast<std::uint64_t>(parameter + 1) == 0;
}
// value -> how many copies a splitter sends to `output`.
constexpr std::uint64_t copies(std::uint64_t value, std::uint32_t output, std::int64_t parameter) {
  return (value + output + static_cast<std::uint64_t>(parameter)) % 3;
}
// value -> is it a sharded splitter's work? A count of 0: all of it.
constexpr bool is_of_shard(std::uint64_t value, std::uint32_t shard, std::uint32_t shard_count) {
  return shard_count == 0 || value % shard_count == shard;
}

// source: parameter events 0..parameter-1, then finished (or idle for ever when negative)
const Plugin& source_plugin();
// each event in a batch of its own once it is told(); idle for ever. Values are multiples of 3, so that a
// splitter makes as many copies of each
const Plugin& told_source_plugin();
const Plugin& filter_plugin();
const Plugin& splitter_plugin();      // two outputs; can be sharded
const Plugin& sink_plugin();          // to the Witness
const Plugin& gated_sink_plugin();    // passes the Gate once a batch
const Plugin& failing_sink_plugin();  // fails at the batch that holds value == parameter
const Plugin& failing_start_plugin();
const Plugin& hanging_start_plugin();  // a sink whose start() waits at the Gate
const Plugin& liar_plugin();           // a transform that emits an event with a nonsense size
const Plugin& holder_plugin();         // a transform that holds everything until the drain
const Plugin& throwing_create_plugin();

}  // namespace tickweir::test
