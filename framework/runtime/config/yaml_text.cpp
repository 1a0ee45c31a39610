// Checks of the raw text, and the library's errors in our words.
#include "runtime/config/yaml_text.h"

#include <algorithm>
#include <array>

#include "runtime/config/shown_text.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {
namespace {

struct Translation {
  std::string_view complaint;
  std::string_view message;
  std::string_view help;
};

constexpr std::array<Translation, 13> translations{{
    {"illegal map value", "a \":\" where no key can be",
     "indent with two spaces a level; put a text that contains \": \" in quotes"},
    {"illegal map key", "a key where none can be", "indent with two spaces a level"},
    {"illegal block entry", "a \"- \" where no list can be", "a list starts on its own line, below its key"},
    {"illegal flow end", "a closing bracket that was never opened",
     "put a text that contains brackets in quotes"},
    {"illegal tab when looking for indentation", "a tab in the indentation", "indent with spaces"},
    {"end of sequence flow not found", "a \"[\" that is not closed",
     "close it with \"]\"; put a text that contains brackets in quotes"},
    {"end of map flow not found", "a \"{\" that is not closed",
     "close it with \"}\"; put a text that contains braces in quotes"},
    {"end of map not found", "this line belongs to no map above it",
     "give it the indentation of its neighbours"},
    {"end of sequence not found", "this line belongs to no list above it",
     "give it the indentation of its neighbours"},
    {"unknown token", "a text cannot start with this character", "put the text in quotes"},
    {"the referenced anchor is not defined", "aliases (\"*name\") are not allowed",
     "write the value out, or use vars and ${var:name}"},
    {"illegal character in scalar", "a text cannot start with this character", "put the text in quotes"},
    {"bad file", "lists and maps nested too deep", ""},
}};

// The offset behind the closing quote, or npos.
std::size_t quote_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

Place place_at(const std::string& file, std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t start = before.rfind('\n');
  return {file, line, at - (start == std::string_view::npos ? 0 : start + 1) + 1, 1};
}

}  // namespace

bool check_text(const std::string& file, std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > yaml_bytes_max) {
    diagnostics.error({file}, "the file has more than 1 MiB",
                      "a pipeline file is small; is this the right one?");
    return false;
  }
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    if (!character.valid) {
      diagnostics.error(place_at(file, text, at), "the file is not UTF-8 here", "save it as UTF-8");
      return false;
    }
    const bool line_end = character.code == '\n' || (character.code == '\r' && text.substr(at, 2) == "\r\n");
    if ((character.code < 0x20 && character.code != '\t' && !line_end) || character.code == 0x7f) {
      diagnostics.error(place_at(file, text, at), "a control character",
                        "remove it, or write it as \"\\x..\" in quotes");
      return false;
    }
    at += character.bytes;
  }
  return true;
}

ScalarSource scalar_source(std::string_view text, std::size_t at, std::string_view value) {
  if (at >= text.size()) return {};
  // Looked for only where it is near: a file may be one long line.
  const auto line_end = [&] { return std::min(text.find_first_of("\r\n", at), text.size()); };
  const char first = text[at];
  if (first == '"' || first == '\'') {
    const std::size_t end = quote_end(text, at);
    if (end == std::string_view::npos) return {line_end() - at, true, false};
    return {std::min(end, text.substr(0, end).find_first_of("\r\n", at)) - at, true, true};
  }
  if (first == '|' || first == '>') return {1, true, true};
  if (!value.empty() && text.substr(at).starts_with(value)) return {value.size(), false, true};
  const std::string_view line = text.substr(at, line_end() - at);
  return {std::max<std::size_t>(1, line.find_last_not_of(" \t") + 1), false, true};
}

SyntaxText syntax_text(const std::string& complaint) {
  for (const Translation& known : translations) {
    if (known.complaint == complaint) return {std::string(known.message), std::string(known.help)};
  }
  return {"this is not YAML: " + complaint, {}};
}

}  // namespace tickweir
