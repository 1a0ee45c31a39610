#include "runtime/engine/block.h"

#include <cstdlib>
#include <new>

#include "tickweir/assert.h"

namespace tickweir {

BlockPool::~BlockPool() {
  for (Block* block : all_) {
    block->~Block();
    std::free(block);
  }
}

Block* BlockPool::allocate() {
  const std::size_t size = (sizeof(Block) + bytes_ + 63) / 64 * 64;
  void* memory = std::aligned_alloc(64, size);
  if (memory == nullptr) throw std::bad_alloc();
  auto* block = new (memory) Block;
  block->pool = this;
  block->batch.capacity_bytes = bytes_;
  block->batch.event_count_max = events_max_;
  block->batch.data = static_cast<std::uint8_t*>(memory) + sizeof(Block);
  all_.push_back(block);
  block_count_.store(all_.size(), std::memory_order_relaxed);
  return block;
}

Block* BlockPool::take() {
  if (free_ == nullptr) {
    // Acquire pairs with the release in give_back(): what the last reader did with the block is over.
    free_ = returned_.exchange(nullptr, std::memory_order_acquire);
  }
  if (free_ == nullptr) return allocate();
  Block* block = free_;
  free_ = block->next_free();
  // The next one's first lines lie with whoever read them last: fetched now, they are here when it is taken.
  if (free_ != nullptr) free_->prefetch_to_write();
  block->batch.event_count = 0;
  block->batch.refused_count = 0;
  block->batch.stride = 0;
  block->batch.used_bytes = 0;
  block->references.store(1, std::memory_order_relaxed);
  return block;
}

void BlockPool::release(Block* block, const BlockPool* current) {
  // The only holder need not pay for an atomic decrement: nobody else can change the count.
  if (block->is_shared() && block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->pool->give_back(block, block->pool == current);
}

void BlockPool::give_back(Block* block, bool is_owner) {
  TICKWEIR_ASSERT(block->pool == this);
  if (is_owner) {
    block->next_free() = free_;
    free_ = block;
    return;
  }
  Block* head = returned_.load(std::memory_order_relaxed);
  do {
    block->next_free() = head;
  } while (
      !returned_.compare_exchange_weak(head, block, std::memory_order_release, std::memory_order_relaxed));
}

}  // namespace tickweir
