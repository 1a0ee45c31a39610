// Turns a stage class into the C tables of plugin.h. Part of stage.h; nobody includes it directly.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <utility>

#include "tickweir/batch.h"
#include "tickweir/context.h"
#include "tickweir/state.h"
#include "tickweir/wal_backend.h"

namespace tickweir {

class Source {};
class Filter {};
class Transform {};
class Sink {};

using Idle = tickweir_idle;

enum class PollResult : std::int32_t {
  more = TICKWEIR_OK,            // call again at once
  idle = TICKWEIR_IDLE,          // nothing now; see Idle for when to ask again
  finished = TICKWEIR_FINISHED,  // nothing ever again
};

namespace detail {

inline void write_error(tickweir_error* error, const char* text) {
  if (error == nullptr || error->text_capacity == 0) return;
  const std::size_t length = std::min<std::size_t>(std::strlen(text), error->text_capacity - 1);
  std::memcpy(error->text, text, length);
  error->text[length] = '\0';
}

// Runs `body`, which returns a tickweir_result, and turns what it throws into an error.
template <typename Body>
std::int32_t guarded(tickweir_error* error, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception& caught) {
    write_error(error, caught.what());
  } catch (...) {
    write_error(error, "threw something that is not a std::exception");
  }
  return TICKWEIR_FAILED;
}

// As guarded(), and points at the option when an OptionError says which.
template <typename Body>
std::int32_t guarded_options(tickweir_error* error, std::span<const Option> table, Body&& body) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    try {
      body();
      return TICKWEIR_OK;
    } catch (const OptionError& refused) {
      for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].name == refused.option()) error->option = static_cast<std::int32_t>(i);
      }
      throw;
    }
  });
}

// What a stage needs around it: a filter has to be handed its drop cells with every batch.
template <typename Stage>
struct Holder {
  explicit Holder(const Context& context)
      : verdict_base(context.raw().verdict_base), drop_cells(context.raw().drop_cells), stage(context) {}
  std::uint32_t verdict_base;
  std::uint64_t* drop_cells;
  Stage stage;
};

template <typename Stage>
constexpr std::uint32_t role_of() {
  if constexpr (std::derived_from<Stage, Source>) return TICKWEIR_ROLE_SOURCE;
  if constexpr (std::derived_from<Stage, Filter>) return TICKWEIR_ROLE_FILTER;
  if constexpr (std::derived_from<Stage, Transform>) return TICKWEIR_ROLE_TRANSFORM;
  if constexpr (std::derived_from<Stage, Sink>) return TICKWEIR_ROLE_SINK;
  if constexpr (std::derived_from<Stage, WalBackend>) return TICKWEIR_ROLE_WAL;
}

// Builds the C tables for one stage class. Everything is static: one plugin, one table.
template <typename Stage>
class Tables {
  using Held = Holder<Stage>;
  static constexpr std::uint32_t role = role_of<Stage>();
  static constexpr bool has_settle = requires(Stage & s, const BatchView& batch) { s.settle(batch); };
  static constexpr bool has_answer = requires(Stage & s) { s.answer(); };
  static constexpr bool has_save = requires(const Stage& s, StateWriter& out) { s.save(out); };
  static constexpr bool has_load = requires(Stage & s, StateReader& in) { s.load(in); };
  static constexpr std::uint32_t appends_during_sync = [] {
    if constexpr (requires { Stage::appends_during_sync; }) return Stage::appends_during_sync ? 1U : 0U;
    return 0U;
  }();
  static constexpr std::uint32_t appends_outlive_process = [] {
    if constexpr (requires { Stage::appends_outlive_process; })
      return Stage::appends_outlive_process ? 1U : 0U;
    return 0U;
  }();
  static constexpr bool has_recover = requires(Stage & s, const BatchView& batch) { s.recover(batch); };
  static constexpr bool has_show = requires(const Stage& s, TextWriter& out) { s.show(out); };
  static constexpr const char* shard_key = []() -> const char* {
    if constexpr (requires { Stage::shard_key; }) return Stage::shard_key;
    return nullptr;
  }();
  static_assert(has_save == has_load, "a stage has both save(StateWriter&) const and load(StateReader&)");

