// Result<T>: a value, or an Error with a message that says what happened and where.
//
// For setup and environment errors only. Each layer that passes an error on may put its context in front
// with Error::within("cannot load plugin x.so"). Bugs are asserted; bad data gets a verdict.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tickweir/assert.h"

namespace tickweir {

struct Error {
  std::string message;

  // "context: message"
  [[nodiscard]] Error within(const std::string& context) && {
    return {context + ": " + std::move(message)};
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return value_.has_value(); }
  [[nodiscard]] T& value() {
    TICKWEIR_ASSERT(value_.has_value());
    return *value_;
  }
  [[nodiscard]] const T& value() const {
    TICKWEIR_ASSERT(value_.has_value());
    return *value_;
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  [[nodiscard]] Error& error() {
    TICKWEIR_ASSERT(!value_.has_value());
    return error_;
  }

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_.has_value(); }
  [[nodiscard]] Error& error() {
    TICKWEIR_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace tickweir
