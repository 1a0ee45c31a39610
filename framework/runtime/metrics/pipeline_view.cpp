// Names and small sums that all views of a pipeline share.
#include "runtime/metrics/pipeline_view.h"

#include "tickweir/note.h"

namespace tickweir {

const char* state_name(EngineState state) {
  switch (state) {
    case EngineState::created:
      return "created";
    case EngineState::starting:
      return "starting";
    case EngineState::replaying:
      return "replaying";
    case EngineState::running:
      return "running";
    case EngineState::draining:
      return "draining";
    case EngineState::stopped:
      return "stopped";
  }
  return "unknown";
}

const char* log_level_name(std::size_t index) {
  static constexpr std::array names{"debug", "info", "warning", "error"};
  return names.at(index);
}

std::uint64_t queued_events(const EdgeCells& cells) {
  // The consumer's side first: what was taken out has been put in before.
  const std::uint64_t out = read_cell(cells.popped_events) + read_cell(cells.dropped_newest_events) +
                            read_cell(cells.dropped_oldest_events);
  const std::uint64_t in = read_cell(cells.pushed_events);
  return in > out ? in - out : 0;
}

std::string build_compiler() {
  return TICKWEIR_BUILD_COMPILER;
}

std::string build_type() {
#ifdef NDEBUG
  return "release";
#else
  return "debug";
#endif
}

}  // namespace tickweir
