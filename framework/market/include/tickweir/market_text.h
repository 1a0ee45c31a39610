// Market events as text: names of event types, JSON lines, CSV rows. For sinks, tools and tests.
//
//   market::append_json(out, event);     {"time":5,"sequence":1,"source":1,"number":7,"type":"Cancel",...}
//
// `out` is anything with put(std::string_view), called with small pieces one after the other.
//
// Threading: pure functions. Memory: none but a few dozen bytes of stack.
// Text:      enums by name; byte arrays as text without their padding; fields named reserved are left out.
//            An event whose type is unknown, or that is too short for its type, is shown as
//            {...,"type":"#300","payload":"00ff"}.
// Numbers:   64-bit integers as they are. Readers that keep numbers as doubles round what exceeds 2^53.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "tickweir/market.h"

namespace tickweir::market {

// "NewOrder" for 256; "Tick" for the runtime's tick; "" for what is not known.
[[nodiscard]] constexpr std::string_view event_name(std::uint16_t type) {
  std::string_view found = type == event_type_tick ? "Tick" : "";
  for_each_payload_type([&found, type]<typename T>(const char* name) {
    if (T::event_type == type) found = name;
  });
  return found;
}

// The number of the event type with that name; 0 when there is none.
[[nodiscard]] constexpr std::uint16_t event_type_named(std::string_view wanted) {
  std::uint16_t found = wanted == "Tick" ? event_type_tick : std::uint16_t{0};
  for_each_payload_type([&found, wanted]<typename T>(const char* name) {
    if (wanted == name) found = T::event_type;
  });
  return found;
}

// Calls visit(name, payload) with the typed payload. False, and no call: the type is not known, or the
// event is too short for it.
template <typename Visit>
bool visit_payload(const Event& event, Visit&& visit) {
  bool found = false;
  for_each_payload_type([&]<typename T>(const char* name) {
    if (event.type != T::event_type || event.size < event_size<T>) return;
    found = true;
    visit(name, payload<T>(event));
  });
  return found;
}

namespace detail {

template <typename Out>
void put_number(Out& out, auto value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.put({text, static_cast<std::size_t>(end - text)});
}

// A byte array without the zeros and blanks that fill it up.
template <std::size_t Length>
std::string_view trimmed(const std::uint8_t (&bytes)[Length]) {
  const std::string_view whole(reinterpret_cast<const char*>(bytes), Length);
  const std::size_t last = whole.find_last_not_of(std::string_view(" \0", 2));
  return whole.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

constexpr char hex_digit(unsigned value) {
  return "0123456789abcdef"[value & 15];
}

constexpr bool is_plain_json(char character) {
  return character >= 0x20 && character <= 0x7e && character != '"' && character != '\\';
}

template <typename Out>
void put_json_text(Out& out, std::string_view text) {
  out.put("\"");
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain_json(text[plain])) ++plain;
    if (plain != 0) out.put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte == '"' || byte == '\\') {
      const char escaped[] = {'\\', text.front()};
      out.put({escaped, sizeof escaped});
    } else {
      const char escaped[] = {'\\', 'u', '0', '0', hex_digit(byte >> 4U), hex_digit(byte)};
      out.put({escaped, sizeof escaped});
    }
    text.remove_prefix(1);
  }
  out.put("\"");
}

// As RFC 4180: quoted when it has to be.
template <typename Out>
void put_csv_text(Out& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return out.put(text);
  out.put("\"");
  for (const char& character : text) {
    if (character == '"') out.put("\"");
    out.put({&character, 1});
  }
  out.put("\"");
}

template <typename Out, typename Value, typename PutText>
void put_value(Out& out, const Value& value, PutText&& put_text) {
  if constexpr (std::is_array_v<Value>) {
    put_text(trimmed(value));
  } else if constexpr (std::is_enum_v<Value>) {
    const std::string_view name = name_of(value);
    if (name != "?") return put_text(name);
    put_number(out, static_cast<std::underlying_type_t<Value>>(value));
  } else {
    put_number(out, value);
  }
}

