// Calls that fail, in a test of what happens then: only those of the thread that asks for it, and only while
// the object lives.
#pragma once

#include <cstdint>

namespace tickweir::test {

class Scarcity {
 public:
  // Memory: the Nth allocation by `new`, from 1; 0: none.
  static Scarcity of_memory(std::uint64_t nth) { return {nth, false}; }
  static Scarcity of_processes() { return {0, true}; }
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
  ~Scarcity();
  // Whether the allocation was reached.
  [[nodiscard]] bool has_struck() const;

 private:
  Scarcity(std::uint64_t nth_allocation, bool forks_fail);
};

}  // namespace tickweir::test