 public:
  static const tickweir_plugin* make(const char* name, const Description& description) {
    description_ = description;
    plugin_ = {.role = role,
               .name = name,
               .version = description.version,
               .summary = description.summary,
               .accepts = description.accepts,
               .options = description.options.data(),
               .outputs = description.outputs.data(),
               .counters = description.counters.data(),
               .reasons = description.reasons.data(),
               .option_count = static_cast<std::uint32_t>(description.options.size()),
               .output_count = static_cast<std::uint32_t>(description.outputs.size()),
               .counter_count = static_cast<std::uint32_t>(description.counters.size()),
               .reason_count = static_cast<std::uint32_t>(description.reasons.size()),
               .validate = validate,
               .create = create,
               .start = start,
               .drain = drain,
               .stop = stop,
               .destroy = destroy};
    if constexpr (role == TICKWEIR_ROLE_SOURCE) plugin_.source = &source_;
    if constexpr (role == TICKWEIR_ROLE_FILTER) plugin_.filter = &filter_;
    if constexpr (role == TICKWEIR_ROLE_TRANSFORM) plugin_.transform = &transform_;
    if constexpr (role == TICKWEIR_ROLE_SINK) plugin_.sink = &sink_;
    if constexpr (role == TICKWEIR_ROLE_WAL) plugin_.wal = &wal_, plugin_.start = nullptr;
    if constexpr (has_save || has_recover || has_show) plugin_.state = &state_;
    return &plugin_;
  }

 private:
  static Stage& stage_of(void* held) { return static_cast<Held*>(held)->stage; }

  static std::int32_t validate(const tickweir_value* values, std::uint32_t count, tickweir_error* error) {
    return guarded_options(error, description_.options, [&] {
      if constexpr (requires(const Options& options) { Stage::validate(options); }) {
        Stage::validate(Options(description_.options, {values, count}));
      }
    });
  }
  static std::int32_t create(const tickweir_context* context, void** stage, tickweir_error* error) {
    return guarded_options(error, description_.options, [&] {
      *stage = std::make_unique<Held>(Context(*context, description_)).release();
    });
  }
  static std::int32_t start(void* stage, tickweir_error* error) {
    return guarded(error, [&] {
      if constexpr (requires(Stage & s) { s.start(); }) stage_of(stage).start();
      return TICKWEIR_OK;
    });
  }
  static std::int32_t drain(void* stage, tickweir_emitter* emitter, tickweir_error* error) {
    return guarded(error, [&] {
      if constexpr (requires(Stage & s, Emitter & e) { s.drain(e); }) {
        Emitter out(*emitter);
        stage_of(stage).drain(out);
      } else if constexpr (requires(Stage & s) { s.drain(); }) {
        stage_of(stage).drain();
      }
      return TICKWEIR_OK;
    });
  }
  static std::int32_t stop(void* stage, tickweir_error* error) {
    return guarded(error, [&] {
      if constexpr (requires(Stage & s) { s.stop(); }) stage_of(stage).stop();
      return TICKWEIR_OK;
    });
  }
  static void destroy(void* stage) { delete static_cast<Held*>(stage); }

