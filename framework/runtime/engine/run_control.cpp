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

std::optional<std::string> RunControl::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace tickweir
