// The part of a Committer that decides what is stored, and gives it to the store.
#include <algorithm>
#include <cstring>

#include "runtime/engine/committer.h"
#include "tickweir/assert.h"
#include "tickweir/event.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr std::uint64_t full_retry_ns = 50'000'000;

// The first byte in which they differ, or the size of the smaller one.
std::uint32_t first_difference(const Event& one, const Event& other) {
  const std::uint32_t size = std::min(one.size, other.size);
  if (std::memcmp(&one, &other, size) == 0) return size;
  const auto* const left = reinterpret_cast<const std::uint8_t*>(&one);
  const auto* const right = reinterpret_cast<const std::uint8_t*>(&other);
  return static_cast<std::uint32_t>(std::mismatch(left, left + size, right).first - left);
}

}  // namespace

// Adds the events that the store does not have yet, and stores a group whenever it is full.
void Committer::add_block(const Block& block) {
  const std::uint8_t* const data = block.batch.data;
  const bool has_refused = block.batch.refused_count != 0 && !TICKWEIR_BUG("refused events stored");
  const bool is_whole = !has_refused && block.batch.event_count != 0 &&
                        event_at(data).sequence > stored_ + span_events_ &&
                        span_events_ + block.batch.event_count <= events_max_;
  if (is_whole) {
    spans_.push_back({data, block.batch.used_bytes});
    span_events_ += block.batch.event_count;
    span_bytes_ += block.batch.used_bytes;
    if (span_events_ == events_max_) flush();
    return;
  }
  bool is_run = false;  // the event before this one is the end of the last span
  for (std::uint32_t at = 0; at < block.batch.used_bytes && !is_over();) {
    const Event& event = event_at(data + at);
    if (event.verdict != 0 || event.sequence <= stored_) {
      is_run = false;
      if (event.verdict == 0) check_again(event);
    } else {
      if (is_run) {
        spans_.back().bytes += event.size;
      } else {
        spans_.push_back({data + at, event.size});
      }
      is_run = true;
      span_bytes_ += event.size;
      if (++span_events_ == events_max_) {
        flush();
        is_run = false;
      }
    }
    at += event.size;
  }
}

// A replay made an event that is stored already: it must be the same, to the byte.
void Committer::check_again(const Event& event) {
  if (event.sequence < first_held_ || TICKWEIR_BUG("second log not compared")) return;  // dropped since
  if (again_at_ == again_.batch().used_bytes) {
    again_at_ = 0;
    auto read = store_.read(event.sequence, again_.room());
    if (!read) return fail(read.error().message);
    if (!*read) return fail("event " + std::to_string(event.sequence) + " is gone from the log");
  }
  const Event& stored = event_at(again_.batch().data + again_at_);
  again_at_ += stored.size;
  const std::uint32_t differs_at = first_difference(stored, event);
  if (differs_at == event.size && stored.size == event.size) {
    ++equal_events_;
    return;
  }
  fail("event " + std::to_string(event.sequence) + " is stored otherwise (type " +
       std::to_string(stored.type) + ", " + std::to_string(stored.size) +
       " bytes) than the replay makes it (type " + std::to_string(event.type) + ", " +
       std::to_string(event.size) + " bytes), first at byte " + std::to_string(differs_at) +
       ": a plugin, an option or the log upstream has changed; go back, or, if the log upstream is whole, "
       "give this one an empty path: it is made again");
}

// Gives the spans to the store.
void Committer::flush() {
  const std::uint64_t last = stored_ + span_events_;
  TICKWEIR_ASSERT(event_at(spans_.front().data).sequence == stored_ + 1);
  if (has_two_threads_) wait_for_room();
  if (is_over() || (!control_.mode().is_replay && !append())) return;
  stored_ = last;
  add_to_cell(cells_.stored_events, span_events_);
  add_to_cell(cells_.stored_bytes, span_bytes_);
  spans_.clear();
  span_events_ = 0;
  span_bytes_ = 0;
  if (!has_two_threads_) take_turn();
}

// Until the spans fit into the group that the sync under way leaves to the next.
void Committer::wait_for_room() {
  const auto has_room = [this] { return stored_ + span_events_ - sync_begun_ <= events_max_; };
  if (has_room()) return;
  wants_turn_ = true;
  turn_sleeper_.wake();
  while (!has_room() && !is_over()) {
    sleeper_.prepare();
    if (!has_room() && !is_over()) sleeper_.sleep(sleep_ns, {});
    sleeper_.finish();
  }
}

// True: stored. Waits while the disk is full; without turn_, which drop_old() takes.
bool Committer::append() {
  bool is_waiting = false;
  while (!is_over()) {
    auto stored = store_.append(spans_, stored_ + 1, span_events_);
    if (!stored) {
      set_cell(cells_.waits_for_room, 0);
      fail(stored.error().message);
      return false;
    }
    if (*stored == LogStore::Stored::yes || TICKWEIR_BUG("full disk passed over")) {
      if (is_waiting) control_.log(TICKWEIR_LOG_INFO, stage_.id, "the disk has room again");
      set_cell(cells_.waits_for_room, 0);
      return true;
    }
    if (!is_waiting) {
      control_.log(TICKWEIR_LOG_ERROR, stage_.id,
                   "the disk is full: nothing is acknowledged until there is room again");
    }
    is_waiting = true;
    set_cell(cells_.waits_for_room, 1);
    add_to_cell(cells_.full_waits, 1);
    sleeper_.prepare();
    sleeper_.sleep(full_retry_ns, {});
    sleeper_.finish();
    // A snapshot may have been on its way when the log filled up; no other one will come.
    if (!TICKWEIR_BUG("full log keeps all")) drop_old(true);
  }
  set_cell(cells_.waits_for_room, 0);
  return false;
}

}  // namespace tickweir
