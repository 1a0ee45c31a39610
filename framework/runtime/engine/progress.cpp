#include "runtime/engine/progress.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/clock.h"

namespace tickweir {

Progress::Progress(const RunControl& control, const std::string& stage, std::string done, std::uint64_t all)
    : control_(control),
      stage_(stage),
      done_(std::move(done)),
      all_(all),
      start_(clock_ticks()),
      told_at_(start_) {}

void Progress::advance(std::uint64_t events) {
  events_ += events;
  if (ticks_to_ns(clock_ticks() - told_at_) >= control_.mode().progress_every_ns) tell();
}

std::uint64_t Progress::elapsed_ns() const {
  return ticks_to_ns(clock_ticks() - start_);
}

void Progress::tell() {
  told_at_ = clock_ticks();
  const double rate = static_cast<double>(events_) / std::max(static_cast<double>(elapsed_ns()) * 1e-9, 1e-9);
  const double left = static_cast<double>(all_ - events_) / std::max(rate, 1.0);
  control_.log(TICKWEIR_LOG_INFO, stage_,
               done_ + " " + std::to_string(events_) + " of " + std::to_string(all_) + " events (" +
                   std::to_string(events_ * 100 / std::max<std::uint64_t>(all_, 1)) + " %), " +
                   std::to_string(static_cast<std::uint64_t>(rate)) + " events/s, about " +
                   std::to_string(static_cast<std::uint64_t>(left) + 1) + " s left");
}

}  // namespace tickweir
