// Events as values, for tests: made from payloads, compared, printed.
//
//   const auto order = event(market::NewOrder{.order_id = 7}, {.time = 10, .origin = make_origin(1, 1)});
//
// Threading: plain values. Memory: each OwnedEvent owns its bytes; copying copies them.
#pragma once

#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tickweir/event.h"

namespace tickweir::testing {

// The parts of a header that a test may choose.
struct Fields {
  std::uint64_t time = 0;
  std::uint64_t origin = 0;
  std::uint64_t sequence = 0;
  std::uint8_t verdict = 0;  // not 0: refused before it got here
};

class OwnedEvent {
 public:
  // A copy of a whole event, payload included.
  explicit OwnedEvent(const Event& whole) : words_(whole.size / sizeof(std::uint64_t)) {
    TICKWEIR_ASSERT(whole.size >= sizeof(Event) && whole.size % event_alignment == 0);
    std::memcpy(words_.data(), &whole, whole.size);
  }
  // Payload bytes of any type number; padded with zeros to a multiple of 8.
  OwnedEvent(std::uint16_t type, std::span<const std::uint8_t> payload_bytes, const Fields& fields = {})
      : words_((sizeof(Event) + payload_bytes.size() + 7) / sizeof(std::uint64_t)) {
    const Event head{.size = static_cast<std::uint32_t>(words_.size() * sizeof(std::uint64_t)),
                     .type = type,
                     .verdict = fields.verdict,
                     .flags = 0,
                     .sequence = fields.sequence,
                     .time = fields.time,
                     .origin = fields.origin};
    std::memcpy(words_.data(), &head, sizeof head);
    if (!payload_bytes.empty()) std::memcpy(words_.data() + 4, payload_bytes.data(), payload_bytes.size());
  }

  [[nodiscard]] const Event& header() const { return *reinterpret_cast<const Event*>(words_.data()); }
  operator const Event&() const { return header(); }
  [[nodiscard]] std::uint32_t size() const { return header().size; }
  [[nodiscard]] std::uint16_t type() const { return header().type; }
  [[nodiscard]] std::uint64_t time() const { return header().time; }
  [[nodiscard]] std::uint64_t origin() const { return header().origin; }
  [[nodiscard]] std::uint64_t sequence() const { return header().sequence; }

  template <Payload T>
  [[nodiscard]] bool is() const {
    return type() == T::event_type && size() >= event_size<T>;
  }
  // The payload; throws when the event is of another type.
  template <Payload T>
  [[nodiscard]] const T& as() const {
    if (!is<T>())
      throw std::logic_error("expected event type " + std::to_string(T::event_type) + ", found " + text());
    return *reinterpret_cast<const T*>(words_.data() + 4);
  }
  // What follows the header.
  [[nodiscard]] std::span<const std::uint8_t> payload_bytes() const {
    return {reinterpret_cast<const std::uint8_t*>(words_.data()) + sizeof(Event), size() - sizeof(Event)};
  }

  friend bool operator==(const OwnedEvent&, const OwnedEvent&) = default;  // every byte

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << "event{type " << type() << ", " << size() << " bytes, verdict " << int{header().verdict}
        << ", sequence " << sequence() << ", time " << time() << ", origin " << origin_source(origin()) << "/"
        << origin_number(origin()) << ", payload" << std::hex;
    for (std::size_t i = 4; i < words_.size(); ++i) out << " " << words_[i];
    out << "}";
    return out.str();
  }
  friend std::ostream& operator<<(std::ostream& out, const OwnedEvent& shown) { return out << shown.text(); }

 private:
  std::vector<std::uint64_t> words_;  // 8-byte aligned, as events are
};

// An event with this payload.
template <Payload T>
[[nodiscard]] OwnedEvent event(const T& value, const Fields& fields = {}) {
  return {T::event_type, std::span(reinterpret_cast<const std::uint8_t*>(&value), sizeof(T)), fields};
}

// The event that says that time went on while nothing happened.
[[nodiscard]] inline OwnedEvent tick(std::uint64_t time) {
  return {event_type_tick, {}, {.time = time}};
}

// The payloads of all events of that type, in order.
template <Payload T>
[[nodiscard]] std::vector<T> payloads(const std::vector<OwnedEvent>& events) {
  std::vector<T> found;
  for (const OwnedEvent& one : events) {
    if (one.is<T>()) found.push_back(one.as<T>());
  }
  return found;
}

}  // namespace tickweir::testing
