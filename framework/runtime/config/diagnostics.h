// Everything wrong with a pipeline file, each with its place, shown in one pass.
//
//   exchange.yaml:14:13: error: unknown plugin "filter_dedpu"
//      14 |     plugin: filter_dedpu
//         |             ^~~~~~~~~~~~
//         = did you mean "filter_dedup"?
//
// Threading: one thread.
#pragma once

#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace tickweir {

// A spot in a pipeline file. line and column start at 1 and count bytes; line 0: no spot (a --set or
// the command line; then `file` says which).
struct Place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t length = 1;  // what to underline
};

// A value and where it stands in the file.
template <typename T>
struct Located {
  T value{};
  Place place;
};

enum class Severity { warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string message;  // what was found and what was expected, one line
  std::string help;     // what to do, one line; may be empty
};

class Diagnostics {
 public:
  void error(Place place, std::string message, std::string help = {});
  void warning(Place place, std::string message, std::string help = {});
  // Keeps the text of a file, so that its lines can be quoted.
  void remember_source(const std::string& file, std::string text);

  [[nodiscard]] std::size_t error_count() const;
  [[nodiscard]] std::size_t warning_count() const;
  // As suggest(), until there are many errors: it takes its time, and nobody reads so many.
  [[nodiscard]] std::string suggestion(std::string_view word,
                                       const std::vector<std::string>& candidates) const;
  // Sorted by file (in the order remembered), line and column; repeats removed.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;
  // The lines as above, at most `shown_max` of them, then "2 errors, 1 warning".
  void print(std::ostream& out, std::size_t shown_max = 50) const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
  std::map<std::string, std::vector<std::string>> lines_;
  std::vector<std::string> file_order_;
};

// `did you mean "x"?` for the candidate nearest to `word`, or "" when none is near: Damerau-Levenshtein
// distance at most max(1, length / 3), ignoring case first.
[[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tickweir
