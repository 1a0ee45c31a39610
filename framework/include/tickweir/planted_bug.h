// Planted bugs: faults in the product's own source, off in every product, that tests/zoo turns on, one at a
// time, to prove that the tests see each.
//
//   if (!TICKWEIR_BUG("a failed sync is tried again")) has_failed_ = true;
//
// In a product the switch is the constant false: neither it nor its text is in the binary. With
// TICKWEIR_BUG_ZOO, which only test programs define, the environment chooses the bug of the process.
#pragma once

#ifdef TICKWEIR_BUG_ZOO
#include <cstdlib>
#include <string_view>

namespace tickweir {
// The bug of this process; empty: none.
inline const std::string_view planted_bug = [] {
  const char* const given = std::getenv("TICKWEIR_PLANTED_BUG");
  return given == nullptr ? std::string_view() : std::string_view(given);
}();
}  // namespace tickweir
#define TICKWEIR_BUG(what) (::tickweir::planted_bug == (what))
#else
#define TICKWEIR_BUG(what) false
#endif
