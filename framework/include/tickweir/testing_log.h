// Runs the back end of a log in a test, the way the runtime would, and checks that it keeps the contract.
//
//   tickweir::testing::LogHarness log(TICKWEIR_PLUGIN_FILE, {{"path", folder}});
//   log.append({event(...), event(...)});     // sequences are given here
//   log.sync();
//   log.reopen();
//   EXPECT_EQ(log.read_all(), log.appended());
//
// The disk can be replaced: LogSettings::files, for instance FaultyFiles (testing_files.h).
//
// Threading: one thread. Ownership: the plugin's file stays loaded for the life of the process.
// Memory:    what is appended lies in memory that is freed after the call; batches to fill hold 0xEE.
// Errors:    StageError with the back end's text; LogFull; ContractError when it breaks the contract.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tickweir/plugin.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_batches.h"
#include "tickweir/testing_events.h"
#include "tickweir/testing_host.h"
#include "tickweir/wal_backend.h"

namespace tickweir::testing {

struct LogSettings {
  const tickweir_files* files = &posix_files();
  bool is_read_only = false;
  std::string schema = "EventHeader 32 0 size@0:4 type@4:2\n";
  std::array<std::uint8_t, 16> id{};     // for a new log; zeros: a random one
  std::uint32_t batch_events_max = 256;  // of what is read
  std::uint32_t batch_bytes_max = 64 * 1024;
  bool open = true;  // false: only create; call open() yourself
};

// A tickweir_log_state with texts of its own.
struct LogFacts {
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t bytes = 0;
  std::array<std::uint8_t, 16> id{};
  std::string schema;
  std::string note;
};

// Events of a group, each given its sequence, as they lie in a batch.
[[nodiscard]] inline std::vector<OwnedEvent> with_sequences(const std::vector<OwnedEvent>& events,
                                                            std::uint64_t first_sequence) {
  std::vector<OwnedEvent> stamped;
  stamped.reserve(events.size());
  for (const OwnedEvent& one : events) {
    const Event& header = one.header();
    stamped.emplace_back(header.type, one.payload_bytes(),
                         Fields{.time = header.time,
                                .origin = header.origin,
                                .sequence = first_sequence + stamped.size(),
                                .verdict = header.verdict});
  }
  return stamped;
}

class LogHarness {
 public:
  explicit LogHarness(const char* file, OptionTexts options = {}, LogSettings settings = {})
      : plugin_(detail::open_plugin(file)),
        options_(std::move(options)),
        settings_(std::move(settings)),
        host_(plugin_, 1000) {
    detail::require(plugin_.role == TICKWEIR_ROLE_WAL && plugin_.wal != nullptr,
                    "this is no back end of a log");
    create();
    if (settings_.open) open();
  }
  LogHarness(const LogHarness&) = delete;
  LogHarness& operator=(const LogHarness&) = delete;
  // Without stop(): as after a crash of the process, but for what the back end's destructor does.
  ~LogHarness() = default;

  [[nodiscard]] const tickweir_plugin& plugin() const { return plugin_; }
  // What open() found.
  [[nodiscard]] const LogFacts& opened() const { return opened_; }

  const LogFacts& open() {
    detail::ErrorRoom error;
    tickweir_log_request request;
    request.is_read_only = settings_.is_read_only ? 1 : 0;
    const auto schema = std::make_unique<std::string>(settings_.schema);  // lent for the call
    request.schema = schema->c_str();
    std::copy(settings_.id.begin(), settings_.id.end(), std::begin(request.id));
    tickweir_log_state state;
    finish(plugin_.wal->open(stage(), &request, &state, error.raw()), error, "open");
    opened_ = facts(state);
    next_sequence_ = opened_.last_sequence + 1;
    return opened_;
  }

  // One group in one span; the events get the sequences that come next.
  void append(const std::vector<OwnedEvent>& events) { append_groups({events}); }
  // One append of several spans.
  void append_groups(const std::vector<std::vector<OwnedEvent>>& groups) {
    std::vector<OwnedEvent> stamped;
    std::vector<std::vector<std::uint8_t>> memory;
    std::vector<tickweir_span> spans;
    for (const auto& group : groups) {
      auto& bytes = memory.emplace_back();
      for (const OwnedEvent& one : with_sequences(group, next_sequence_ + stamped.size())) {
        const auto* from = reinterpret_cast<const std::uint8_t*>(&one.header());
        bytes.insert(bytes.end(), from, from + one.size());
        stamped.push_back(one);
      }
    }
    for (const auto& bytes : memory) spans.push_back({bytes.data(), bytes.size()});
    append_raw(spans, next_sequence_, static_cast<std::uint32_t>(stamped.size()));
    next_sequence_ += stamped.size();
    appended_.insert(appended_.end(), stamped.begin(), stamped.end());
  }
  // As it is, sound or not; does not count as appended().
  void append_raw(const std::vector<tickweir_span>& spans, std::uint64_t first_sequence,
                  std::uint32_t event_count) {
    detail::ErrorRoom error;
    const std::int32_t code =
        plugin_.wal->append(stage(), spans.data(), static_cast<std::uint32_t>(spans.size()), first_sequence,
                            event_count, error.raw());
    if (code == TICKWEIR_FULL) throw LogFull(error.text());
    finish(code, error, "append");
  }
  void sync() {
    detail::ErrorRoom error;
    finish(plugin_.wal->sync(stage(), error.raw()), error, "sync");
  }

