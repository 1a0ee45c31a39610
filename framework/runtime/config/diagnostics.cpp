// Collects what is wrong with a pipeline file and prints it like a compiler does.
#include "runtime/config/diagnostics.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "runtime/config/shown_text.h"

namespace tickweir {
namespace {

constexpr std::size_t gutter = 5;  // digits of a line number
constexpr std::size_t tab_cells = 4;
constexpr std::size_t line_max = 110;      // bytes of a source line shown whole
constexpr std::size_t window_before = 50;  // of a longer one: bytes before the caret,
constexpr std::size_t window = 100;        // and bytes in all

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::size_t stop = end;
    if (stop > start && text[stop - 1] == '\r') --stop;
    lines.push_back(text.substr(start, stop - start));
    start = end + 1;
  }
  return lines;
}

bool inside_character(std::string_view line, std::size_t at) {
  return at < line.size() && (static_cast<unsigned char>(line[at]) & 0xc0U) == 0x80;
}

// The part of a source line that is shown, in bytes.
struct Window {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Window choose_window(std::string_view line, std::size_t caret) {
  if (line.size() <= line_max) return {0, line.size()};
  std::size_t begin = caret > window_before ? caret - window_before : 0;
  std::size_t end = std::min(line.size(), begin + window);
  while (begin > 0 && inside_character(line, begin)) --begin;
  while (inside_character(line, end)) ++end;
  return {begin, end};
}

// Appends line[from, to) as shown; returns the cells it takes.
std::size_t append_line(std::string_view line, std::size_t from, std::size_t to, std::string& out) {
  std::size_t cells = 0;
  while (from < to) {
    if (line[from] == '\t') {
      out.append(tab_cells, ' ');
      cells += tab_cells;
      ++from;
      continue;
    }
    const ShownCharacter character = append_shown(line.substr(from), out);
    cells += character.cells;
    from += character.bytes;
  }
  return cells;
}

void print_quote(std::ostream& out, std::string_view line, const Place& place) {
  const std::size_t caret = std::min(place.column > 0 ? place.column - 1 : 0, line.size());
  const Window part = choose_window(line, caret);
  const std::size_t length =
      std::max<std::size_t>(1, std::min(place.length, part.end - std::min(caret, part.end)));
  const std::size_t marked_end = std::min(caret + length, part.end);

  std::string text = part.begin > 0 ? "..." : "";
  const std::size_t before = text.size() + append_line(line, part.begin, caret, text);
  const std::size_t marked = std::max<std::size_t>(1, append_line(line, caret, marked_end, text));
  append_line(line, marked_end, part.end, text);
  if (part.end < line.size()) text += "...";
  text.resize(text.find_last_not_of(' ') + 1);

  std::string number = std::to_string(place.line);
  number.insert(0, gutter > number.size() ? gutter - number.size() : 0, ' ');
  out << number << " |" << (text.empty() ? "" : " ") << text << '\n'
      << std::string(number.size(), ' ') << " | " << std::string(before, ' ') << '^'
      << std::string(marked - 1, '~') << '\n';
}

void print_heading(std::ostream& out, const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  if (!place.file.empty()) out << shown(place.file) << ':';
  if (place.line > 0) out << place.line << ':' << place.column << ':';
  if (!place.file.empty()) out << ' ';
  out << (diagnostic.severity == Severity::error ? "error: " : "warning: ") << shown(diagnostic.message)
      << '\n';
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

void Diagnostics::error(Place place, std::string message, std::string help) {
  ++errors_;
  all_.push_back({Severity::error, std::move(place), std::move(message), std::move(help)});
}

void Diagnostics::warning(Place place, std::string message, std::string help) {
  all_.push_back({Severity::warning, std::move(place), std::move(message), std::move(help)});
}

void Diagnostics::remember_source(const std::string& file, std::string text) {
  if (lines_.emplace(file, split_lines(text)).second) file_order_.push_back(file);
}

std::string Diagnostics::suggestion(std::string_view word, const std::vector<std::string>& candidates) const {
  constexpr std::size_t errors_with_suggestions = 200;
  return errors_ > errors_with_suggestions ? std::string() : suggest(word, candidates);
}

std::size_t Diagnostics::error_count() const {
  return errors_;
}

std::size_t Diagnostics::warning_count() const {
  return all_.size() - errors_;
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::map<std::string_view, std::size_t> rank;
  for (const std::string& file : file_order_) rank.emplace(file, rank.size());
  const auto key = [&](const Diagnostic& diagnostic) {
    const Place& place = diagnostic.place;
    const auto found = rank.find(place.file);
    return std::make_tuple(found == rank.end() ? rank.size() : found->second, std::string_view(place.file),
                           place.line, place.column);
  };
  std::vector<Diagnostic> result = all_;
  std::stable_sort(result.begin(), result.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  std::set<std::tuple<std::string_view, std::size_t, std::size_t, std::string_view>> seen;
  const auto repeated = [&](const Diagnostic& diagnostic) {
    const Place& place = diagnostic.place;
    return !seen.emplace(place.file, place.line, place.column, diagnostic.message).second;
  };
  std::vector<Diagnostic> once;
  for (const Diagnostic& diagnostic : result) {
    if (!repeated(diagnostic)) once.push_back(diagnostic);
  }
  return once;
}

void Diagnostics::print(std::ostream& out, std::size_t shown_max) const {
  const std::vector<Diagnostic> all = sorted();
  if (all.empty()) return;
  for (std::size_t i = 0; i < std::min(all.size(), shown_max); ++i) {
    const Diagnostic& diagnostic = all[i];
    print_heading(out, diagnostic);
    const auto lines = lines_.find(diagnostic.place.file);
    const std::size_t line = diagnostic.place.line;
    if (lines != lines_.end() && line > 0 && line <= lines->second.size()) {
      print_quote(out, lines->second[line - 1], diagnostic.place);
    }
    if (!diagnostic.help.empty())
      out << std::string(gutter + 1, ' ') << "= " << shown(diagnostic.help) << '\n';
  }
  if (all.size() > shown_max) out << "... and " << all.size() - shown_max << " more\n";
  const auto errors =
      static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Severity::error;
      }));
  const std::size_t warnings = all.size() - errors;
  if (errors > 0) out << counted(errors, "error");
  if (errors > 0 && warnings > 0) out << ", ";
  if (warnings > 0) out << counted(warnings, "warning");
  out << '\n';
}

}  // namespace tickweir
