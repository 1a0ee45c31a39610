// The memory behind a batch: pooled, counted, cache-line aligned.
//
// A Block is written by one owner. Once it has been handed to several consumers it is read-only; the last
// one to let go returns it to the pool it came from.
//
// Threading: take() on the pool's own thread; release() on any. Memory: blocks are allocated when the
//            pool is empty and kept for ever after, so the number of blocks is bounded by what edges and
//            stages can hold at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "tickweir/event.h"
#include "tickweir/plugin.h"

namespace tickweir {

class BlockPool;
struct Block;

// Of a block that a shard emitted, for the merge.
struct ShardMark {
  // open: more of the same batch follows. last: the shard is through with it. failed: it failed at this
  // batch, and nothing follows.
  enum class End : std::uint32_t { open, last, failed };

  std::uint64_t batch = 0;  // how many the shard had worked on before the one that this came of
  std::uint32_t shard = 0;
  std::uint32_t output = 0;
  End end = End::open;
  Block* next = nullptr;  // while it waits in the merge
};

struct alignas(64) Block {
  tickweir_batch batch;
  std::uint64_t ingress_ticks = 0;  // when the oldest event in it entered at a source
  BlockPool* pool = nullptr;
  std::atomic<std::uint32_t> references{1};
  // On a line of its own, untouched where there is neither log nor shard. What is in the block came of events
  // up to `log_sequence` of the nearest log upstream, or is these events; `gate_sequence`: likewise of the
  // log before that one, for a block that has just passed a log.
  alignas(64) std::uint64_t log_sequence = 0;
  std::uint64_t gate_sequence = 0;
  ShardMark shard;

  [[nodiscard]] std::uint32_t live_count() const { return batch.event_count - batch.refused_count; }
  // Acquire: a writer that finds itself alone must see that the other readers are done.
  [[nodiscard]] bool is_shared() const { return references.load(std::memory_order_acquire) > 1; }
  void share(std::uint32_t more) { references.fetch_add(more, std::memory_order_relaxed); }
  // A free block keeps the next free one where its events were.
  [[nodiscard]] Block*& next_free() { return *reinterpret_cast<Block**>(batch.data); }
  // Brings header and first event near, to read them soon or to write them.
  void prefetch() const {
    __builtin_prefetch(this);
    __builtin_prefetch(this + 1);  // the first event
  }
  void prefetch_to_write() {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(this + 1, 1);
  }
};
static_assert(sizeof(Block) == 128, "two lines; the events follow");

// Of bytes that hold whole events.
inline const Event& event_at(const std::uint8_t* at) {
  return *reinterpret_cast<const Event*>(at);
}

class BlockPool {
 public:
  BlockPool(std::uint32_t bytes, std::uint32_t events_max) : bytes_(bytes), events_max_(events_max) {}
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // An empty block with one reference. Owner thread.
  Block* take();
  // Lets go of one reference. Any thread; `current` is the pool of the calling thread, or nullptr.
  static void release(Block* block, const BlockPool* current);

  [[nodiscard]] std::uint64_t block_count() const { return block_count_.load(std::memory_order_relaxed); }

 private:
  Block* allocate();
  void give_back(Block* block, bool is_owner);

  std::uint32_t bytes_;
  std::uint32_t events_max_;
  Block* free_ = nullptr;  // owner thread only
  std::vector<Block*> all_;
  std::atomic<std::uint64_t> block_count_{0};
  alignas(64) std::atomic<Block*> returned_{nullptr};  // pushed by any thread, taken whole by the owner
};

}  // namespace tickweir
