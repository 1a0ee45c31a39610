// Any bytes are either refused with a cause or give facts that hang together, and can be judged.
#include <cstdint>
#include <span>

#include "runtime/plugins/elf_note.h"
#include "runtime/plugins/judge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto read = tickweir::parse_notes(std::span(data, size));
  if (!read) {
    TICKWEIR_ASSERT(!read.error().message.empty());
    return 0;
  }
  TICKWEIR_ASSERT(!read->facts.empty());
  for (const auto& layout : read->layouts) TICKWEIR_ASSERT(!layout.name.empty());
  auto judged = tickweir::judge_build(*read);
  TICKWEIR_ASSERT(judged || !judged.error().message.empty());

  tickweir::SharedLayouts layouts;
  const tickweir::NoteFacts other{{}, {{"A", 16, 300, "a@0:8 b@8:8"}}};
  TICKWEIR_ASSERT(bool(layouts.add("a.so", other)));
  auto added = layouts.add("b.so", *read);
  TICKWEIR_ASSERT(added || !added.error().message.empty());
  return 0;
}
