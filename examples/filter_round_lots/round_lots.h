// The lot size of each instrument, and whether a quantity is whole lots of it.
//
// Threading: one thread. Memory: one number per instrument, reserved at construction.
// Errors:    load() throws on what makes no sense.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "tickweir/state.h"

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

  // All of them. The default and the number of instruments must be the same where it is loaded.
  void save(tickweir::StateWriter& out) const {
    out.put<std::uint64_t>(state_format);
    out.put<std::uint64_t>(lot_size_);
    out.put_all<std::uint32_t>(lot_sizes_);
  }
  void load(tickweir::StateReader& in) {
    in.expect("format", state_format);
    in.expect("lot_size", lot_size_);
    in.expect("instruments", lot_sizes_.size());
    for (std::uint32_t& lot_size : lot_sizes_) {
      lot_size = in.get<std::uint32_t>();
      if (lot_size == 0) throw std::runtime_error("a lot size of 0 in the saved state makes no sense");
    }
  }

 private:
  static constexpr std::uint64_t state_format = 1;

  std::uint32_t lot_size_;
  std::vector<std::uint32_t> lot_sizes_;
};