  // One batch from `sequence` on; empty when there is nothing.
  [[nodiscard]] std::vector<OwnedEvent> read(std::uint64_t sequence) {
    detail::OwnedBatch batch(settings_.batch_events_max, settings_.batch_bytes_max);
    detail::ErrorRoom error;
    const std::int32_t code = plugin_.wal->read(stage(), sequence, &batch.raw(), error.raw());
    if (code != TICKWEIR_FINISHED) finish(code, error, "read");
    std::vector<OwnedEvent> events = batch.events();
    detail::require(events.empty() == (code == TICKWEIR_FINISHED),
                    "read() filled nothing, or said that it did");
    for (std::size_t i = 0; i < events.size(); ++i) {
      detail::require(events[i].sequence() == sequence + i, "read() gave sequence " +
                                                                std::to_string(events[i].sequence()) +
                                                                ", expected " + std::to_string(sequence + i));
    }
    return events;
  }
  // Everything from `sequence` on; 0: from the oldest that is held.
  [[nodiscard]] std::vector<OwnedEvent> read_all(std::uint64_t sequence = 0) {
    if (sequence == 0) sequence = std::max<std::uint64_t>(describe().first_sequence, 1);
    std::vector<OwnedEvent> all;
    for (;;) {
      const std::vector<OwnedEvent> some = read(sequence + all.size());
      if (some.empty()) return all;
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  void truncate_before(std::uint64_t sequence) {
    detail::ErrorRoom error;
    finish(plugin_.wal->truncate_before(stage(), sequence, error.raw()), error, "truncate_before");
  }
  [[nodiscard]] LogFacts describe() {
    detail::ErrorRoom error;
    tickweir_log_state state;
    finish(plugin_.wal->describe(stage(), &state, error.raw()), error, "describe");
    return facts(state);
  }
  void stop() {
    detail::ErrorRoom error;
    if (plugin_.stop != nullptr) finish(plugin_.stop(stage(), error.raw()), error, "stop");
    stage_.reset();
  }
  // Destroys the back end, stopped or not, makes a fresh one and opens it.
  const LogFacts& reopen() {
    stage_.reset();
    create();
    return open();
  }
  const LogFacts& reopen(const LogSettings& settings) {
    settings_ = settings;
    return reopen();
  }

  // All that was appended through this harness, in order.
  [[nodiscard]] const std::vector<OwnedEvent>& appended() const { return appended_; }
  // The sequence of the next event; may be set before the first append of a new log.
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }
  void set_next_sequence(std::uint64_t sequence) { next_sequence_ = sequence; }

 private:
  static LogFacts facts(const tickweir_log_state& state) {
    LogFacts found{state.first_sequence, state.last_sequence, state.bytes, {}, "", ""};
    std::copy(std::begin(state.id), std::end(state.id), found.id.begin());
    detail::require(state.note != nullptr && state.schema != nullptr,
                    "the state of a log lacks note or schema");
    found.schema = state.schema;
    found.note = state.note;
    detail::require(found.first_sequence <= found.last_sequence, "the state of a log begins behind its end");
    return found;
  }
  void create() {
    const auto values = std::make_unique<detail::BoundValues>(plugin_, options_);
    detail::ErrorRoom error;
    if (plugin_.validate != nullptr) {
      finish(plugin_.validate(values->data(), plugin_.option_count, error.raw()), error, "validate");
    }
    const auto context = std::make_unique<tickweir_context>();
    context->option_count = plugin_.option_count;
    context->options = values->data();
    context->stage_id = "log";
    context->event_bytes_max = settings_.batch_bytes_max;
    context->batch_events_max = settings_.batch_events_max;
    context->verdict_base = 1;
    context->host = host_.raw();
    context->files = settings_.files;
    void* made = nullptr;
    const std::int32_t code = plugin_.create(context.get(), &made, error.raw());
    if (code == TICKWEIR_OK) stage_.reset(made);
    finish(code, error, "create");
    detail::require(stage_ != nullptr, "create() succeeded without a stage");
  }
  [[nodiscard]] void* stage() const {
    detail::require(stage_ != nullptr, "the log is stopped");
    return stage_.get();
  }
  void finish(std::int32_t code, const detail::ErrorRoom& error, const char* call) const {
    host_.check();
    if (code == TICKWEIR_OK) return;
    detail::require(code == TICKWEIR_FAILED, std::string(call) + "() returned " + std::to_string(code));
    detail::require(!error.text().empty(), std::string(call) + "() failed without a word");
    throw StageError(error.text(), error.option_name(plugin_));
  }

  const tickweir_plugin& plugin_;
  OptionTexts options_;
  LogSettings settings_;
  detail::TestHost host_;
  std::unique_ptr<void, void (*)(void*)> stage_{nullptr, plugin_.destroy};
  LogFacts opened_;
  std::uint64_t next_sequence_ = 1;
  std::vector<OwnedEvent> appended_;
};

}  // namespace tickweir::testing