  static std::int32_t poll(void* stage, tickweir_emitter* emitter, tickweir_idle* idle,
                           tickweir_error* error) {
    return guarded(error, [&] {
      Emitter out(*emitter);
      return static_cast<std::int32_t>(stage_of(stage).poll(out, *idle));
    });
  }
  static std::int32_t apply(void* stage, tickweir_batch* raw, tickweir_error* error) {
    return guarded(error, [&] {
      const auto* held = static_cast<Held*>(stage);
      Batch batch(*raw, held->verdict_base, held->drop_cells);
      stage_of(stage).apply(batch);
      return TICKWEIR_OK;
    });
  }
  static std::int32_t process(void* stage, const tickweir_batch* raw, tickweir_emitter* emitter,
                              tickweir_error* error) {
    return guarded(error, [&] {
      Emitter out(*emitter);
      stage_of(stage).process(BatchView(*raw), out);
      return TICKWEIR_OK;
    });
  }
  static std::uint64_t held(void* stage) {
    if constexpr (requires(const Stage& s) {
                    { s.held() } -> std::convertible_to<std::uint64_t>;
                  }) {
      return stage_of(stage).held();
    }
    return 0;
  }
  static std::int32_t write(void* stage, const tickweir_batch* raw, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).write(BatchView(*raw));
      return TICKWEIR_OK;
    });
  }

  static std::int32_t settle(void* stage, const tickweir_batch* raw, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).settle(BatchView(*raw));
      return TICKWEIR_OK;
    });
  }
  static std::int32_t answer(void* stage, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).answer();
      return TICKWEIR_OK;
    });
  }
  static std::int32_t save(void* stage, const tickweir_state_writer* raw, tickweir_error* error) {
    return guarded(error, [&] {
      StateWriter out(*raw);
      std::as_const(stage_of(stage)).save(out);
      return TICKWEIR_OK;
    });
  }
  static std::int32_t load(void* stage, const tickweir_state_reader* raw, tickweir_error* error) {
    return guarded(error, [&] {
      StateReader in(*raw);
      stage_of(stage).load(in);
      return TICKWEIR_OK;
    });
  }
  static std::int32_t recover(void* stage, const tickweir_batch* raw, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).recover(BatchView(*raw));
      return TICKWEIR_OK;
    });
  }

  static std::int32_t show(void* stage, const tickweir_state_writer* raw, tickweir_error* error) {
    return guarded(error, [&] {
      TextWriter out(*raw);
      std::as_const(stage_of(stage)).show(out);
      return TICKWEIR_OK;
    });
  }

  static std::int32_t open(void* stage, const tickweir_log_request* request, tickweir_log_state* state,
                           tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).open(*request, *state);
      return TICKWEIR_OK;
    });
  }
  static std::int32_t append(void* stage, const tickweir_span* spans, std::uint32_t span_count,
                             std::uint64_t first_sequence, std::uint32_t event_count, tickweir_error* error) {
    return guarded(error, [&]() -> std::int32_t {
      try {
        stage_of(stage).append({spans, span_count}, first_sequence, event_count);
        return TICKWEIR_OK;
      } catch (const LogFull& full) {
        write_error(error, full.what());
        return TICKWEIR_FULL;
      }
    });
  }
  static std::int32_t sync(void* stage, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).sync();
      return TICKWEIR_OK;
    });
  }
  static std::int32_t read(void* stage, std::uint64_t sequence, tickweir_batch* room, tickweir_error* error) {
    return guarded(error,
                   [&] { return stage_of(stage).read(sequence, *room) ? TICKWEIR_OK : TICKWEIR_FINISHED; });
  }
  static std::int32_t truncate_before(void* stage, std::uint64_t sequence, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).truncate_before(sequence);
      return TICKWEIR_OK;
    });
  }
  static std::int32_t describe(void* stage, tickweir_log_state* state, tickweir_error* error) {
    return guarded(error, [&] {
      stage_of(stage).describe(*state);
      return TICKWEIR_OK;
    });
  }

  // Instantiated only for the role at hand.
  static constexpr tickweir_source make_source() {
    tickweir_source made{};
    if constexpr (role == TICKWEIR_ROLE_SOURCE) made.poll = poll;
    if constexpr (role == TICKWEIR_ROLE_SOURCE && has_settle) made.settle = settle;
    if constexpr (role == TICKWEIR_ROLE_SOURCE && has_settle && has_answer) made.answer = answer;
    return made;
  }
  static constexpr tickweir_filter make_filter() {
    if constexpr (role == TICKWEIR_ROLE_FILTER) return {.apply = apply};
    return {};
  }
  static constexpr tickweir_transform make_transform() {
    if constexpr (role == TICKWEIR_ROLE_TRANSFORM) {
      tickweir_transform table{.process = process, .held = held, .shard_key = shard_key};
      if constexpr (requires(Event & into, const Event& from) { Stage::combine(into, from); }) {
        table.combine = [](Event* into, const Event* from) { Stage::combine(*into, *from); };
      }
      return table;
    }
    return {};
  }
  static constexpr tickweir_sink make_sink() {
    if constexpr (role == TICKWEIR_ROLE_SINK) return {.write = write};
    return {};
  }
  static constexpr tickweir_wal make_wal() {
    if constexpr (role == TICKWEIR_ROLE_WAL) {
      return {.appends_during_sync = appends_during_sync,
              .open = open,
              .append = append,
              .sync = sync,
              .read = read,
              .truncate_before = truncate_before,
              .describe = describe,
              .appends_outlive_process = appends_outlive_process};
    }
    return {};
  }
  static constexpr tickweir_state make_state() {
    tickweir_state made;
    if constexpr (has_save) made.save = save;
    if constexpr (has_save) made.load = load;
    if constexpr (has_recover) made.recover = recover;
    if constexpr (has_show) made.show = show;
    return made;
  }

  inline static Description description_{};
  inline static tickweir_plugin plugin_{};
  inline static const tickweir_source source_ = make_source();
  inline static const tickweir_filter filter_ = make_filter();
  inline static const tickweir_transform transform_ = make_transform();
  inline static const tickweir_sink sink_ = make_sink();
  inline static const tickweir_wal wal_ = make_wal();
  inline static const tickweir_state state_ = make_state();
};

}  // namespace detail
}  // namespace tickweir
