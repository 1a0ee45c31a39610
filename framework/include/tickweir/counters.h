// Counters, gauges and histograms on the hot path: plain cells with one writer.
//
// Threading: the stage's thread writes, any thread may read. Relaxed on both sides: a cell stands for
//            itself and orders nothing else.
// Ownership: the cells are the runtime's and outlive the stage's calls; the handles are values.
// Cost:      a load, an add and a store. Add once per batch where you can.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

namespace tickweir {

class Counter {
 public:
  explicit Counter(std::uint64_t* cell = nullptr) : cell_(cell) {}
  void add(std::uint64_t count = 1) {
    std::atomic_ref<std::uint64_t> cell(*cell_);
    cell.store(cell.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }

 private:
  std::uint64_t* cell_;
};

class Gauge {
 public:
  explicit Gauge(std::uint64_t* cell = nullptr) : cell_(cell) {}
  void set(std::uint64_t value) {
    std::atomic_ref<std::uint64_t>(*cell_).store(value, std::memory_order_relaxed);
  }

 private:
  std::uint64_t* cell_;
};

// Log-linear: 16 buckets per power of two, so a value is known to 1/16. Values below 16 are exact.
// Cells: [0] sum of the values, then one count per bucket.
struct HistogramLayout {
  static constexpr std::uint32_t sub_bits = 4;
  static constexpr std::uint32_t sub_count = 1U << sub_bits;
  static constexpr std::uint32_t power_max = 44;  // values from 2^44 ns (4.9 h) share the last bucket
  static constexpr std::uint32_t bucket_count = (power_max - sub_bits + 1) * sub_count;
  static constexpr std::uint32_t cell_count = 1 + bucket_count;

  static constexpr std::uint32_t bucket(std::uint64_t value) {
    if (value < sub_count) return static_cast<std::uint32_t>(value);
    const auto power = static_cast<std::uint32_t>(std::bit_width(value)) - 1;
    if (power >= power_max) return bucket_count - 1;
    return (power - sub_bits) * sub_count + static_cast<std::uint32_t>(value >> (power - sub_bits));
  }
  // The smallest value that falls into bucket `index`.
  static constexpr std::uint64_t lower_bound(std::uint32_t index) {
    if (index < 2 * sub_count) return index;
    const std::uint32_t power = index / sub_count - 1;
    return static_cast<std::uint64_t>(index % sub_count + sub_count) << power;
  }
};

class Histogram {
 public:
  explicit Histogram(std::uint64_t* cells = nullptr) : cells_(cells) {}
  // `count` values of `nanoseconds` each.
  void record(std::uint64_t nanoseconds, std::uint64_t count = 1) {
    Counter(cells_).add(nanoseconds * count);
    Counter(cells_ + 1 + HistogramLayout::bucket(nanoseconds)).add(count);
  }

 private:
  std::uint64_t* cells_;
};

}  // namespace tickweir
