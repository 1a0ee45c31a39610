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
  std::vector<DraftInput> inputs;  // without those that are refused
};

using Drafts = std::vector<DraftStage>;

// ---- wire.cpp
void find_plugins(Drafts& drafts, const PluginSource& plugins, Diagnostics& diagnostics);
void check_roles(const Drafts& drafts, Diagnostics& diagnostics);
void resolve_inputs(Drafts& drafts, Diagnostics& diagnostics);
void check_reason_count(const Drafts& drafts, Diagnostics& diagnostics);
// Warns of sources and filters whose events go nowhere.
void warn_of_unread(const Drafts& drafts, Diagnostics& diagnostics);
// "book" when the stage has one output, else "book.trades".
[[nodiscard]] std::string output_label(const DraftStage& stage, std::uint32_t output);

// ---- order.cpp
// All drafts, upstream before downstream, among equals in the file's order. A cycle is an error that names
// the whole chain; what is in one or behind it comes last.
[[nodiscard]] std::vector<std::size_t> upstream_first(const Drafts& drafts, Diagnostics& diagnostics);

// ---- events.cpp
// Refuses inputs that carry nothing the stage accepts. `order` from upstream_first().
void match_events(const Drafts& drafts, const std::vector<std::size_t>& order, Diagnostics& diagnostics);

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
