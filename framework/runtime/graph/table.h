// Reads the tables in a plugin's descriptor: options, outputs, counters, reasons.
//
// A plugin may be built with larger structs than ours (fields are only ever appended), so its tables are
// strided by the `size` that their first element states, and of each element only what both sides know is
// read: a field that the plugin lacks reads as zero.
//
// Threading: pure functions. Ownership: elements are copies; the texts they point to are the plugin's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tickweir/assert.h"
#include "tickweir/plugin.h"

namespace tickweir {

template <typename T>
class Table {
  static_assert(std::is_trivially_copyable_v<T> && std::is_same_v<decltype(T::size), std::uint32_t>);

 public:
  Table(const T* first, std::uint32_t count) : first_(first), count_(first == nullptr ? 0 : count) {}

  [[nodiscard]] std::uint32_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

  [[nodiscard]] T operator[](std::uint32_t index) const {
    TICKWEIR_ASSERT(index < count_);
    const std::size_t stride = first_->size;
    T element;
    // Zero first: what the plugin's struct lacks must not keep our defaults.
    std::memset(static_cast<void*>(&element), 0, sizeof element);
    std::memcpy(static_cast<void*>(&element), reinterpret_cast<const char*>(first_) + index * stride,
                std::min(sizeof element, stride));
    return element;
  }

  class Iterator {
   public:
    Iterator(const Table& table, std::uint32_t index) : table_(&table), index_(index) {}
    T operator*() const { return (*table_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Table* table_;
    std::uint32_t index_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, count_}; }

 private:
  const T* first_;
  std::uint32_t count_;
};

[[nodiscard]] inline Table<tickweir_option> options_of(const tickweir_plugin& plugin) {
  return {plugin.options, plugin.option_count};
}
[[nodiscard]] inline Table<tickweir_output> outputs_of(const tickweir_plugin& plugin) {
  return {plugin.outputs, plugin.output_count};
}
[[nodiscard]] inline Table<tickweir_counter> counters_of(const tickweir_plugin& plugin) {
  return {plugin.counters, plugin.counter_count};
}
[[nodiscard]] inline Table<tickweir_reason> reasons_of(const tickweir_plugin& plugin) {
  return {plugin.reasons, plugin.reason_count};
}

// "source", "filter", "transform", "sink", "wal"; "unknown" for what this version does not know.
[[nodiscard]] inline const char* role_name(std::uint32_t role) {
  switch (role) {
    case TICKWEIR_ROLE_SOURCE: return "source";
    case TICKWEIR_ROLE_FILTER: return "filter";
    case TICKWEIR_ROLE_TRANSFORM: return "transform";
    case TICKWEIR_ROLE_SINK: return "sink";
    case TICKWEIR_ROLE_WAL: return "wal";
    default: return "unknown";
  }
}

}  // namespace tickweir
