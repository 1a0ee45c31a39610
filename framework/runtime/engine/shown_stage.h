// What a stage remembers, as lines for people: for `tickweir replay --dump`.
//
// Threading: the stage's thread, or when that has ended. Errors: those of the stage.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "runtime/engine/stage_object.h"

namespace tickweir {

[[nodiscard]] inline bool can_show(const tickweir_plugin& plugin) {
  return plugin.state != nullptr && plugin.state->show != nullptr;
}

// Of a stage that can.
[[nodiscard]] inline Result<std::string> shown_stage(const StageObject& object) {
  std::string text;
  tickweir_state_writer writer;
  writer.host = &text;
  writer.write = [](void* host, const void* data, std::uint64_t bytes) -> std::int32_t {
    static_cast<std::string*>(host)->append(static_cast<const char*>(data), bytes);
    return TICKWEIR_OK;
  };
  std::vector<char> cause(1024);
  tickweir_error error;
  error.text = cause.data();
  error.text_capacity = static_cast<std::uint32_t>(cause.size());
  try {
    if (object.table().state->show(object.stage(), &writer, &error) == TICKWEIR_OK) return text;
  } catch (const std::exception& thrown) {  // a plugin made without the SDK
    return Error{std::string("show failed: ") + thrown.what()};
  }
  return Error{std::string("show failed: ") + (cause[0] == '\0' ? "no cause given" : cause.data())};
}

}  // namespace tickweir
