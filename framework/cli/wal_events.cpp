// See wal_events.h.
#include "cli/wal_events.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/shown.h"

namespace tickweir {
namespace {

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

std::string json_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::optional<EventField> field_of(const std::string& word, std::uint32_t size) {
  const std::size_t at = word.find('@');
  const std::size_t colon = word.find(':', at == std::string::npos ? 0 : at);
  if (at == std::string::npos || at == 0 || colon == std::string::npos) return {};
  const auto offset = number_of<std::uint32_t>(std::string_view(word).substr(at + 1, colon - at - 1));
  const auto bytes = number_of<std::uint32_t>(std::string_view(word).substr(colon + 1));
  if (!offset || !bytes || *bytes == 0 || *bytes > size || *offset > size - *bytes) return {};
  const std::string name = word.substr(0, at);
  return EventField{.name = name, .json_name = json_of(name), .offset = *offset, .bytes = *bytes};
}

void append_number(std::uint64_t number, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_hex(const std::uint8_t* data, std::size_t bytes, std::string& out) {
  constexpr const char* digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes; ++i) {
    out += digits[data[i] >> 4];
    out += digits[data[i] & 15];
  }
}

// `quote` goes around what is not a number.
void append_value(const EventField& field, const std::uint8_t* data, const char* quote, std::string& out) {
  std::uint64_t number = 0;
  switch (field.bytes) {
    case 1:
    case 2:
    case 4:
    case 8:
      std::memcpy(&number, data + field.offset, field.bytes);
      return append_number(number, out);
    default:
      out += quote;
      append_hex(data + field.offset, field.bytes, out);
      out += quote;
  }
}

void append_fields_text(const EventShape& shape, const std::uint8_t* data, std::string& out) {
  for (const EventField& field : shape.fields) {
    out += ' ';
    out += field.name;
    out += '=';
    append_value(field, data, "", out);
  }
}

void append_fields_json(const EventShape& shape, const std::uint8_t* data, std::string& out) {
  out += '{';
  for (const EventField& field : shape.fields) {
    if (out.back() != '{') out += ',';
    out += field.json_name;
    out += ':';
    append_value(field, data, "\"", out);
  }
  out += '}';
}

}  // namespace

EventTable::EventTable(const std::string& schema) : index_(std::size_t{1} << 16) {
  add(event_type_tick, {.name = "Tick", .json_name = "\"Tick\"", .size = 0, .fields = {}});
  std::istringstream lines(schema);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string size_text;
    std::string type_text;
    words >> name >> size_text >> type_text;
    const auto size = number_of<std::uint32_t>(size_text);
    const auto type = number_of<std::uint16_t>(type_text);
    if (!size || !type || name.empty()) continue;
    EventShape shape{.name = name, .json_name = json_of(name), .size = *size, .fields = {}};
    bool is_sound = true;
    for (std::string word; words >> word;) {
      auto field = field_of(word, *size);
      is_sound = is_sound && field;
      if (field) shape.fields.push_back(std::move(*field));
    }
    if (!is_sound) continue;
    if (*type != 0) {
      add(*type, std::move(shape));
    } else {
      items_.emplace(name, std::move(shape));
    }
  }
}

// The first of a type counts.
void EventTable::add(std::uint16_t type, EventShape shape) {
  if (index_[type] != 0) return;
  shapes_.push_back(std::move(shape));
  index_[type] = static_cast<std::uint16_t>(shapes_.size());
}

const EventShape* EventTable::items_of(const EventShape& shape, std::uint32_t bytes) const {
  const auto found = items_.find(shape.name + "Item");
  if (found == items_.end() || found->second.size == 0 || bytes % found->second.size != 0) return nullptr;
  return &found->second;
}

void EventTable::append_text(const Event& event, std::string& out) const {
  append_number(event.sequence, out);
  out += ' ' + shown_time(event.time) + ' ';
  append_number(origin_source(event.origin), out);
  out += ':';
  append_number(origin_number(event.origin), out);
  const auto* const data = reinterpret_cast<const std::uint8_t*>(&event + 1);
  const auto bytes = static_cast<std::uint32_t>(event.size - sizeof event);
  const EventShape* const shape = find(event.type);
  std::uint32_t explained = 0;
  if (shape != nullptr && shape->size <= bytes) {
    out += ' ' + shape->name;
    append_fields_text(*shape, data, out);
    explained = shape->size;
    if (const EventShape* item = items_of(*shape, bytes - explained)) {
      for (; explained < bytes; explained += item->size) {
        out += " [";
        append_fields_text(*item, data + explained, out);
        out += " ]";
      }
    }
  } else {
    out += " type=";
    append_number(event.type, out);
  }
  if (explained < bytes) {
    out += " rest=";
    append_hex(data + explained, bytes - explained, out);
  }
  out += '\n';
}

void EventTable::append_json(const Event& event, std::string& out) const {
  const auto add = [&out](const char* name, std::uint64_t value) {
    out += name;
    append_number(value, out);
  };
  add("{\"sequence\":", event.sequence);
  add(",\"time\":", event.time);
  add(",\"source\":", origin_source(event.origin));
  add(",\"number\":", origin_number(event.origin));
  add(",\"type\":", event.type);
  const auto* const data = reinterpret_cast<const std::uint8_t*>(&event + 1);
  const auto bytes = static_cast<std::uint32_t>(event.size - sizeof event);
  const EventShape* const shape = find(event.type);
  std::uint32_t explained = 0;
  if (shape != nullptr && shape->size <= bytes) {
    out += ",\"event\":" + shape->json_name + ",\"fields\":";
    append_fields_json(*shape, data, out);
    explained = shape->size;
    if (const EventShape* item = items_of(*shape, bytes - explained)) {
      out += ",\"items\":[";
      for (; explained < bytes; explained += item->size) {
        if (out.back() != '[') out += ',';
        append_fields_json(*item, data + explained, out);
      }
      out += ']';
    }
  }
  if (explained < bytes) {
    out += ",\"rest\":\"";
    append_hex(data + explained, bytes - explained, out);
    out += '"';
  }
  out += "}\n";
}

}  // namespace tickweir
