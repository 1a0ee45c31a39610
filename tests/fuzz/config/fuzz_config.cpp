// Any bytes as a pipeline file: a graph, or errors that can be printed; never both, never neither. What could
// be read of a broken file goes to the graph as well, as it does in the program.
//
// A first line "#set path=value" becomes a --set.
#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "graph/pipelines_by_hand.h"
#include "runtime/config/load.h"
#include "tickweir/assert.h"
#include "tickweir/options.h"

namespace {

using namespace tickweir;

std::vector<Override> overrides_of(const std::string& text) {
  const std::string first = text.substr(0, text.find('\n'));
  const std::size_t equals = first.find('=');
  if (!first.starts_with("#set ") || equals == std::string::npos) return {};
  return {{first.substr(5, equals - 5), first.substr(equals + 1)}};
}

bool printable(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return false;
  }
  return true;
}

std::vector<tickweir_option> every_type() {
  return {Option{.type = integer, .name = "count", .default_text = "5", .minimum = "1", .maximum = "9"},
          Option{.type = real, .name = "ratio", .default_text = "0.5", .minimum = "0", .maximum = "1"},
          Option{.type = boolean, .name = "strict", .default_text = "false"},
          Option{.type = duration, .name = "delay", .default_text = "100us", .minimum = "1us"},
          Option{.type = size, .name = "room", .default_text = "64KiB", .maximum = "1MiB"},
          Option{.type = tickweir::text, .name = "path"},
          Option{.type = choice, .name = "mode", .default_text = "match", .choices = "match|rebuild"},
          Option{.type = text_list, .name = "names", .default_text = "[a, b]"},
          Option{.type = tickweir::text, .name = "key", .default_text = "", .flags = TICKWEIR_OPTION_SECRET}};
}

// The plugins that the corpus names, with the tables that the graph looks at.
const PluginSource& plugins() {
  static by_hand::Plugins tables = [] {
    by_hand::Plugins made = by_hand::some_plugins();
    made.add(TICKWEIR_ROLE_SOURCE, "source_generator", nullptr, {{.name = "orders", .events = "Order"}});
    made.add(TICKWEIR_ROLE_FILTER, "filter_dedup", "*", {}, every_type()).reason_count = 100;
    made.add(TICKWEIR_ROLE_SINK, "sink_null", "*");
    made.add(TICKWEIR_ROLE_SINK, "sink_file", "Fill", {}, every_type());
    return made;
  }();
  static const PluginSource source = tables.source();
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  Diagnostics diagnostics;
  // Named so that an include finds nothing.
  PipelineConfig config = load_pipeline_text("/nowhere/fuzz.yaml", text, overrides_of(text), diagnostics);
  const auto graph = build_graph(std::move(config), plugins(), by_hand::two_cpus(), diagnostics);
  std::ostringstream out;
  diagnostics.print(out);
  TICKWEIR_ASSERT((graph != nullptr) == (diagnostics.error_count() == 0));
  TICKWEIR_ASSERT(printable(out.str()));
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    TICKWEIR_ASSERT(!diagnostic.place.file.empty() && !diagnostic.message.empty());
  }
  return 0;
}
