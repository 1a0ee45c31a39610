// The events that a client has no answer for, as they go over the wire, to be sent again after a reconnect.
//
// Threading: one thread. Memory: one buffer of twice the size given, so that what is left is moved to its
// front once a buffer at most; nothing is allocated afterwards. Pages that are not used are never touched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "tickweir/wire.h"

namespace tickweir {

class Unsettled {
 public:
  // `kept_bytes`: so much of what is settled is kept and sent again too, to try a source's dedup out.
  Unsettled(std::size_t bytes, std::size_t kept_bytes)
      : limit_(bytes + kept_bytes),
        kept_bytes_(kept_bytes),
        room_bytes_(limit_ / 4 * sizeof(std::uint64_t)),
        room_(std::make_unique_for_overwrite<std::uint64_t[]>(limit_ / 4)) {}

  // Room for an event of `size` bytes behind the others; nullptr: none until some are settled.
  [[nodiscard]] Event* append(std::uint32_t size) {
    if (end_ - begin_ + size > limit_) return nullptr;
    if (end_ + size > room_bytes_) move_to_front();
    auto* const event = reinterpret_cast<Event*>(data() + end_);
    if (begin_ == end_) common_size_ = size;
    if (size != common_size_) common_size_ = 0;
    end_ += size;
    ++count_;
    return event;
  }
  [[nodiscard]] bool has_room(std::uint32_t size) const { return end_ - begin_ + size <= limit_; }

  [[nodiscard]] std::span<const std::uint8_t> unsent() const { return {data() + sent_, end_ - sent_}; }
  void sent(std::size_t bytes) {
    sent_ += bytes;
    if (common_size_ != 0) whole_ += (sent_ - whole_) / common_size_ * common_size_;
    while (whole_ < end_ && whole_ + at(whole_).size <= sent_) whole_ += at(whole_).size;
  }
  // Events without an answer.
  [[nodiscard]] std::uint64_t count() const { return count_; }

  // All events up to `number` have their answer. False, and nothing has changed: some of these have not been
  // sent on this connection.
  [[nodiscard]] bool settle(std::uint64_t number) {
    const std::size_t unsent = std::max(whole_, settled_);
    if (unsent < end_ && at(unsent).origin <= number) return false;
    if (refused_count_ == 0) skip_settled(number);
    while (settled_ < whole_ && at(settled_).origin <= number) {
      const bool was_refused = at(settled_).flags == is_refused;
      settled_ += at(settled_).size;
      (was_refused ? refused_count_ : count_) -= 1;
    }
    refused_ = std::max(refused_, settled_);
    if (kept_bytes_ == 0) begin_ = settled_;
    while (settled_ - begin_ > kept_bytes_) begin_ += at(begin_).size;
    return true;
  }
  // An event that was refused is not sent again. False: it has had its answer, or was not sent yet.
  bool refuse(std::uint64_t number) {
    while (refused_ < whole_ && at(refused_).origin < number) refused_ += at(refused_).size;
    if (refused_ >= whole_) return false;
    if (at(refused_).origin != number || at(refused_).flags == is_refused) return false;
    at(refused_).flags = is_refused;
    --count_;
    ++refused_count_;
    return true;
  }
  // On a new connection everything that is left goes out again, but for what was refused.
  void start_again() {
    std::size_t to = 0;
    std::size_t settled = 0;
    count_ = refused_count_ = 0;
    for (std::size_t from = begin_; from < end_;) {
      const std::uint32_t size = at(from).size;
      const bool is_settled = from < settled_;
      if (at(from).flags != is_refused) {
        std::memmove(data() + to, data() + from, size);
        to += size;
        settled += is_settled ? size : 0;
        count_ += is_settled ? 0 : 1;
      }
      from += size;
    }
    begin_ = sent_ = whole_ = 0;
    end_ = to;
    settled_ = refused_ = settled;
  }

 private:
  static constexpr std::uint8_t is_refused = 1;  // in the flags of our copy; 0 on the wire

  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(room_.get()); }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(room_.get());
  }
  [[nodiscard]] Event& at(std::size_t byte) { return *reinterpret_cast<Event*>(data() + byte); }

  // Numbers rise: if as many events on there is the number that an unbroken row would have there, the row is
  // unbroken, and what lies between need not be looked at.
  void skip_settled(std::uint64_t number) {
    if (common_size_ == 0 || settled_ >= whole_ || number < at(settled_).origin) return;
    const std::uint64_t first = at(settled_).origin;
    const std::uint64_t events =
        std::min<std::uint64_t>(number - first + 1, (whole_ - settled_) / common_size_);
    if (at(settled_ + (events - 1) * common_size_).origin != first + events - 1) return;
    settled_ += events * common_size_;
    count_ -= events;
  }

  void move_to_front() {
    std::memmove(data(), data() + begin_, end_ - begin_);
    end_ -= begin_, sent_ -= begin_, whole_ -= begin_, settled_ -= begin_, refused_ -= begin_;
    begin_ = 0;
  }

  std::size_t limit_;
  std::size_t kept_bytes_;
  std::size_t room_bytes_;
  std::unique_ptr<std::uint64_t[]> room_;
  std::size_t begin_ = 0;    // the oldest event kept
  std::size_t settled_ = 0;  // the oldest without an answer
  std::size_t refused_ = 0;  // where refusals have got to
  std::size_t sent_ = 0;     // the first byte not sent on this connection
  std::size_t whole_ = 0;    // the event that it belongs to: those before were sent whole
  std::size_t end_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t refused_count_ = 0;  // behind settled_
  std::uint32_t common_size_ = 0;    // of all events kept; 0: they differ
};

}  // namespace tickweir
