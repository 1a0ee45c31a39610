// Which instruments a book keeps when several share the work: those whose number leaves the book's own as
// the rest when it is divided by how many there are.
//
// Threading: plain data. Memory: none.
#pragma once

#include <cstdint>
#include <limits>

#include "tickweir/assert.h"

namespace tickweir::book {

class Shard {
 public:
  // All of them; not sharded.
  Shard() = default;
  // `number` of `count`, from 0; a count of 0: not sharded. One of one has all of them, too, but is sharded.
  Shard(std::uint32_t number, std::uint32_t count) : number_(number), count_(count) {
    TICKWEIR_ASSERT(count == 0 ? number == 0 : number < count && count <= count_max);
    if (count == 0) return;
    up_ = count - number;
    inverse_ = std::numeric_limits<std::uint64_t>::max() / count + 1;
  }

  [[nodiscard]] bool is_sharded() const { return count_ != 0; }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }

  // Whether `instrument % count == number`, by a multiplication: a multiple of `count`, and nothing else, is
  // below `inverse_` when multiplied by it modulo 2^64. From Lemire, Kaser and Kurz, "Faster Remainder by
  // Direct Computation" (2019), section 3.2. For a count of 1 the inverse is 0, and all are.
  [[nodiscard]] bool owns(std::uint32_t instrument) const {
    return (std::uint64_t{instrument} + up_) * inverse_ <= inverse_ - 1;
  }

 private:
  static constexpr std::uint32_t count_max = 1 << 16;  // up to which that holds for numbers above 2^32

  std::uint32_t number_ = 0;
  std::uint32_t count_ = 0;
  std::uint64_t up_ = 0;
  std::uint64_t inverse_ = 0;
};

}  // namespace tickweir::book
