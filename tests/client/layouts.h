// The session frames as wire.h has them, for tests that compare: with wire.fbs, the document, the client in
// Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "tickweir/wire.h"

namespace tickweir::wire {

using Fields = std::map<std::string, std::size_t>;  // name to offset
struct Layout {
  std::uint16_t type;
  std::size_t bytes;
  Fields fields;
};

inline const std::map<std::string, Layout> frame_layouts{
    {"Login",
     {Login::event_type,
      sizeof(Login),
      {{"client", offsetof(Login, client)},
       {"version", offsetof(Login, version)},
       {"reserved", offsetof(Login, reserved)},
       {"token", offsetof(Login, token)}}}},
    {"LoginReply",
     {LoginReply::event_type,
      sizeof(LoginReply),
      {{"last_durable", offsetof(LoginReply, last_durable)},
       {"last_received", offsetof(LoginReply, last_received)},
       {"frame_bytes_max", offsetof(LoginReply, frame_bytes_max)},
       {"version", offsetof(LoginReply, version)},
       {"reserved", offsetof(LoginReply, reserved)}}}},
    {"Acknowledgement",
     {Acknowledgement::event_type, sizeof(Acknowledgement), {{"number", offsetof(Acknowledgement, number)}}}},
    {"Refusal",
     {Refusal::event_type,
      sizeof(Refusal),
      {{"number", offsetof(Refusal, number)},
       {"verdict", offsetof(Refusal, verdict)},
       {"reserved", offsetof(Refusal, reserved)},
       {"reason", offsetof(Refusal, reason)},
       {"stage", offsetof(Refusal, stage)}}}},
    {"Goodbye",
     {Goodbye::event_type,
      sizeof(Goodbye),
      {{"number", offsetof(Goodbye, number)},
       {"last_durable", offsetof(Goodbye, last_durable)},
       {"byte_offset", offsetof(Goodbye, byte_offset)},
       {"code", offsetof(Goodbye, code)},
       {"reserved", offsetof(Goodbye, reserved)},
       {"reserved2", offsetof(Goodbye, reserved2)},
       {"text", offsetof(Goodbye, text)}}}},
    {"Heartbeat", {Heartbeat::event_type, sizeof(Heartbeat), {{"value", offsetof(Heartbeat, value)}}}},
};

}  // namespace tickweir::wire
