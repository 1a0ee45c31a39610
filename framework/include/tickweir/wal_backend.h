// A back end that stores a log. The contract is plugin.h, tickweir_wal; this is its C++ face:
//
//   class X : public WalBackend {
//     explicit X(const Context&);
//     void open(const LogRequest&, LogState&);
//     void append(std::span<const tickweir_span>, std::uint64_t first_sequence, std::uint32_t event_count);
//     void sync();
//     bool read(std::uint64_t sequence, tickweir_batch& room);   // false: nothing from there on
//     void truncate_before(std::uint64_t sequence);
//     void describe(LogState&);
//     void stop();                                               // closes
//     static constexpr bool appends_during_sync = true;          // these two may be left out: false
//     static constexpr bool appends_outlive_process = true;
//   };
//
// Threading: one call after the other, from changing threads. With `appends_during_sync`, append() also runs
//            on one thread while sync() does on another, so that the next group is stored while the disk
//            works on this one; sync() answers for what was appended before it was called.
// Promise:   with `appends_outlive_process`, what append() took is there after the process was killed.
// Without
//            it the log is synced in `sync: os`, too.
// Errors:    throw. LogFull from append() says "no room now, nothing of it is kept"; anything else from
//            append() or sync() is final. What truncate_before() throws is not: the log keeps what it has;
//            but if what was appended before is lost with it, describe() throws from then on.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include "tickweir/event.h"
#include "tickweir/files.h"
#include "tickweir/plugin.h"

namespace tickweir {

class WalBackend {};

using LogRequest = tickweir_log_request;
using LogState = tickweir_log_state;

// The disk is full; the same append may be tried again later.
class LogFull : public std::runtime_error {
  using runtime_error::runtime_error;
};

// Appends whole events that lie one after the other in `bytes` to the batch, as many as fit. Returns the
// bytes taken. The events must be sound: sizes of at least a header, multiples of 8, ending with `bytes`.
inline std::uint64_t append_events(tickweir_batch& room, std::span<const std::uint8_t> bytes) {
  std::uint64_t taken = 0;
  while (taken < bytes.size() && room.event_count < room.event_count_max) {
    Event event;
    std::memcpy(&event, bytes.data() + taken, sizeof event);
    if (room.capacity_bytes - room.used_bytes < event.size) break;
    std::memcpy(room.data + room.used_bytes, bytes.data() + taken, event.size);
    room.stride = room.event_count == 0 || room.stride == event.size ? event.size : 0;
    ++room.event_count;
    room.used_bytes += event.size;
    taken += event.size;
  }
  return taken;
}

}  // namespace tickweir
