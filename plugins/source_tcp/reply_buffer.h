// What a connection still has to be sent: whole frames, in a fixed room.
//
// Threading: the stage's thread. Memory: a span given at the start; nothing is allocated.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "tickweir/wire.h"

namespace tickweir::tcp {

class ReplyBuffer {
 public:
  // `reserved` bytes at the end are for a last frame only.
  void reset(std::span<std::uint8_t> room, std::size_t reserved) {
    room_ = room;
    reserved_ = reserved;
    begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }

  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::span<const std::uint8_t> unsent() const { return room_.subspan(begin_, end_ - begin_); }
  void sent(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // False: there is no room for it.
  template <Payload T>
  [[nodiscard]] bool push(const wire::Frame<T>& frame) {
    return put(&frame, sizeof frame, room_.size() - reserved_);
  }
  template <Payload T>
  [[nodiscard]] bool push_last(const wire::Frame<T>& frame) {
    return put(&frame, sizeof frame, room_.size());
  }

 private:
  bool put(const void* frame, std::size_t bytes, std::size_t limit) {
    if (end_ - begin_ + bytes > limit) return false;
    if (end_ + bytes > limit) {
      std::memmove(room_.data(), room_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    std::memcpy(room_.data() + end_, frame, bytes);
    end_ += bytes;
    return true;
  }

  std::span<std::uint8_t> room_;
  std::size_t reserved_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tickweir::tcp
