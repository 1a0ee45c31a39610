// A graph in the making: the stages in the order of the file, each with what could be found out about it.
//
// After an error parts stay empty, and the later steps pass over them, so that one run shows all errors.
//
// Threading: one thread. Ownership: drafts point into the PipelineConfig, which must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/shown_text.h"
#include "runtime/graph/bind.h"
#include "runtime/graph/build.h"
#include "runtime/graph/graph.h"

namespace tickweir {

struct DraftInput {
  const InputConfig* config = nullptr;
  std::size_t from = 0;                 // draft
  std::optional<std::uint32_t> output;  // of `from`
};

struct DraftStage {
  const StageConfig* config = nullptr;
  const Plugin* plugin = nullptr;
  Binding binding;
  std::vector<DraftInput> inputs;           // without those that are refused
  std::optional<std::size_t> log;           // draft; see GraphStage
  std::optional<std::size_t> settling_log;  // draft; see GraphStage
};

using Drafts = std::vector<DraftStage>;

// Of a stage whose plugin was found.
[[nodiscard]] inline std::uint32_t role_of(const DraftStage& stage) {
  return stage.plugin->table->role;
}
[[nodiscard]] inline bool is_log(const DraftStage& stage) {
  return stage.plugin != nullptr && role_of(stage) == TICKWEIR_ROLE_WAL;
}
// Filters and logs: one output without a name, and on it the events that came in.
[[nodiscard]] inline bool passes_on(const DraftStage& stage) {
  return role_of(stage) == TICKWEIR_ROLE_FILTER || role_of(stage) == TICKWEIR_ROLE_WAL;
}

// ---- wire.cpp
void find_plugins(Drafts& drafts, const PluginSource& plugins, Diagnostics& diagnostics);
void check_roles(const Drafts& drafts, Diagnostics& diagnostics);
void resolve_inputs(Drafts& drafts, Diagnostics& diagnostics);
void check_reason_count(const Drafts& drafts, Diagnostics& diagnostics);
// Warns of sources and filters whose events go nowhere.
void warn_of_unread(const Drafts& drafts, Diagnostics& diagnostics);
// "book" when the stage has one output, else "book.trades".
[[nodiscard]] std::string output_label(const DraftStage& stage, std::uint32_t output);
// "stage "unique" is a filter (filter_dedup)"
[[nodiscard]] std::string role_sentence(const DraftStage& stage);
// Whether all that the stage reads is known: nothing refused, lacking or unresolved.
[[nodiscard]] bool all_inputs_known(const DraftStage& stage);

// ---- order.cpp
// All drafts, upstream before downstream, among equals in the file's order. A cycle is an error that names
// the whole chain; what is in one or behind it comes last.
[[nodiscard]] std::vector<std::size_t> upstream_first(const Drafts& drafts, Diagnostics& diagnostics);

// ---- events.cpp
// Refuses inputs that carry nothing the stage accepts. `order` from upstream_first().
void match_events(const Drafts& drafts, const std::vector<std::size_t>& order, Diagnostics& diagnostics);

// ---- logs.cpp
// Fills in DraftStage::log. Refuses logs and waiting stages whose events come through several logs, and
// settings of logs where there is none.
void find_logs(Drafts& drafts, const std::vector<std::size_t>& order, Diagnostics& diagnostics);

// ---- repeatable.cpp
// Refuses, between a log and a log behind it, edges that drop, stages with several inputs, and dead letters.
void refuse_unrepeatable(const Drafts& drafts, Diagnostics& diagnostics);

// ---- settling.cpp
// Fills in DraftStage::settling_log. Refuses sources that settle where an event might never pass a log, pass
// two, or be refused behind a filter that would call it a repeat the next time. `stages_known`: drafts holds
// all stages there are.
void find_settling_logs(Drafts& drafts, const std::vector<std::size_t>& order, bool stages_known,
                        Diagnostics& diagnostics);

// ---- shards.cpp
// Refuses shards of stages that cannot be divided, or of which not all shards would be given the same.
void check_shards(const Drafts& drafts, Diagnostics& diagnostics);

// ---- snapshots.cpp
// Refuses snapshots of a pipeline without a log, and logs that could not be recovered from what they keep.
void check_snapshots(const Drafts& drafts, const PipelineConfig& config, Diagnostics& diagnostics);

[[nodiscard]] inline std::string join(const std::vector<std::string>& texts,
                                      std::string_view between = ", ") {
  std::string joined;
  for (const std::string& text : texts) {
    if (&text != &texts.front()) joined.append(between);
    joined.append(text);
  }
  return joined;
}

}  // namespace tickweir
