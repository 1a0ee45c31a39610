// Any bytes as a pipeline file: an answer, or errors that can be printed; never both, never neither.
//
// A first line "#set path=value" becomes a --set.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/config/load.h"
#include "tickweir/assert.h"

namespace {

std::vector<tickweir::Override> overrides_of(const std::string& text) {
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  tickweir::Diagnostics diagnostics;
  // Named so that an include finds nothing.
  const auto config =
      tickweir::load_pipeline_text("/nowhere/fuzz.yaml", text, overrides_of(text), diagnostics);
  std::ostringstream out;
  diagnostics.print(out);
  TICKWEIR_ASSERT(config.has_value() == (diagnostics.error_count() == 0));
  TICKWEIR_ASSERT(printable(out.str()));
  for (const tickweir::Diagnostic& diagnostic : diagnostics.sorted()) {
    TICKWEIR_ASSERT(!diagnostic.place.file.empty() && !diagnostic.message.empty());
  }
  return 0;
}
