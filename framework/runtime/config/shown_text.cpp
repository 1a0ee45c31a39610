// Escapes for what must not reach a terminal as it is.
#include "runtime/config/shown_text.h"

#include <array>
#include <cstdio>

namespace tickweir {
namespace {

constexpr std::size_t quoted_max = 60;

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::size_t length_by_first_byte(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte <= 0xdf) return 2;
  if (byte >= 0xe0 && byte <= 0xef) return 3;
  if (byte >= 0xf0 && byte <= 0xf4) return 4;
  return 0;
}

// Control characters, and those that are invisible or turn the direction of the text around.
bool hidden(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad || code == 0x61c ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
         (code >= 0xe0000 && code <= 0xe007f);
}

std::string escape(const Character& character) {
  if (character.valid && character.code == '\n') return "\\n";
  if (character.valid && character.code == '\r') return "\\r";
  if (character.valid && character.code == '\t') return "\\t";
  std::array<char, 16> text{};
  const char* format = character.valid && character.code > 0xff ? "\\u{%x}" : "\\x%02x";
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(character.code));
  return text.data();
}

}  // namespace

Character first_character(std::string_view text) {
  if (text.empty()) return {0, 0, true};
  const unsigned char first = byte_at(text, 0);
  const Character broken{1, first, false};
  const std::size_t length = length_by_first_byte(first);
  if (length == 0 || length > text.size()) return broken;
  if (length == 1) return {1, first, true};
  char32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = byte_at(text, i);
    if ((next & 0xc0U) != 0x80) return broken;
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (too_long || surrogate || code > 0x10ffff) return broken;
  return {length, code, true};
}

ShownCharacter append_shown(std::string_view text, std::string& out) {
  const Character character = first_character(text);
  if (character.valid && !hidden(character.code)) {
    out.append(text.substr(0, character.bytes));
    return {character.bytes, 1};
  }
  const std::string escaped = escape(character);
  out += escaped;
  return {character.bytes, escaped.size()};
}

std::string shown(std::string_view text) {
  std::string result;
  while (!text.empty()) text.remove_prefix(append_shown(text, result).bytes);
  return result;
}

std::string in_quotes(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < quoted_max) end += first_character(text.substr(end)).bytes;
  std::string result = "\"";
  result.append(text.substr(0, end));
  if (end < text.size()) result += "...";
  return result + "\"";
}

}  // namespace tickweir
