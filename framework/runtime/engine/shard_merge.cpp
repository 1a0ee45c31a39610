#include "runtime/engine/shard_merge.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/graph/shards.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

ShardMerge::ShardMerge(const GraphStage& plan, std::uint32_t output)
    : plan_(plan), output_(output), lanes_(plan.shard_count), missing_(plan.shard_count) {}

void ShardMerge::add(Block* block) {
  TICKWEIR_ASSERT(block->shard.shard < lanes_.size() && block->shard.output == output_);
  Lane& lane = lanes_[block->shard.shard];
  TICKWEIR_ASSERT(block->shard.batch == next_batch_ + lane.batches);
  block->shard.next = nullptr;
  (lane.first == nullptr ? lane.first : lane.last->shard.next) = block;
  lane.last = block;
  held_ += block->live_count();
  if (block->shard.end != ShardMark::End::open && lane.batches++ == 0) --missing_;
}

bool ShardMerge::has_failed() const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return lane.last->shard.end == ShardMark::End::failed && lane.last->shard.batch == next_batch_;
  });
}

void ShardMerge::merge(Emitter& out, const BlockPool* current) {
  for (Lane& lane : lanes_) open(lane), find_event(lane, current);
  while (true) {
    Lane* first = &lanes_.front();
    std::uint64_t second = no_place;  // the first place of the others
    for (Lane& lane : lanes_) {
      if (&lane == first) continue;
      second = std::min(second, std::max(lane.place, first->place));
      if (lane.place < first->place) first = &lane;
    }
    if (first->place == no_place) break;
    if (first->place == second) combine(second, *first, out, current);
    const std::uint64_t until = TICKWEIR_BUG("one shard after the other") ? no_place : second;
    for (; first->place < until; step(*first, current)) copy(*first, out);
  }
  for (Lane& lane : lanes_) close(lane, current);
  ++next_batch_;
}

void ShardMerge::open(Lane& lane) {
  lane.at = lane.first->batch.data;
  lane.place = 0;
}

void ShardMerge::step(Lane& lane, const BlockPool* current) {
  lane.at += event_at(lane.at).size;
  find_event(lane, current);
}

// Where the lane's next event is, in the next block if need be.
void ShardMerge::find_event(Lane& lane, const BlockPool* current) {
  while (lane.at == lane.first->batch.data + lane.first->batch.used_bytes) {
    if (lane.first->shard.end != ShardMark::End::open) {
      lane.place = no_place;
      return;
    }
    drop_first(lane, current);
    lane.at = lane.first->batch.data;
  }
  const Event& event = event_at(lane.at);
  const std::uint32_t stride = lane.first->batch.stride;
  if (stride != 0 && event.size != stride) violation(lane, "emitted an event with a wrong size");
  if (event.sequence < lane.place) violation(lane, "emitted an event before the place of its last one");
  if (event.sequence == no_place) violation(lane, "emitted an event at a place behind all others");
  lane.place = event.sequence;
}

// The last block of the batch.
void ShardMerge::close(Lane& lane, const BlockPool* current) {
  drop_first(lane, current);
  if (--lane.batches == 0) ++missing_;
}

void ShardMerge::drop_first(Lane& lane, const BlockPool* current) {
  Block* const block = lane.first;
  lane.first = block->shard.next;
  held_ -= block->live_count();
  BlockPool::release(block, current);
}

// nullptr when nobody reads the output.
Event* ShardMerge::copy(const Lane& lane, Emitter& out) const {
  const Event& event = event_at(lane.at);
  const auto payload_bytes = static_cast<std::uint32_t>(event.size - sizeof(Event));
  Event* const into = out.append(output_, event.type, payload_bytes, event.time, event.origin);
  if (into == nullptr) return nullptr;
  into->flags = event.flags;
  std::memcpy(into + 1, &event + 1, payload_bytes);
  return into;
}

// The events of all lanes at that place become one. `first`: the first of these lanes.
void ShardMerge::combine(std::uint64_t place, Lane& first, Emitter& out, const BlockPool* current) {
  const auto combine_two = plan_.plugin->table->transform->combine;
  const Event& event = event_at(first.at);
  Event* const into = copy(first, out);
  for (Lane& lane : lanes_) {
    if (&lane == &first || lane.place != place) continue;
    const Event& from = event_at(lane.at);
    if (combine_two == nullptr) {
      violation(lane, "emitted an event at the place of one of another shard, and has no combine");
    }
    if (from.type != event.type || from.size != event.size) {
      violation(lane, "emitted an event at the place of one of another shard, of another type or size");
    }
    if (into != nullptr) combine_two(into, &from);
    step(lane, current);
  }
  step(first, current);
}

void ShardMerge::release_all(const BlockPool* current) {
  for (Lane& lane : lanes_) {
    while (lane.first != nullptr) drop_first(lane, current);
    lane.batches = 0;
  }
  missing_ = static_cast<std::uint32_t>(lanes_.size());
}

bool ShardMerge::is_empty() const {
  return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.first == nullptr; });
}

void ShardMerge::violation(const Lane& lane, const char* what) const {
  const std::string id = shard_name(plan_.id, static_cast<std::uint32_t>(&lane - lanes_.data()));
  std::fprintf(stderr, "tickweir: stage %s %s on output %s. This is a bug in the plugin %s.\n", id.c_str(),
               what, plan_.output_names[output_].c_str(), plan_.plugin->file.c_str());
  std::abort();
}

}  // namespace tickweir
