// Goes through the live events of a batch, a chunk at a time, after a look ahead at what they will touch; for
// a shard through its own, with little more than a glance at the others.
//
// Threading: one thread. Memory: none; some pointers on the stack.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "look_ahead.h"
#include "shard.h"
#include "tickweir/batch.h"
#include "tickweir/market.h"

namespace tickweir::book {

// What there is to know of an event by its type.
struct Shape {
  std::uint32_t size_min = sizeof(Event);
  std::uint32_t instrument_at = 0;  // offset of its instrument; 0: it has none
};
// From the first type of the vocabulary on; the last entry is for others.
inline constexpr auto shapes = [] {
  std::array<Shape, 65> made{};
  market::for_each_payload_type([&made]<typename T>(const char*) {
    static_assert(T::event_type - market::NewOrder::event_type < 64);
    Shape& shape = made[T::event_type - market::NewOrder::event_type];
    shape.size_min = event_size<T>;
    if constexpr (requires(const T& value) { value.instrument; }) {
      shape.instrument_at = sizeof(Event) + offsetof(T, instrument);
    }
  });
  return made;
}();
inline const Shape& shape_of(const Event& event) {
  const std::uint32_t from_first = std::uint32_t{event.type} - market::NewOrder::event_type;
  return shapes[std::min(from_first, 64U)];
}
// Long enough for what its type promises; an event that is not must not be read.
inline bool is_whole(const Event& event) {
  return event.size >= shape_of(event).size_min;
}
// Of a whole event; 0: it names none.
inline std::uint32_t instrument_of(const Event& event) {
  const std::uint32_t at = shape_of(event).instrument_at;
  if (at == 0) [[unlikely]]
    return 0;
  return *reinterpret_cast<const std::uint32_t*>(reinterpret_cast<const std::uint8_t*>(&event) + at);
}
// A mass cancel of all instruments is for every shard, but to be refused by one.
inline bool is_for_all(const Event& event) {
  if (event.type != market::MassCancel::event_type) return false;
  const auto& mass = payload<market::MassCancel>(event);
  return mass.instrument == 0 && market::validate(mass) == market::RejectReason::None;
}
// Events that name no instrument are for shard 0.
inline bool is_for(const Shard& shard, const Event& event) {
  const std::uint32_t instrument = instrument_of(event);
  if (instrument == 0) [[unlikely]]
    return shard.owns(0) || is_for_all(event);
  return shard.owns(instrument);
}

// What a whole event will touch, without a branch on its type, which nothing could predict.
inline Hint hint_of(const Event& event, const BookStore& store) {
  static constexpr market::NewOrder none{};
  const bool is_request =
      event.type >= market::NewOrder::event_type && event.type <= market::NewOrderExtended::event_type;
  const bool is_new = event.type == market::NewOrder::event_type ||
                      event.type == market::NewOrderExtended::event_type;  // whose first fields are the same
  const std::array choice{&none, reinterpret_cast<const market::NewOrder*>(&event + 1)};
  const std::uint64_t id = choice[is_request ? 1 : 0]->order_id;  // the first field of each of them
  const market::NewOrder& order = *choice[is_new ? 1 : 0];
  const std::uint32_t instrument = store.has_book(order.instrument) ? order.instrument : 0;
  const bool is_plain = !store.limits().by_instrument;
  return {.id = is_plain ? id : store.ids().name_of(instrument_of(event), id),
          .rank = rank_of(order.side, order.price),
          .place = place_of(instrument, order.side)};
}

// Events of a batch one after the other, live or not.
struct Stretch {
  const std::uint8_t* begin = nullptr;
  const std::uint8_t* end = nullptr;

  // `see(event)` for each that is live and whole.
  template <typename See>
  void for_each(See&& see) const {
    for (const std::uint8_t* at = begin; at != end;) {
      const auto& event = *reinterpret_cast<const Event*>(at);
      at += event.size;
      if (event.verdict == 0 && is_whole(event)) see(event);
    }
  }
};

// An event that is for this shard.
struct Own {
  const Event* event;
  std::uint64_t time_before;  // the latest of the events before it in the batch; if the stage is sharded
};

// Looks for a shard's own events in a stretch: all of them, if the stage is not sharded.
class OwnEvents {
 public:
  OwnEvents(const Shard& shard, const Stretch& stretch) : shard_(shard), left_(stretch) {}

  // The next ones, as many as `room` has; fewer: that was the last of the stretch.
  std::size_t find(std::span<Own> room) { return shard_.is_sharded() ? find_own(room) : find_all(room); }
  [[nodiscard]] std::uint64_t latest_time() const { return time_; }
  // One shard counts them for all.
  [[nodiscard]] std::uint64_t too_short() const { return shard_.number() == 0 ? too_short_ : 0; }

 private:
  // In functions of their own, where all that the loop needs is in registers: most events are another's.
  [[gnu::noinline]] std::size_t find_own(std::span<Own> room) {
    std::uint64_t time = time_;
    std::size_t count = 0;
    take_while([&] { return count != room.size(); },
               [&, shard = shard_](const Event& event) {
                 room[count] = {&event, time};  // counted or not: a branch could not be predicted
                 count += is_for(shard, event) ? 1 : 0;
                 time = std::max(time, event.time);
               });
    time_ = time;
    return count;
  }
  [[gnu::noinline]] std::size_t find_all(std::span<Own> room) {
    Own* next = room.data();
    const Own* const end = next + room.size();
    take_while([&] { return next != end; }, [&](const Event& event) { (next++)->event = &event; });
    return static_cast<std::size_t>(next - room.data());
  }
  // Takes events off the stretch, and shows those that are live and whole.
  template <typename HasRoom, typename See>
  [[gnu::always_inline]] void take_while(HasRoom&& has_room, See&& see) {
    const std::uint8_t* at = left_.begin;
    const std::uint8_t* const end = left_.end;
    while (at != end && has_room()) {
      const auto& event = *reinterpret_cast<const Event*>(at);
      at += event.size;
      if (event.verdict != 0) [[unlikely]]
        continue;
      if (is_whole(event)) [[likely]] {
        see(event);
      } else {
        ++too_short_;
      }
    }
    left_.begin = at;
  }

  Shard shard_;
  Stretch left_;
  std::uint64_t time_ = 0;
  std::uint64_t too_short_ = 0;
};

// Calls `execute(event)` for each live event that is for the shard, in order, and if it is one of several,
// `pass(others, time)` for what lies between two of them: `time` is the latest of these and of all before.
// Returns how many were left out: too short for their type.
template <typename Pass, typename Execute>
std::uint64_t for_each_in_chunks(const BatchView& batch, LookAhead& ahead, const Shard& shard, Pass&& pass,
                                 Execute&& execute) {
  std::array<Own, chunk_max> chunk;
  Stretch left{batch.bytes().data(), batch.bytes().data() + batch.bytes().size()};
  OwnEvents own(shard, left);
  const bool is_sharded = shard.is_sharded();
  for (std::size_t count = chunk_max; count == chunk_max;) {
    count = own.find(chunk);
    ahead.look(count, [&](std::size_t i) { return hint_of(*chunk[i].event, ahead.store()); });
    for (std::size_t i = 0; i < count; ++i) {
      const Event& event = *chunk[i].event;
      if (is_sharded) [[unlikely]] {
        const auto* const at = reinterpret_cast<const std::uint8_t*>(&event);
        pass(Stretch{left.begin, at}, chunk[i].time_before);
        left.begin = at + event.size;
      }
      execute(event);
    }
  }
  if (is_sharded) pass(left, own.latest_time());
  return own.too_short();
}

}  // namespace tickweir::book
