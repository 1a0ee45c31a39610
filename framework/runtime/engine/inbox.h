// Where several producers meet at one stage: moodycamel's ConcurrentQueue with a token per edge.
//
// Order holds per producer, not between producers. Its size has no bound of its own: each Edge counts
// the credits of its blocks.
//
// Threading: Producer on the producing thread, pop() on the consumer's.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/engine/block.h"

namespace tickweir {

struct QueuedBlock {
  Block* block = nullptr;
  std::uint64_t pushed_ticks = 0;
  std::uint32_t edge = 0;  // index in the graph
};

// The queue's type stays in inbox.cpp: the library's header is large.
class Inbox {
 public:
  Inbox();
  ~Inbox();

  class Producer {
   public:
    explicit Producer(Inbox& inbox);
    ~Producer();
    void push(const QueuedBlock& queued);
    // Takes back the oldest block of this producer that the consumer has not taken.
    bool take_back(QueuedBlock& queued);

   private:
    struct Token;
    Inbox& inbox_;
    std::unique_ptr<Token> token_;
  };

  // Up to `count_max` blocks into `queued`; how many.
  std::size_t pop(QueuedBlock* queued, std::size_t count_max);
  [[nodiscard]] bool looks_empty() const;

 private:
  struct Queue;
  std::unique_ptr<Queue> queue_;
};

}  // namespace tickweir
