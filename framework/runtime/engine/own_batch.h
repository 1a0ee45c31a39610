// A batch with memory of its own, to read a log into.
//
// Threading, ownership: a value of its user. Memory: comes in as it is filled, for few logs fill a large one.
#pragma once

#include <cstdint>
#include <memory>

#include "tickweir/plugin.h"

namespace tickweir {

class OwnBatch {
 public:
  OwnBatch(std::uint32_t bytes, std::uint32_t events_max)
      : memory_(std::make_unique_for_overwrite<std::uint64_t[]>(bytes / sizeof(std::uint64_t) + 1)) {
    batch_.capacity_bytes = bytes;
    batch_.event_count_max = events_max;
    batch_.data = reinterpret_cast<std::uint8_t*>(memory_.get());
  }
  OwnBatch(const OwnBatch&) = delete;
  OwnBatch& operator=(const OwnBatch&) = delete;

  // Empty.
  tickweir_batch& room() {
    batch_.event_count = batch_.refused_count = batch_.stride = batch_.used_bytes = 0;
    return batch_;
  }
  [[nodiscard]] const tickweir_batch& batch() const { return batch_; }

 private:
  std::unique_ptr<std::uint64_t[]> memory_;
  tickweir_batch batch_;
};

}  // namespace tickweir
