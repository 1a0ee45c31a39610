// Runs a plugin's file in a test, the way the runtime would, and checks that it keeps the contract.
//
//   tickweir::testing::Harness stage(TICKWEIR_PLUGIN_FILE, {{"band", "100"}});
//   stage.push({event(market::NewOrder{...}, {.time = 5}), ...});
//   EXPECT_EQ(stage.verdicts(), (std::vector<std::string>{"", "outside_band"}));
//
// push() cuts its events into batches of `Settings::batch_events_max`, so one test can run with one big
// batch and with many small ones. Outputs are collected by name. The clock stands still until set.
//
// Threading: one thread. Ownership: the plugin's file stays loaded for the life of the process.
// Memory:    input batches are fresh each time and freed after the call, so a sanitizer sees a stage that
//            keeps a pointer into one; unwritten output bytes are 0xEE.
// Errors:    what the stage refuses is a StageError with the stage's own text; a wrong option text is one
//            too. A stage that breaks the contract is a ContractError.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tickweir/counters.h"
#include "tickweir/plugin.h"
#include "tickweir/posix_files.h"
#include "tickweir/stage.h"
#include "tickweir/testing_batches.h"
#include "tickweir/testing_events.h"
#include "tickweir/testing_host.h"

namespace tickweir::testing {

struct Settings {
  std::string stage_id = "stage";
  std::uint32_t batch_events_max = 256;  // of inputs and outputs
  std::uint32_t batch_bytes_max = 64 * 1024;
  std::uint32_t source_number = 1;
  std::uint32_t verdict_base = 1;
  std::uint32_t series_max = 1000;              // per counter with a label
  std::uint64_t time = 0;                       // where the clock stands
  std::vector<std::string> unconnected = {};    // outputs that nobody listens to
  std::vector<tickweir_verdict> verdicts = {};  // of the whole pipeline; verdict v is entry v - 1
  std::uint32_t shard = 0;                      // see Context
  std::uint32_t shard_count = 0;
  bool start = true;  // false: only validate and create; call start() yourself
};

class Harness {
 public:
  explicit Harness(const char* file, const OptionTexts& options = {}, Settings settings = {})
      : settings_(std::move(settings)),
        plugin_(detail::open_plugin(file)),
        host_(plugin_, settings_.series_max),
        drops_(plugin_.reason_count + 1),
        emitter_(plugin_, settings_.unconnected, settings_.batch_events_max, settings_.batch_bytes_max) {
    host_.set_time(settings_.time);
    create(options);
    if (settings_.start) start();
  }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;
  ~Harness() {
    detail::ErrorRoom error;
    if (started_ && !stopped_ && plugin_.stop != nullptr &&
        plugin_.stop(stage(), error.raw()) != TICKWEIR_OK) {
      std::fprintf(stderr, "%s failed to stop: %s\n", plugin_.name, error.text().c_str());
    }
  }

  // Why the plugin refuses these options; "" when it takes them and starts.
  [[nodiscard]] static std::string refusal(const char* file, const OptionTexts& options) {
    try {
      Harness stage(file, options);
      return {};
    } catch (const StageError& refused) {
      return refused.what();
    }
  }

  [[nodiscard]] const tickweir_plugin& plugin() const { return plugin_; }

  void start() {
    TICKWEIR_ASSERT(!started_);
    detail::ErrorRoom error;
    if (plugin_.start != nullptr) finish(plugin_.start(stage(), error.raw()), error, "start");
    started_ = true;
    host_.end_setup();
  }

  // Filters, transforms, sinks: takes the events in batches.
  void push(const std::vector<OwnedEvent>& events) {
    detail::require(plugin_.role != TICKWEIR_ROLE_SOURCE, "a source takes no events");
    for (std::size_t at = 0; at < events.size();) {
      detail::InputBatch batch(events, at, settings_.batch_events_max, settings_.batch_bytes_max);
      at += batch.count();
      received_ += batch.live_count();
      work(batch);
      check();
    }
  }

