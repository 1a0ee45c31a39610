// The session frames of the wire format as plain structs: wire.fbs in C++. For source_tcp and its clients.
//
// A frame is an event: the 32-byte header, then a payload. Types 16 to 31 are the session's own; from 256 on
// they are events of the client, and verdict, flags, sequence and time are 0 on the wire.
//
// Threading: plain data, any thread. Memory: nothing here allocates. Byte by byte: docs/wire_format.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tickweir/event.h"

namespace tickweir::wire {

constexpr std::uint16_t protocol_version = 1;
constexpr std::uint16_t first_session_type = 16;
constexpr std::uint16_t last_session_type = 31;
// Client ids are 1 to this. In origins they lie above the numbers that the runtime gives to its sources.
constexpr std::uint32_t client_id_max = (1U << 23) - 1;
constexpr std::uint32_t client_origin_bit = 1U << 23;
// A client's own numbers are 1 to this.
constexpr std::uint64_t number_max = origin_number_mask;
constexpr std::size_t token_bytes_max = 64;

constexpr std::uint64_t client_origin(std::uint32_t client, std::uint64_t number) {
  return make_origin(client_origin_bit | client, number);
}
// 0: the origin is no client's.
constexpr std::uint32_t client_of(std::uint64_t origin) {
  const std::uint32_t source = origin_source(origin);
  return (source & client_origin_bit) != 0 ? source & client_id_max : 0;
}

enum class GoodbyeCode : std::uint16_t {
  none = 0,
  finished = 1,
  draining = 2,
  replaced = 3,
  login_timeout = 4,
  login_refused = 5,
  version = 6,
  connection_limit = 7,
  client_limit = 8,
  frame_size = 9,
  frame_type = 10,
  frame_field = 11,
  number_order = 12,
  too_slow = 13,
  reply_backlog = 14,
  cut_frame = 15,
};
constexpr std::array<const char*, 16> goodbye_names{
    "none",         "finished",         "draining",      "replaced",   "login_timeout", "login_refused",
    "version",      "connection_limit", "client_limit",  "frame_size", "frame_type",    "frame_field",
    "number_order", "too_slow",         "reply_backlog", "cut_frame"};
constexpr const char* name_of(GoodbyeCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < goodbye_names.size() ? goodbye_names[index] : "unknown";
}
// Connecting again would only bring the same goodbye: the login, the frames that are sent again, or the other
// client with this id are what they were. After any other end a client connects again.
constexpr bool is_final(GoodbyeCode code) {
  switch (code) {
    case GoodbyeCode::replaced:
    case GoodbyeCode::login_refused:
    case GoodbyeCode::version:
    case GoodbyeCode::client_limit:
    case GoodbyeCode::frame_size:
    case GoodbyeCode::frame_type:
    case GoodbyeCode::frame_field:
    case GoodbyeCode::number_order:
      return true;
    case GoodbyeCode::none:
    case GoodbyeCode::finished:
    case GoodbyeCode::draining:
    case GoodbyeCode::login_timeout:
    case GoodbyeCode::connection_limit:
    case GoodbyeCode::too_slow:
    case GoodbyeCode::reply_backlog:
    case GoodbyeCode::cut_frame:
      return false;
  }
  return false;  // of a later version
}

struct Login {
  static constexpr std::uint16_t event_type = 16;
  std::uint32_t client = 0;
  std::uint16_t version = protocol_version;
  std::uint16_t reserved = 0;
  std::uint8_t token[token_bytes_max] = {};
};
struct LoginReply {
  static constexpr std::uint16_t event_type = 17;
  std::uint64_t last_durable = 0;
  std::uint64_t last_received = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint16_t version = protocol_version;
  std::uint16_t reserved = 0;
};
struct Acknowledgement {
  static constexpr std::uint16_t event_type = 18;
  std::uint64_t number = 0;
};
struct Refusal {
  static constexpr std::uint16_t event_type = 19;
  std::uint64_t number = 0;
  std::uint32_t verdict = 0;
  std::uint32_t reserved = 0;
  std::uint8_t reason[32] = {};
  std::uint8_t stage[32] = {};
};
struct Goodbye {
  static constexpr std::uint16_t event_type = 20;
  std::uint64_t number = 0;
  std::uint64_t last_durable = 0;
  std::uint64_t byte_offset = 0;
  GoodbyeCode code = GoodbyeCode::none;
  std::uint16_t reserved = 0;
  std::uint32_t reserved2 = 0;
  std::uint8_t text[96] = {};
};
struct Heartbeat {
  static constexpr std::uint16_t event_type = 21;
  std::uint64_t value = 0;
};

// A whole session frame, ready to send.
template <Payload T>
struct Frame {
  Event header{.size = event_size<T>,
               .type = T::event_type,
               .verdict = 0,
               .flags = 0,
               .sequence = 0,
               .time = 0,
               .origin = 0};
  T payload{};
};
static_assert(sizeof(Frame<Login>) == 104 && sizeof(Frame<LoginReply>) == 56);
static_assert(sizeof(Frame<Acknowledgement>) == 40 && sizeof(Frame<Refusal>) == 112);
static_assert(sizeof(Frame<Goodbye>) == 160 && sizeof(Frame<Heartbeat>) == 40);

// Texts in frames: cut to what fits, filled up with zeros.
template <std::size_t bytes>
void set_text(std::uint8_t (&field)[bytes], std::string_view text) {
  const std::size_t length = std::min(text.size(), bytes);
  if (length != 0) std::memcpy(field, text.data(), length);
  std::memset(field + length, 0, bytes - length);
}
template <std::size_t bytes>
[[nodiscard]] std::string_view text_of(const std::uint8_t (&field)[bytes]) {
  const auto* const end = std::find(field, field + bytes, std::uint8_t{0});
  return {reinterpret_cast<const char*>(field), static_cast<std::size_t>(end - field)};
}

}  // namespace tickweir::wire