constexpr bool is_shown(std::string_view field) {
  return !field.starts_with("reserved");
}

template <typename Out>
void put_json_field(Out& out, std::string_view name, const auto& value) {
  out.put(",\"");
  out.put(name);
  out.put("\":");
  put_value(out, value, [&out](std::string_view text) { put_json_text(out, text); });
}

template <typename Out>
void put_items(Out& out, const Event& event, const Bundle& bundle) {
  const auto* items = reinterpret_cast<const std::uint8_t*>(&bundle + 1);
  const std::uint64_t room = (event.size - event_size<Bundle>) / sizeof(BundleItem);
  out.put(",\"items\":[");
  for (std::uint64_t i = 0; i < bundle.count && i < room; ++i) {
    BundleItem item;
    std::memcpy(&item, items + i * sizeof item, sizeof item);
    out.put(i == 0 ? "{" : ",{");
    bool first = true;
    for_each_field(item, [&](const char* name, const auto& value) {
      if (!is_shown(name)) return;
      out.put(first ? "\"" : ",\"");
      first = false;
      out.put(name);
      out.put("\":");
      put_number(out, value);
    });
    out.put("}");
  }
  out.put("]");
}

template <typename Out>
void put_json_unknown(Out& out, const Event& event) {
  if (event.type == event_type_tick) return out.put("\"Tick\"");
  out.put("\"#");
  put_number(out, event.type);
  out.put("\",\"payload\":\"");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&event + 1);
  for (std::uint32_t i = 0; i < event.size - sizeof(Event); ++i) {
    const char digits[] = {hex_digit(bytes[i] >> 4U), hex_digit(bytes[i])};
    out.put({digits, sizeof digits});
  }
  out.put("\"");
}

}  // namespace detail

// One JSON object, without a line end. A bundle carries its items as an array.
template <typename Out>
void append_json(Out& out, const Event& event) {
  out.put("{\"time\":");
  detail::put_number(out, event.time);
  detail::put_json_field(out, "sequence", event.sequence);
  detail::put_json_field(out, "source", origin_source(event.origin));
  detail::put_json_field(out, "number", origin_number(event.origin));
  out.put(",\"type\":");
  const bool known = visit_payload(event, [&](const char* type, const auto& value) {
    out.put("\"");
    out.put(type);
    out.put("\"");
    for_each_field(value, [&](const char* name, const auto& field) {
      if (detail::is_shown(name)) detail::put_json_field(out, name, field);
    });
    if constexpr (std::is_same_v<decltype(value), const Bundle&>) detail::put_items(out, event, value);
  });
  if (!known) detail::put_json_unknown(out, event);
  out.put("}");
}

// The column names of one event type, separated by commas, without a line end.
template <typename Out>
void append_csv_header(Out& out, std::uint16_t type) {
  out.put("time,sequence,source,number");
  for_each_payload_type([&]<typename T>(const char*) {
    if (T::event_type != type) return;
    for_each_field(T{}, [&](const char* name, const auto&) {
      if (!detail::is_shown(name)) return;
      out.put(",");
      out.put(name);
    });
  });
}

// The values in the order of the header, without a line end. Items of a bundle are left out. False, and
// nothing is put: the type is not known, or the event is too short for it.
template <typename Out>
bool append_csv_row(Out& out, const Event& event) {
  return visit_payload(event, [&](const char*, const auto& value) {
    detail::put_number(out, event.time);
    const auto put_field = [&out](const auto& field) {
      out.put(",");
      detail::put_value(out, field, [&out](std::string_view text) { detail::put_csv_text(out, text); });
    };
    put_field(event.sequence);
    put_field(origin_source(event.origin));
    put_field(origin_number(event.origin));
    for_each_field(value, [&](const char* name, const auto& field) {
      if (detail::is_shown(name)) put_field(field);
    });
  });
}

}  // namespace tickweir::market
