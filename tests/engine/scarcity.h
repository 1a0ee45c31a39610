// Calls that fail, in a test of what happens then: only those of the thread that asks for it, and only while
// the object lives.
#pragma once

#include <cstdint>

namespace tickweir::test {

class Scarcity {
 public:
  // Memory: the Nth allocation by `new`, from 1; 0: none.
  static Scarcity of_memory(std::uint64_t nth) { return Scarcity(nth, Forks::work); }
  static Scarcity of_processes() { return Scarcity(0, Forks::fail); }
  // A forked child is ended by the first allocation.
  static Scarcity of_memory_in_children() { return Scarcity(0, Forks::starve); }
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
  ~Scarcity();
  // Whether the allocation was reached.
  [[nodiscard]] bool has_struck() const;

 private:
  enum class Forks : std::uint8_t { work, fail, starve };
  Scarcity(std::uint64_t nth_allocation, Forks forks);
};

}  // namespace tickweir::test
