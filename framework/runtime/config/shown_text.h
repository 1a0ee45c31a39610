// Text of unknown origin made safe to print: control characters, bidirectional overrides and broken UTF-8
// appear as escapes, so that input cannot steer the terminal or hide what it says.
//
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tickweir {

// The first character of a text.
struct Character {
  std::size_t bytes = 1;
  char32_t code = 0;
  bool valid = false;  // well-formed UTF-8; if not, one byte is taken
};
[[nodiscard]] Character first_character(std::string_view text);

// Appends the first character of `text` as it is shown, and returns how many cells that takes and how
// many bytes of `text` it stands for.
struct ShownCharacter {
  std::size_t bytes = 0;
  std::size_t cells = 0;
};
ShownCharacter append_shown(std::string_view text, std::string& out);

// A whole text on one line.
[[nodiscard]] std::string shown(std::string_view text);

// `"text"`, cut after 60 bytes: for messages that repeat what was found.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace tickweir
