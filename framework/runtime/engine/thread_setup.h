// Names, pins and prioritizes the calling thread as the pipeline asks.
//
// Threading: the thread it is about. Errors: what could not be set, and what to do.
#pragma once

#include "runtime/graph/graph.h"
#include "runtime/result.h"

namespace tickweir {

Result<void> set_up_this_thread(const GraphThread& plan);

}  // namespace tickweir
