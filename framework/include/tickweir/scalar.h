// Texts to values, one way for the pipeline file, the command line and the test harness.
//
// Strict: the whole text must be used; no octal, no `yes`, no missing unit. Durations and sizes are whole
// numbers with a unit: "250us", "64KiB". 0 needs a unit too.
//
// Threading: pure functions. Errors: nullopt, or a message that says what was expected.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/plugin.h"

namespace tickweir {

[[nodiscard]] inline std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (!whole || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  return value;
}

[[nodiscard]] inline std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool finite = value - value == 0;
  if (error != std::errc{} || end != text.data() + text.size() || !finite) return std::nullopt;
  return value;
}

[[nodiscard]] inline std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

namespace detail {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
inline constexpr std::array<Unit, 6> duration_units{{{"ns", 1},
                                                     {"us", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"m", 60'000'000'000},
                                                     {"h", 3'600'000'000'000}}};
inline constexpr std::array<Unit, 5> size_units{
    {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}}};

template <std::size_t Count>
std::optional<std::int64_t> parse_with_unit(std::string_view text, const std::array<Unit, Count>& units) {
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  if (unit_at == 0 || unit_at == std::string_view::npos) return std::nullopt;
  const auto number = parse_integer(text.substr(0, unit_at));
  for (const Unit& unit : units) {
    if (unit.name != text.substr(unit_at)) continue;
    std::int64_t value = 0;
    if (!number || __builtin_mul_overflow(*number, unit.factor, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace detail

// In ns. Units: ns us ms s m h.
[[nodiscard]] inline std::optional<std::int64_t> parse_duration(std::string_view text) {
  return detail::parse_with_unit(text, detail::duration_units);
}
// In bytes. Units: B KiB MiB GiB TiB.
[[nodiscard]] inline std::optional<std::int64_t> parse_size(std::string_view text) {
  return detail::parse_with_unit(text, detail::size_units);
}

// "a|b|c" -> a, b, c
[[nodiscard]] inline std::vector<std::string_view> split_names(std::string_view names) {
  std::vector<std::string_view> result;
  while (!names.empty()) {
    const std::size_t end = names.find('|');
    result.push_back(names.substr(0, end));
    names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 1);
  }
  return result;
}

// What an option wants, for people: "an integer from 1 to 10000 (basis points)",
// "a duration of at least 1us, such as 100us", "one of match, rebuild".
[[nodiscard]] inline std::string expected_text(const tickweir_option& option) {
  std::string text;
  std::string example;
  switch (option.type) {
    case TICKWEIR_OPTION_INTEGER: text = "an integer"; break;
    case TICKWEIR_OPTION_REAL: text = "a number"; break;
    case TICKWEIR_OPTION_BOOLEAN: return "true or false";
    case TICKWEIR_OPTION_DURATION: text = "a duration", example = "100us"; break;
    case TICKWEIR_OPTION_SIZE: text = "a size", example = "64KiB"; break;
    case TICKWEIR_OPTION_TEXT: return "a text";
    case TICKWEIR_OPTION_TEXT_LIST: return "a list of texts, such as [a, b]";
    case TICKWEIR_OPTION_CHOICE: {
      text = "one of ";
      for (const std::string_view name : split_names(option.choices)) text.append(name).append(", ");
      text.resize(text.size() - 2);
      return text;
    }
    default: return "?";
  }
  if (option.minimum != nullptr && option.maximum != nullptr) {
    text.append(" from ").append(option.minimum).append(" to ").append(option.maximum);
  } else if (option.minimum != nullptr) {
    text.append(" of at least ").append(option.minimum);
  } else if (option.maximum != nullptr) {
    text.append(" of at most ").append(option.maximum);
  }
  if (option.unit != nullptr) text.append(" (").append(option.unit).append(")");
  if (!example.empty())
    text.append(", such as ").append(option.default_text != nullptr ? option.default_text : example);
  return text;
}

namespace detail {

inline std::optional<std::int64_t> parse_whole(std::uint32_t type, std::string_view text) {
  if (type == TICKWEIR_OPTION_DURATION) return parse_duration(text);
  if (type == TICKWEIR_OPTION_SIZE) return parse_size(text);
  return parse_integer(text);
}

}  // namespace detail

// The value of an option written as one text; for every type but TEXT and TEXT_LIST, whose texts need no
// parsing. False: the text is not what expected_text() says, or outside its range. For a CHOICE,
// value.text points to `text.data()` only if that is NUL-terminated: the caller sees to its memory.
[[nodiscard]] inline bool parse_option(const tickweir_option& option, std::string_view text,
                                       tickweir_value& value) {
  switch (option.type) {
    case TICKWEIR_OPTION_INTEGER:
    case TICKWEIR_OPTION_DURATION:
    case TICKWEIR_OPTION_SIZE: {
      const auto parsed = detail::parse_whole(option.type, text);
      if (!parsed) return false;
      value.integer = *parsed;
      return (option.minimum == nullptr || *parsed >= *detail::parse_whole(option.type, option.minimum)) &&
             (option.maximum == nullptr || *parsed <= *detail::parse_whole(option.type, option.maximum));
    }
    case TICKWEIR_OPTION_REAL: {
      const auto parsed = parse_real(text);
      if (!parsed) return false;
      value.real = *parsed;
      return (option.minimum == nullptr || *parsed >= *parse_real(option.minimum)) &&
             (option.maximum == nullptr || *parsed <= *parse_real(option.maximum));
    }
    case TICKWEIR_OPTION_BOOLEAN: {
      const auto parsed = parse_boolean(text);
      value.integer = parsed.value_or(false) ? 1 : 0;
      return parsed.has_value();
    }
    case TICKWEIR_OPTION_CHOICE: {
      const auto names = split_names(option.choices);
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) {
          value.integer = static_cast<std::int64_t>(i);
          return true;
        }
      }
      return false;
    }
    default: return option.type == TICKWEIR_OPTION_TEXT;
  }
}

}  // namespace tickweir
