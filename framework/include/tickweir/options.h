// What a plugin asks its user for, and the values it gets.
//
// The table of options in the descriptor is the only source: validation, defaults, `tickweir inspect`,
// the JSON Schema and the tables in the README all come from it.
//
// Threading: immutable values; any thread.
// Ownership: an Options is a view of the runtime's values, lent for validate() or the constructor. Copy
//            what you keep; texts too.
// Errors:    asking for an option that the table does not have is our bug, and asserted. A value that
//            single ranges cannot judge is refused by throwing OptionError.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/assert.h"
#include "tickweir/plugin.h"

namespace tickweir {

using Option = tickweir_option;

enum OptionType : std::uint32_t {
  integer = TICKWEIR_OPTION_INTEGER,
  real = TICKWEIR_OPTION_REAL,
  boolean = TICKWEIR_OPTION_BOOLEAN,
  duration = TICKWEIR_OPTION_DURATION,
  size = TICKWEIR_OPTION_SIZE,
  text = TICKWEIR_OPTION_TEXT,
  choice = TICKWEIR_OPTION_CHOICE,
  text_list = TICKWEIR_OPTION_TEXT_LIST,
};

// Thrown by validate() or a constructor: the runtime shows the message at the option's YAML line.
class OptionError : public std::runtime_error {
 public:
  OptionError(std::string_view option, const std::string& message)
      : std::runtime_error(message), option_(option) {}
  [[nodiscard]] const std::string& option() const { return option_; }

 private:
  std::string option_;
};

class Options {
 public:
  Options(std::span<const Option> table, std::span<const tickweir_value> values)
      : table_(table), values_(values) {
    TICKWEIR_ASSERT(table.size() == values.size());
  }

  [[nodiscard]] std::int64_t integer(std::string_view name) const {
    return find(name, OptionType::integer).integer;
  }
  [[nodiscard]] double real(std::string_view name) const { return find(name, OptionType::real).real; }
  [[nodiscard]] bool boolean(std::string_view name) const {
    return find(name, OptionType::boolean).integer != 0;
  }
  // In nanoseconds.
  [[nodiscard]] std::int64_t duration(std::string_view name) const {
    return find(name, OptionType::duration).integer;
  }
  // In bytes.
  [[nodiscard]] std::int64_t size(std::string_view name) const {
    return find(name, OptionType::size).integer;
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    return find(name, OptionType::text).text;
  }
  // Index into the option's `choices`. An enum that mirrors them reads best.
  template <typename Enum = std::int64_t>
  [[nodiscard]] Enum choice(std::string_view name) const {
    return static_cast<Enum>(find(name, OptionType::choice).integer);
  }
  [[nodiscard]] std::vector<std::string> text_list(std::string_view name) const {
    const auto& value = find(name, OptionType::text_list);
    return {value.items, value.items + value.item_count};
  }

 private:
  [[nodiscard]] const tickweir_value& find(std::string_view name, OptionType type) const {
    for (std::size_t i = 0; i < table_.size(); ++i) {
      if (table_[i].name == name) {
        TICKWEIR_ASSERT(table_[i].type == type);
        return values_[i];
      }
    }
    detail::assertion_failed("the option is in the plugin's table", __FILE__, __LINE__);
  }

  std::span<const Option> table_;
  std::span<const tickweir_value> values_;
};

}  // namespace tickweir
