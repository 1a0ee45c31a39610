// A log in memory: what wal_memory does, without the plugin line around it.
//
// Threading: one call after the other. Memory: a copy of each append, up to the capacity.
// Errors:    thrown. LogFull: nothing of that append is kept.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tickweir/event.h"
#include "tickweir/wal_backend.h"

namespace tickweir::wal_memory {

class MemoryLog {
 public:
  explicit MemoryLog(std::uint64_t capacity) : capacity_(capacity) {}

  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    const bool is_first = last_sequence_ == 0 && first_sequence != 0;
    if (!is_first && first_sequence != last_sequence_ + 1) {
      throw std::invalid_argument("cannot append from sequence " + std::to_string(first_sequence) +
                                  ", expected " + std::to_string(last_sequence_ + 1) +
                                  " (a bug of the caller)");
    }
    std::uint64_t bytes = 0;
    for (const tickweir_span& span : spans) bytes += span.bytes;
    if (bytes > capacity_ - bytes_)
      throw LogFull("the capacity of " + std::to_string(capacity_) + " bytes is used up");
    if (event_count == 0) return;
    Group group{first_sequence, event_count, {}};
    group.events.reserve(bytes);
    for (const tickweir_span& span : spans)
      group.events.insert(group.events.end(), span.data, span.data + span.bytes);
    groups_.push_back(std::move(group));
    bytes_ += bytes;
    last_sequence_ = first_sequence + event_count - 1;
  }

  // False: there is nothing from there on.
  [[nodiscard]] bool read(std::uint64_t sequence, tickweir_batch& room) const {
    if (sequence > last_sequence_ && sequence != 0) return false;
    auto group =
        std::upper_bound(groups_.begin(), groups_.end(), sequence,
                         [](std::uint64_t wanted, const Group& one) { return wanted < one.first_sequence; });
    if (group == groups_.begin()) {
      throw std::runtime_error("sequence " + std::to_string(sequence) + " is not in the log any more");
    }
    std::uint64_t at = 0;
    --group;
    for (std::uint64_t skipped = group->first_sequence; skipped < sequence; ++skipped) {
      Event event;
      std::memcpy(&event, group->events.data() + at, sizeof event);
      at += event.size;
    }
    for (; group != groups_.end(); ++group, at = 0) {
      const auto rest = std::span(group->events).subspan(at);
      if (append_events(room, rest) < rest.size()) break;
    }
    if (room.event_count == 0) throw std::runtime_error("an event does not fit into the batch");
    return true;
  }

  void truncate_before(std::uint64_t sequence) {
    while (groups_.size() > 1 && groups_[1].first_sequence <= sequence) {
      bytes_ -= groups_.front().events.size();
      groups_.pop_front();
    }
  }

  [[nodiscard]] std::uint64_t first_sequence() const {
    return groups_.empty() ? 0 : groups_.front().first_sequence;
  }
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Group {
    std::uint64_t first_sequence;
    std::uint32_t event_count;
    std::vector<std::uint8_t> events;
  };

  std::uint64_t capacity_;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::deque<Group> groups_;
};

}  // namespace tickweir::wal_memory
