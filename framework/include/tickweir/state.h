// Saving and loading what a stage remembers: see plugin.h, tickweir_state.
//
// The bytes are the stage's own affair; they must be the same for the same state, so write fields one by one
// (or structs without padding), maps in a fixed order, and a format number first.
//
// Threading: the call they were lent for. Memory: nothing is allocated here.
// Errors:    thrown as std::runtime_error: end the save or load, the runtime says the rest.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "tickweir/plugin.h"

namespace tickweir {

class StateWriter {
 public:
  explicit StateWriter(const tickweir_state_writer& raw) : raw_(&raw) {}

  void write(const void* data, std::uint64_t bytes) {
    if (raw_->write(raw_->host, data, bytes) != TICKWEIR_OK) {
      throw std::runtime_error("cannot write the state");
    }
  }
  template <typename T>
  void put(const T& value) {
    static_assert(std::has_unique_object_representations_v<T>, "padding would not be the same every time");
    write(&value, sizeof value);
  }
  // A count, then the items.
  template <typename T>
  void put_all(std::span<const T> items) {
    static_assert(std::has_unique_object_representations_v<T>, "padding would not be the same every time");
    put<std::uint64_t>(items.size());
    write(items.data(), items.size_bytes());
  }

 private:
  const tickweir_state_writer* raw_;
};

// For show(): what a stage remembers, as lines for people.
class TextWriter {
 public:
  explicit TextWriter(const tickweir_state_writer& raw) : raw_(&raw) {}

  void line(std::string_view text) {
    if (raw_->write(raw_->host, text.data(), text.size()) != TICKWEIR_OK ||
        raw_->write(raw_->host, "\n", 1) != TICKWEIR_OK) {
      throw std::runtime_error("cannot write the text");
    }
  }

 private:
  const tickweir_state_writer* raw_;
};

class StateReader {
 public:
  explicit StateReader(const tickweir_state_reader& raw) : raw_(&raw) {}

  void read(void* room, std::uint64_t bytes) {
    if (raw_->read(raw_->host, room, bytes) != TICKWEIR_OK) {
      throw std::runtime_error("the saved state ends too early");
    }
  }
  template <typename T>
  [[nodiscard]] T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    read(&value, sizeof value);
    return value;
  }
  // A number (of 64 bits) that must be what it is here: the format, or an option that the state depends on.
  void expect(const char* what, std::uint64_t here) {
    const auto saved = get<std::uint64_t>();
    if (saved == here) return;
    throw std::runtime_error(std::string("the state was saved with ") + what + " " + std::to_string(saved) +
                             ", here it is " + std::to_string(here) +
                             "; run with what it was saved with, or remove it and replay the log");
  }
  // A count that must not exceed `limit`: never allocate by an unchecked one.
  [[nodiscard]] std::uint64_t get_count(std::uint64_t limit) {
    const auto count = get<std::uint64_t>();
    if (count > limit) throw std::runtime_error("the saved state holds more than this stage has room for");
    return count;
  }

 private:
  const tickweir_state_reader* raw_;
};

}  // namespace tickweir