  // Sources: polls until there is nothing more for now, or nothing ever. A source that says `more` too
  // often breaks the contract.
  PollResult poll(std::uint32_t calls_max = 10'000'000) {
    for (std::uint32_t call = 0; call < calls_max; ++call) {
      const PollResult result = poll_once();
      if (result != PollResult::more) return result;
    }
    throw ContractError("poll() said `more` " + std::to_string(calls_max) + " times");
  }
  PollResult poll_once() {
    detail::require(plugin_.role == TICKWEIR_ROLE_SOURCE, "only a source is polled");
    idle_ = {};
    detail::ErrorRoom error;
    const std::int32_t code = plugin_.source->poll(stage(), emitter_.raw(), &idle_, error.raw());
    if (code < TICKWEIR_OK || code > TICKWEIR_FINISHED) finish(code, error, "poll");
    emitter_.hand_over_all();
    check();
    return static_cast<PollResult>(code);
  }
  // Polls, and when the source is idle moves the clock to where it wants to wake, up to `time`.
  PollResult poll_until(std::uint64_t time) {
    for (;;) {
      const PollResult result = poll();
      if (result == PollResult::finished || idle_.wake_time == 0 || idle_.wake_time > time) return result;
      detail::require(idle_.wake_time > host_.time(),
                      "an idle source asked to wake at a time that has passed");
      host_.set_time(idle_.wake_time);
    }
  }
  // Sources: tells what became of events, verdicts and all, and has it answer.
  void settle(const std::vector<OwnedEvent>& events) {
    detail::require(plugin_.role == TICKWEIR_ROLE_SOURCE && plugin_.source->settle != nullptr,
                    "only a source that asks for it is told what became of events");
    show(events, plugin_.source->settle, "settle");
    if (plugin_.source->answer == nullptr) return;
    detail::ErrorRoom error;
    const auto code = plugin_.source->answer(stage(), error.raw());
    detail::require(code == TICKWEIR_OK, "answer(): " + error.text());
  }
  // Shows what once passed into the log, before the first input.
  void recover(const std::vector<OwnedEvent>& events) {
    detail::require(plugin_.state != nullptr && plugin_.state->recover != nullptr,
                    "the stage recovers nothing");
    show(events, plugin_.state->recover, "recover");
  }
  // The bytes of a saved state, and back into a fresh stage.
  [[nodiscard]] std::string save() const {
    detail::require(plugin_.state != nullptr && plugin_.state->save != nullptr, "the stage saves nothing");
    return written(plugin_.state->save, "save");
  }
  // What the stage shows of what it remembers.
  [[nodiscard]] std::string shown() const {
    detail::require(plugin_.state != nullptr && plugin_.state->show != nullptr, "the stage shows nothing");
    return written(plugin_.state->show, "show");
  }
  void load(std::string_view bytes) {
    detail::require(plugin_.state != nullptr && plugin_.state->load != nullptr, "the stage loads nothing");
    tickweir_state_reader reader;
    reader.host = &bytes;
    reader.read = [](void* host, void* room, std::uint64_t count) -> std::int32_t {
      auto& left = *static_cast<std::string_view*>(host);
      if (count > left.size()) return TICKWEIR_FAILED;
      if (count != 0) std::memcpy(room, left.data(), count);
      left.remove_prefix(count);
      return TICKWEIR_OK;
    };
    detail::ErrorRoom error;
    finish(plugin_.state->load(stage(), &reader, error.raw()), error, "load");
    detail::require(bytes.empty(), "load() left bytes of the saved state unread");
    received_ += held();  // what it holds came before it was saved
  }
  // What the last poll asked for.
  [[nodiscard]] const Idle& idle() const { return idle_; }
  void set_time(std::uint64_t time) { host_.set_time(time); }

  // No more input: the stage emits what it holds. Afterwards it must hold nothing.
  void drain() {
    detail::ErrorRoom error;
    if (plugin_.drain != nullptr) finish(plugin_.drain(stage(), emitter_.raw(), error.raw()), error, "drain");
    emitter_.hand_over_all();
    check();
    detail::require(held() == 0, "held() is not 0 after drain()");
  }
  void stop() {
    TICKWEIR_ASSERT(started_ && !stopped_);
    stopped_ = true;
    detail::ErrorRoom error;
    if (plugin_.stop != nullptr) finish(plugin_.stop(stage(), error.raw()), error, "stop");
  }

