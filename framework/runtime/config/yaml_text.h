// What the YAML library does not tell: whether a text is fit to be parsed, how long a scalar is in the
// source, whether its quotes are closed, and what its errors mean.
//
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/config/diagnostics.h"

namespace tickweir {

// Too long, not UTF-8, or with control characters: reported, and false. What passes has the same bytes for
// the library as for us, so its marks are offsets into `text`.
[[nodiscard]] bool check_text(const std::string& file, std::string_view text, Diagnostics& diagnostics);

struct ScalarSource {
  std::size_t length = 1;  // in bytes, on its first line
  bool quoted = false;     // in quotes or a block
  bool closed = true;
};
// The scalar with the value `value` that starts at text[at].
[[nodiscard]] ScalarSource scalar_source(std::string_view text, std::size_t at, std::string_view value);

// A complaint of the library in our words.
struct SyntaxText {
  std::string message;
  std::string help;
};
[[nodiscard]] SyntaxText syntax_text(const std::string& complaint);

}  // namespace tickweir
