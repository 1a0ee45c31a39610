// "did you mean": the nearest of a list of names.
#include <algorithm>
#include <array>

#include "runtime/config/diagnostics.h"

namespace tickweir {
namespace {

constexpr std::size_t word_max = 64;  // nobody mistypes more; bounds the work on hostile input

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

// Insertions, deletions, substitutions and swaps of neighbours; at most word_max letters each.
std::size_t distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, word_max + 1>;
  Row before{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({row[j - 1] + 1, last[j] + 1, last[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > word_max) return {};
  const std::string wanted = lower(word);
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    if (candidate == word || candidate.size() > word.size() + limit ||
        candidate.size() + limit < word.size() || candidate.size() > word_max) {
      continue;
    }
    const std::size_t steps = distance(wanted, lower(candidate));
    const bool all_changed = steps >= std::max(word.size(), candidate.size());
    if (steps < nearest_distance && !all_changed) {
      nearest = &candidate;
      nearest_distance = steps;
    }
  }
  if (nearest == nullptr) return {};
  return "did you mean \"" + *nearest + "\"?";
}

}  // namespace tickweir
