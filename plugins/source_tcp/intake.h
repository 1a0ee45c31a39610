// Takes received bytes into the open batch, and gives out what is not an event.
//
// Bytes are received straight behind the events of the open batch, with the partial frame of last time in
// front of them. What is left over afterwards is less than a frame, and is kept by the connection.
//
// Threading: the stage's thread, within poll(). Memory: `scratch`, of a batch's size, is only used when bytes
// hold more events than the batch may.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "frame_check.h"
#include "tickweir/assert.h"
#include "tickweir/batch.h"

namespace tickweir::tcp {

// The unfinished frame at the end of what a connection sent so far.
struct Partial {
  std::uint8_t* bytes = nullptr;  // room for a frame of the largest size
  std::uint32_t count = 0;
};

class Intake {
 public:
  Intake(const FrameRules& rules, std::span<std::uint8_t> scratch) : rules_(rules), scratch_(scratch) {}

  // False: the batch must be handed over before anything is received.
  [[nodiscard]] bool has_room(const tickweir_batch& batch) const {
    return batch.event_count < batch.event_count_max &&
           batch.capacity_bytes - batch.used_bytes >= rules_.frame_bytes_max;
  }

  // Puts the partial frame in place; returns where to receive, and how much: about what fits the batch by
  // the number of events too. Needs has_room(): without it what comes from outside would be written behind
  // the batch.
  std::span<std::uint8_t> open(tickweir_batch& batch, const Partial& partial,
                               const EventStream& stream) const {
    TICKWEIR_ASSERT(has_room(batch) && partial.count < rules_.frame_bytes_max);
    std::uint8_t* const tail = batch.data + batch.used_bytes;
    if (partial.count != 0) std::memcpy(tail, partial.bytes, partial.count);
    const std::uint64_t by_events =
        std::uint64_t{batch.event_count_max - batch.event_count} * stream.last_size;
    const std::uint64_t wanted = std::max<std::uint64_t>(by_events, 2 * std::uint64_t{partial.count} + 64);
    const std::uint64_t bytes = std::min<std::uint64_t>(wanted, batch.capacity_bytes - batch.used_bytes);
    return {tail + partial.count, static_cast<std::size_t>(bytes - partial.count)};
  }

  struct Taken {
    std::uint64_t frames = 0;      // that were whole
    std::uint32_t bytes_left = 0;  // from the frame at which it ended
    GoodbyeCode fault = GoodbyeCode::none;
    Event header{};  // of the frame at fault, as far as it came
  };
  // Judges the partial frame and the `received` bytes behind it. `on_events(count)` hears of events right
  // after they are in the batch; `on_session_frame(const Event&, GoodbyeCode& fault)` is given each frame
  // that is no event, and returns false to end.
  template <typename OnEvents, typename OnSessionFrame>
  Taken take(Emitter& out, std::uint32_t received, std::uint64_t time, Partial& partial, EventStream& stream,
             OnEvents&& on_events, OnSessionFrame&& on_session_frame) {
    Taken taken;
    std::uint32_t bytes = partial.count + received;
    std::uint32_t gap = 0;  // between the events of the batch and the rest: session frames that stood there
    partial.count = 0;
    for (;;) {
      tickweir_batch& batch = *out.raw().outputs[0];
      std::uint8_t* const tail = batch.data + batch.used_bytes;
      const Checked checked =
          check_frames({tail + gap, bytes}, batch.event_count_max - batch.event_count, time, rules_, stream);
      if (gap != 0) std::memmove(tail, tail + gap, checked.bytes);
      commit(batch, checked);
      if (checked.events != 0) on_events(checked.events);
      taken.frames += checked.events;
      bytes -= checked.bytes;
      std::uint8_t* const rest = tail + checked.bytes + gap;
      taken.bytes_left = bytes;
      switch (checked.stop) {
        case Stop::end:
          return taken;
        case Stop::fault:
          taken.fault = checked.fault;
          std::memcpy(&taken.header, rest, std::min<std::size_t>(bytes, sizeof taken.header));
          return taken;
        case Stop::partial:
          std::memcpy(partial.bytes, rest, bytes);
          partial.count = bytes;
          return taken;
        case Stop::event_limit:
          std::memcpy(scratch_.data(), rest, bytes);
          out.raw().advance(out.raw().host, 0);
          std::memcpy(out.raw().outputs[0]->data + out.raw().outputs[0]->used_bytes, scratch_.data(), bytes);
          gap = 0;
          break;
        case Stop::session_frame: {
          const auto& frame = *reinterpret_cast<const Event*>(rest);
          ++taken.frames;
          taken.header = frame;
          if (!on_session_frame(frame, taken.fault)) return taken;
          gap += frame.size;
          bytes -= frame.size;
          break;
        }
      }
    }
  }

 private:
  static void commit(tickweir_batch& batch, const Checked& checked) {
    if (checked.events == 0) return;
    batch.stride = batch.event_count == 0 || batch.stride == checked.stride ? checked.stride : 0;
    batch.event_count += checked.events;
    batch.used_bytes += checked.bytes;
  }

  FrameRules rules_;
  std::span<std::uint8_t> scratch_;
};

}  // namespace tickweir::tcp
