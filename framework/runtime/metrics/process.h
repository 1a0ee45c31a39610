// The standard process_* metrics of Prometheus, from procfs.
#pragma once

#include "runtime/metrics/families.h"

namespace tickweir {

// Leaves out what cannot be read.
void collect_process(Families& families);

}  // namespace tickweir
