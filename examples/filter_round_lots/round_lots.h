// The lot size of each instrument, and whether a quantity is whole lots of it.
//
// Threading: one thread. Memory: one number per instrument, reserved at construction.
#pragma once

#include <cstdint>
#include <vector>

class RoundLots {
 public:
  RoundLots(std::uint32_t instruments, std::uint32_t lot_size)
      : lot_size_(lot_size), lot_sizes_(instruments, lot_size) {}

  // A lot size of 0 says nothing, and changes nothing.
  void set(std::uint32_t instrument, std::uint32_t lot_size) {
    if (instrument < lot_sizes_.size() && lot_size != 0) lot_sizes_[instrument] = lot_size;
  }
  // Instruments beyond the table have the default lot size.
  [[nodiscard]] bool is_round(std::uint32_t instrument, std::uint32_t quantity) const {
    return quantity % (instrument < lot_sizes_.size() ? lot_sizes_[instrument] : lot_size_) == 0;
  }

 private:
  std::uint32_t lot_size_;
  std::vector<std::uint32_t> lot_sizes_;
};
