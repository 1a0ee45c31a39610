// One output of a sharded stage: puts what the shards emitted of each batch into one order.
//
// Every shard says when it is through with a batch (ShardMark). When all are, what they emitted of it is
// merged by place; events of one place become one. A shard may be ahead of another by what fits into its
// input: the results of so many batches may wait here.
//
// Threading: that of the merge's stage. Ownership: of the blocks given to add(), until it lets go of them.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/block.h"
#include "runtime/graph/graph.h"
#include "tickweir/batch.h"

namespace tickweir {

class ShardMerge {
 public:
  // `plan`: the merge's stage.
  ShardMerge(const GraphStage& plan, std::uint32_t output);

  void add(Block* block);
  // All shards are through with the next batch.
  [[nodiscard]] bool is_ready() const { return missing_ == 0; }
  // Of the next batch, while is_ready():
  //   a shard failed at it: neither it nor anything after it has a result
  [[nodiscard]] bool has_failed() const;
  //   a block that tells what the result came of: Block::ingress_ticks, log_sequence
  [[nodiscard]] const Block& cause() const { return *lanes_.front().first; }
  //   appends the result, and lets go of the blocks. Stops the process at what no shard may do.
  void merge(Emitter& out, const BlockPool* current);

  // Lets go of all that waits.
  void release_all(const BlockPool* current);
  // Nothing waits.
  [[nodiscard]] bool is_empty() const;
  // Events that wait.
  [[nodiscard]] std::uint64_t held() const { return held_; }

 private:
  // What one shard handed over and has not been merged, in order.
  struct Lane {
    Block* first = nullptr;
    Block* last = nullptr;
    std::uint64_t batches = 0;         // that it is through with
    const std::uint8_t* at = nullptr;  // in `first`: the next event of the batch that is being merged
    std::uint64_t place = 0;           // of that event; no_place: there is none
  };
  // Beyond the offsets of all events.
  static constexpr std::uint64_t no_place = ~std::uint64_t{0};

  void open(Lane& lane);
  void step(Lane& lane, const BlockPool* current);
  void find_event(Lane& lane, const BlockPool* current);
  void close(Lane& lane, const BlockPool* current);
  void drop_first(Lane& lane, const BlockPool* current);
  Event* copy(const Lane& lane, Emitter& out) const;
  void combine(std::uint64_t place, Lane& first, Emitter& out, const BlockPool* current);
  [[noreturn]] void violation(const Lane& lane, const char* what) const;

  const GraphStage& plan_;
  const std::uint32_t output_;
  std::vector<Lane> lanes_;  // by shard
  std::uint32_t missing_;    // shards that are not through with the next batch
  std::uint64_t next_batch_ = 0;
  std::uint64_t held_ = 0;
};

}  // namespace tickweir