  // Everything emitted so far on an output; `output()` is the first one.
  [[nodiscard]] const std::vector<OwnedEvent>& output(std::string_view name) const {
    return emitter_.output(name).events;
  }
  [[nodiscard]] const std::vector<OwnedEvent>& output() const { return emitter_.first_output().events; }
  // As output(), and forgets it.
  [[nodiscard]] std::vector<OwnedEvent> take(std::string_view name) {
    return std::exchange(emitter_.output(name).events, {});
  }
  // Events in each batch handed over on an output.
  [[nodiscard]] const std::vector<std::uint32_t>& batch_sizes(std::string_view name) const {
    return emitter_.output(name).batch_sizes;
  }

  // Filters: for each event pushed so far the name of the reason it was refused for, "" if it passed.
  [[nodiscard]] const std::vector<std::string>& verdicts() const { return verdicts_; }
  // Filters: the events that passed, as the filter left them.
  [[nodiscard]] const std::vector<OwnedEvent>& passed() const { return passed_; }

  // Live events pushed so far, those dropped (for a reason), and those held.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t dropped(std::string_view reason) const {
    for (std::uint32_t i = 0; i < plugin_.reason_count; ++i) {
      if (plugin_.reasons[i].name == reason) return drops_[i];
    }
    throw ContractError("the plugin has no drop reason " + std::string(reason));
  }
  [[nodiscard]] std::uint64_t dropped() const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < plugin_.reason_count; ++i) sum += drops_[i];
    return sum;
  }
  [[nodiscard]] std::uint64_t held() const {
    const bool can_hold = plugin_.role == TICKWEIR_ROLE_TRANSFORM && plugin_.transform->held != nullptr;
    return can_hold ? plugin_.transform->held(stage()) : 0;
  }

  // A counter's or gauge's value; with a label, of that series. 0 when the stage never asked for it.
  [[nodiscard]] std::uint64_t counter(std::string_view name, std::string_view label = {}) const {
    const std::uint64_t* cells = host_.cells(name, label);
    return cells == nullptr ? 0 : cells[0];
  }
  // The labels under which the stage asked for series of a counter; one without a label has the label "".
  [[nodiscard]] std::vector<std::string> labels(std::string_view name) const { return host_.labels(name); }
  // The number of values recorded in a histogram, and their sum.
  [[nodiscard]] std::uint64_t recorded(std::string_view name, std::string_view label = {}) const {
    const std::uint64_t* cells = host_.cells(name, label);
    std::uint64_t count = 0;
    for (std::uint32_t i = 1; cells != nullptr && i < HistogramLayout::cell_count; ++i) count += cells[i];
    return count;
  }
  [[nodiscard]] std::uint64_t recorded_sum(std::string_view name, std::string_view label = {}) const {
    return counter(name, label);
  }
  [[nodiscard]] const std::vector<std::string>& logs() const { return host_.logs(); }

  // What must hold between any two calls: in = out + dropped + held. Throws ContractError. Called by the
  // harness after each call.
  void check() const {
    host_.check();
    emitter_.check();
    if (plugin_.role == TICKWEIR_ROLE_SOURCE) return;
    const std::uint64_t gone = dropped() + held();
    detail::require(gone <= received_, "dropped and held events are more than were received");
    if (plugin_.role == TICKWEIR_ROLE_FILTER) {
      detail::require(passed_.size() + gone == received_, "passed and dropped events are not those received");
    }
  }

 private:
  void create(const OptionTexts& options) {
    // Lent for the calls only, as by the runtime: freed below.
    const auto values = std::make_unique<detail::BoundValues>(plugin_, options);
    detail::ErrorRoom error;
    if (plugin_.validate != nullptr) {
      finish(plugin_.validate(values->data(), plugin_.option_count, error.raw()), error, "validate");
    }
    const auto context = std::make_unique<tickweir_context>();
    context->option_count = plugin_.option_count;
    context->options = values->data();
    context->stage_id = settings_.stage_id.c_str();
    context->source_number = plugin_.role == TICKWEIR_ROLE_SOURCE ? settings_.source_number : 0;
    context->event_bytes_max = settings_.batch_bytes_max;
    context->batch_events_max = settings_.batch_events_max;
    context->verdict_base = settings_.verdict_base;
    context->drop_cells = drops_.data();
    context->host = host_.raw();
    context->files = &posix_files();
    context->verdicts = settings_.verdicts.data();
    context->verdict_count = static_cast<std::uint32_t>(settings_.verdicts.size());
    context->shard = settings_.shard;
    context->shard_count = settings_.shard_count;
    void* made = nullptr;
    const std::int32_t code = plugin_.create(context.get(), &made, error.raw());
    if (code == TICKWEIR_OK) stage_.reset(made);
    finish(code, error, "create");
    detail::require(stage_ != nullptr, "create() succeeded without a stage");
  }

  [[nodiscard]] void* stage() const { return stage_.get(); }

  [[nodiscard]] std::string written(std::int32_t (*call)(void*, const tickweir_state_writer*,
                                                         tickweir_error*),
                                    const char* name) const {
    std::string bytes;
    tickweir_state_writer writer;
    writer.host = &bytes;
    writer.write = [](void* host, const void* data, std::uint64_t count) -> std::int32_t {
      static_cast<std::string*>(host)->append(static_cast<const char*>(data), count);
      return TICKWEIR_OK;
    };
    detail::ErrorRoom error;
    finish(call(stage(), &writer, error.raw()), error, name);
    return bytes;
  }

  // Gives events to a call that only reads them, in batches.
  void show(const std::vector<OwnedEvent>& events,
            std::int32_t (*call)(void*, const tickweir_batch*, tickweir_error*), const char* name) {
    for (std::size_t at = 0; at < events.size();) {
      detail::InputBatch batch(events, at, settings_.batch_events_max, settings_.batch_bytes_max);
      at += batch.count();
      detail::ErrorRoom error;
      finish(call(stage(), batch.raw(), error.raw()), error, name);
      batch.check_untouched();
    }
    check();
  }

  void work(detail::InputBatch& batch) {
    detail::ErrorRoom error;
    if (plugin_.role == TICKWEIR_ROLE_FILTER) {
      finish(plugin_.filter->apply(stage(), batch.raw(), error.raw()), error, "apply");
      batch.check_filtered(settings_.verdict_base, plugin_.reason_count);
      collect_verdicts(batch);
    } else if (plugin_.role == TICKWEIR_ROLE_TRANSFORM) {
      finish(plugin_.transform->process(stage(), batch.raw(), emitter_.raw(), error.raw()), error, "process");
      batch.check_untouched();
      emitter_.hand_over_all();
    } else {
      finish(plugin_.sink->write(stage(), batch.raw(), error.raw()), error, "write");
      batch.check_untouched();
    }
  }

  void collect_verdicts(const detail::InputBatch& batch) {
    for (const OwnedEvent& judged : batch.events()) {
      const std::uint32_t verdict = judged.header().verdict;
      const std::uint32_t reason = verdict - settings_.verdict_base;
      const bool ours = verdict != 0 && reason < plugin_.reason_count;
      verdicts_.emplace_back(verdict == 0 ? "" : ours ? plugin_.reasons[reason].name : "refused upstream");
      if (verdict == 0) passed_.push_back(judged);
    }
  }

  void finish(std::int32_t code, const detail::ErrorRoom& error, const char* call) const {
    host_.check();
    emitter_.check();
    if (code == TICKWEIR_OK) return;
    detail::require(code == TICKWEIR_FAILED, std::string(call) + "() returned " + std::to_string(code));
    throw StageError(error.text(), error.option_name(plugin_));
  }

  Settings settings_;
  const tickweir_plugin& plugin_;
  detail::TestHost host_;
  std::vector<std::uint64_t> drops_;
  detail::TestEmitter emitter_;
  std::unique_ptr<void, void (*)(void*)> stage_{nullptr, plugin_.destroy};
  bool started_ = false;
  bool stopped_ = false;
  std::uint64_t received_ = 0;
  Idle idle_{};
  std::vector<std::string> verdicts_;
  std::vector<OwnedEvent> passed_;
};

}  // namespace tickweir::testing
