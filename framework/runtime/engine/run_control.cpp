#include "runtime/engine/run_control.h"

namespace tickweir {

void RunControl::fail(const std::string& stage, const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = "stage " + stage + ": " + text;
  }
  log(TICKWEIR_LOG_ERROR, stage, text);
  request_stop();
}

void RunControl::give_up(const std::string& stage, const std::exception& failure) noexcept {
  try {
    fail(stage, failure.what());
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_.emplace("out of memory");  // short enough to need none
  }
  abandon();
}

std::optional<std::string> RunControl::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace tickweir
