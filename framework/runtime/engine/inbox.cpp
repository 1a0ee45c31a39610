#include "runtime/engine/inbox.h"

#include <concurrentqueue/concurrentqueue.h>

namespace tickweir {

struct Inbox::Queue {
  moodycamel::ConcurrentQueue<QueuedBlock> queue;
  moodycamel::ConsumerToken consumer{queue};
};

struct Inbox::Producer::Token {
  explicit Token(Inbox& inbox) : token(inbox.queue_->queue) {}
  moodycamel::ProducerToken token;
};

Inbox::Inbox() : queue_(std::make_unique<Queue>()) {}
Inbox::~Inbox() = default;

Inbox::Producer::Producer(Inbox& inbox) : inbox_(inbox), token_(std::make_unique<Token>(inbox)) {}
Inbox::Producer::~Producer() = default;

void Inbox::Producer::push(const QueuedBlock& queued) {
  if (!inbox_.queue_->queue.enqueue(token_->token, queued)) throw std::bad_alloc();
}

bool Inbox::Producer::take_back(QueuedBlock& queued) {
  return inbox_.queue_->queue.try_dequeue_from_producer(token_->token, queued);
}

std::size_t Inbox::pop(QueuedBlock* queued, std::size_t count_max) {
  return queue_->queue.try_dequeue_bulk(queue_->consumer, queued, count_max);
}

bool Inbox::looks_empty() const { return queue_->queue.size_approx() == 0; }

}  // namespace tickweir
