// Judges the frames of one connection where they lie, and stamps those that are events.
//
// The bytes stand in the open batch already: an event that is sound needs nothing but its time and its
// origin. What comes of a run of bytes depends on the bytes and on what came before, not on how they were
// cut.
//
// Threading: plain data. Memory: nothing is allocated. Cost: a compare, two tests and two stores an event.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "tickweir/market.h"
#include "tickweir/planted_bug.h"
#include "tickweir/wire.h"

namespace tickweir::tcp {

using wire::GoodbyeCode;

// An event type that clients may send; `size` of the whole event, 0: any that is enough for the type.
struct AcceptedEvent {
  std::uint16_t type = 0;
  std::uint32_t size = 0;
};

struct FrameRules {
  std::uint32_t frame_bytes_max = 0;
  std::span<const AcceptedEvent> accepted = {};  // empty: all types from 256 on
};

// What a connection's events have in common, and where they stand.
struct EventStream {
  std::uint64_t origin_base = 0;  // the client's part of the origin
  std::uint64_t last_number = 0;  // of this connection
  std::uint32_t last_size = 64;   // of its latest event
};

enum class Stop {
  end,            // every byte is taken
  partial,        // the last frame is not whole yet
  event_limit,    // as many events as were allowed
  session_frame,  // the next frame is whole, and not an event
  fault           // the next frame is wrong: see `fault`
};

struct Checked {
  std::uint32_t bytes = 0;  // of whole events taken
  std::uint32_t events = 0;
  std::uint32_t stride = 0;  // their common size; 0: sizes differ, or none
  Stop stop = Stop::end;
  GoodbyeCode fault = GoodbyeCode::none;
};

namespace detail {

inline std::uint64_t load64(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The first 8 bytes of a header: size, type, verdict, flags.
struct HeaderWord {
  std::uint32_t size;
  std::uint16_t type;
  std::uint8_t verdict;
  std::uint8_t flags;
};
static_assert(sizeof(HeaderWord) == 8);

inline GoodbyeCode judge_word(const HeaderWord& word, const FrameRules& rules) {
  const bool is_long = word.size > rules.frame_bytes_max && !TICKWEIR_BUG("length believed");
  if (word.size < sizeof(Event) || word.size % event_alignment != 0 || is_long) {
    return GoodbyeCode::frame_size;
  }
  if (word.verdict != 0 || word.flags != 0) return GoodbyeCode::frame_field;
  if (word.type >= wire::first_session_type && word.type <= wire::last_session_type) return GoodbyeCode::none;
  if (word.type < TICKWEIR_EVENT_FIRST_PAYLOAD) return GoodbyeCode::frame_type;
  // What is too short for its type would be in the log before a stage finds out.
  const bool is_whole =
      word.size >= market::event_size_min(word.type) || TICKWEIR_BUG("short event accepted");
  if (rules.accepted.empty()) return is_whole ? GoodbyeCode::none : GoodbyeCode::frame_size;
  for (const AcceptedEvent& one : rules.accepted) {
    if (one.type != word.type) continue;
    const bool fits = one.size == 0 ? is_whole : one.size == word.size;
    return fits ? GoodbyeCode::none : GoodbyeCode::frame_size;
  }
  return GoodbyeCode::frame_type;
}

}  // namespace detail

// Takes whole events from the front of `bytes`, at most `events_max`, and stamps them.
inline Checked check_frames(std::span<std::uint8_t> bytes, std::uint32_t events_max, std::uint64_t time,
                            const FrameRules& rules, EventStream& stream) {
  Checked found;
  std::uint8_t* at = bytes.data();
  std::uint8_t* const end = at + bytes.size();
  std::uint64_t known = 0;  // the first word of the event before
  std::uint32_t size = 0;   // its size; 0: there was none
  std::uint64_t last_number = stream.last_number;
  std::uint32_t any_size = 0;  // all sizes joined by or, and by and: equal when there is only one
  std::uint32_t every_size = UINT32_MAX;
  const auto stop = [&](Stop why, GoodbyeCode fault = GoodbyeCode::none) {
    found.stop = why, found.fault = fault;
  };
  for (;;) {
    const auto left = static_cast<std::uint64_t>(end - at);
    if (left < sizeof(std::uint64_t)) {
      stop(left == 0 ? Stop::end : Stop::partial);
      break;
    }
    const std::uint64_t first = detail::load64(at);
    if (first != known || size == 0) {
      detail::HeaderWord word;
      std::memcpy(&word, at, sizeof word);
      if (const GoodbyeCode fault = detail::judge_word(word, rules); fault != GoodbyeCode::none) {
        stop(Stop::fault, fault);
        break;
      }
      if (word.type <= wire::last_session_type) {
        stop(left < word.size ? Stop::partial : Stop::session_frame);
        break;
      }
      known = first;
      size = word.size;
    }
    if (left < size || found.events == events_max) {
      stop(left < size ? Stop::partial : Stop::event_limit);
      break;
    }
    auto& event = *reinterpret_cast<Event*>(at);
    const std::uint64_t number = event.origin;
    const bool is_foreign = number > wire::number_max && !TICKWEIR_BUG("number of another client accepted");
    if ((event.sequence | event.time) != 0 || is_foreign) {
      stop(Stop::fault, GoodbyeCode::frame_field);
      break;
    }
    if (number <= last_number && !TICKWEIR_BUG("number accepted twice")) {
      stop(Stop::fault, GoodbyeCode::number_order);
      break;
    }
    last_number = number;
    event.time = time;
    event.origin = stream.origin_base | number;
    any_size |= size;
    every_size &= size;
    at += size;
    ++found.events;
  }
  found.bytes = static_cast<std::uint32_t>(at - bytes.data());
  if (found.events != 0) {
    found.stride = any_size == every_size ? any_size : 0;
    stream.last_size = found.bytes / found.events;
    stream.last_number = last_number;
  }
  return found;
}

}  // namespace tickweir::tcp
