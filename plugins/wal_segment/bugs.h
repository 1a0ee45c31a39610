// Planted bugs: switches that tests/wal/zoo turns on, one at a time, to prove that the tests see each.
// In the product every switch is the constant false and leaves nothing behind.
#pragma once

#ifdef TICKWEIR_BUG_ZOO
namespace tickweir::wal_segment {
inline int planted_bug = 0;  // 0: none
}
#define TICKWEIR_BUG(number) (::tickweir::wal_segment::planted_bug == (number))
#else
#define TICKWEIR_BUG(number) false
#endif
