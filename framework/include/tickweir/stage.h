// The C++ side of a plugin: write a small class, name it in TICKWEIR_PLUGIN, done.
//
// A stage is one of five kinds, told by its base class, with one work function:
//
//   class X : public Source    { PollResult poll(Emitter&, Idle&); }
//   class X : public Filter    { void apply(Batch&); }
//   class X : public Transform { void process(const BatchView&, Emitter&); }
//   class X : public Sink      { void write(const BatchView&); }
//   class X : public WalBackend   see tickweir/wal_backend.h
//
// It is constructed from a `const Context&`. These are optional, in the order of a life:
//
//   static void validate(const Options&)   judge what single options cannot; no side effects
//   void start()                           open, connect, reserve all memory
//   void drain(Emitter&) | void drain()    no more input comes: emit what is held, flush
//   std::uint64_t held() const             Transform: input events whose result is not out yet
//   void stop()                            close
//
// A source that answers its clients adds  void settle(const BatchView&), and maybe  void answer(): see
// plugin.h, tickweir_source. A stage whose output depends on earlier input adds, for recovery (see plugin.h,
// tickweir_state):
//
//   void save(StateWriter&) const          writes all of it; allocates nothing, takes no lock
//   void load(StateReader&)                the reverse, into a fresh stage; throws if the bytes make no sense
//   void recover(const BatchView&)         upstream of a log: what once passed
//   void show(TextWriter&) const           what it remembers, for people
//
// A transform that may be sharded (see plugin.h, tickweir_transform) says by what, and may combine events:
//
//   static constexpr const char* shard_key = "instrument";
//   static void combine(Event& into, const Event& from)
//
// Threading: all calls on one stage come one after the other; start() and later on the stage's thread.
// Memory:    reserve in start(). The work function does not allocate.
// Errors:    throw. Every exception is caught here, at the edge of the plugin, and becomes the runtime's
//            error with the stage's name. Bad data is not an error: drop it with a reason, or count it.
// Time:      use event times. What a stage emits must follow from its input alone, or replay breaks;
//            only sources may ask Context::now() for it.
#pragma once

#include "tickweir/note.h"
#include "tickweir/stage_tables.h"

// Exports `Stage` as the plugin of this file. Last thing in the file, outside any namespace:
//   TICKWEIR_PLUGIN("filter_price_band", PriceBand, {.version = "1.0.0", .summary = "...", ...})
#define TICKWEIR_PLUGIN(plugin_name, Stage, ...)                                                   \
  TICKWEIR_BUILD_NOTE(plugin_name);                                                                \
  extern "C" [[gnu::visibility("default")]] const tickweir_plugin* tickweir_plugin_entry() {       \
    static const tickweir_plugin* const plugin =                                                   \
        ::tickweir::detail::Tables<Stage>::make(plugin_name, ::tickweir::Description __VA_ARGS__); \
    return plugin;                                                                                 \
  }
