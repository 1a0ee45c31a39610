// Single values of a pipeline file: their types, units and ranges.
#include "runtime/config/fields.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "runtime/config/shown_text.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

constexpr unsigned cpu_max = 1023;  // as in cpu_set_t
constexpr std::int64_t port_max = 65535;

std::optional<unsigned> parse_cpu(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > cpu_max) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<std::vector<unsigned>> parse_cpus(std::string_view text) {
  std::vector<unsigned> result;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse_cpu(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_cpu(part.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    for (unsigned cpu = *first; cpu <= *last; ++cpu) result.push_back(cpu);
    if (comma == std::string_view::npos || result.size() > 4 * cpu_max) break;
    text = text.substr(comma + 1);
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

bool is_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  const auto port = parse_integer(std::string_view(text).substr(colon + 1));
  if (!port || *port < 0 || *port > port_max) return false;
  std::string host = text.substr(0, colon);
  const bool six = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (six) host = host.substr(1, host.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), bytes.data()) == 1;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string integer_help(const Tree& tree) {
  if (tree.quoted && !tree.any_type && parse_integer(tree.text))
    return "write " + tree.text + " without quotes";
  if (is_number(tree.text) && tree.text.size() > 1 && tree.text.front() == '0') {
    return "numbers are decimal, without leading zeros";
  }
  return {};
}

}  // namespace

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t names_max = 12;
  std::string result;
  for (std::size_t i = 0; i < std::min(names.size(), names_max); ++i) {
    result += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > names_max ? result + ", ..." : result;
}

std::string Fields::nearest(std::string_view word, const std::vector<std::string>& candidates) const {
  return diagnostics_.suggestion(word, candidates);
}

bool Fields::is(Shape shape, const Tree& tree, const std::string& what) {
  if (tree.shape == shape) return true;
  if (tree.shape == Shape::empty) {
    error(tree.place, what + " has no value; expected " + name_of(shape));
  } else if (tree.shape != Shape::refused) {
    error(tree.place, what + " must be " + name_of(shape) + ", not " + name_of(tree.shape));
  }
  return false;
}

bool Fields::only_keys(const Tree& map, const std::vector<std::string>& known, const std::string& what) {
  bool all_known = true;
  for (const Located<std::string>& key : map.keys) {
    if (std::find(known.begin(), known.end(), key.value) != known.end()) continue;
    all_known = false;
    std::string help = nearest(key.value, known);
    if (help.empty()) help = "known: " + joined(known);
    error(key.place, "unknown key " + in_quotes(key.value) + " in " + what, std::move(help));
  }
  return all_known;
}

std::optional<std::string> Fields::text(const Tree& tree, const std::string& what) {
  if (!is(Shape::scalar, tree, what)) return std::nullopt;
  if (!tree.text.empty()) return tree.text;
  error(tree.place, what + " is empty");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(const Tree& tree, const std::string& what, Range range) {
  const auto found = text(tree, what);
  if (!found) return std::nullopt;
  const auto value = parse_integer(*found);
  const bool quoted = tree.quoted && !tree.any_type;
  if (value && !quoted && *value >= range.least && *value <= range.most) return value;
  error(tree.place,
        what + " must be an integer from " + std::to_string(range.least) + " to " +
            std::to_string(range.most) + ", not " + (quoted ? "the text " : "") + in_quotes(*found),
        integer_help(tree));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::duration(const Tree& tree, const std::string& what, Range range,
                                             const std::string& range_text) {
  const auto found = text(tree, what);
  if (!found) return std::nullopt;
  const auto value = parse_duration(*found);
  if (value && *value >= range.least && *value <= range.most) return value;
  error(tree.place, what + " must be a duration " + range_text + ", not " + in_quotes(*found),
        value ? std::string() : "a whole number with a unit (ns us ms s m h), such as 10ms");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::size(const Tree& tree, const std::string& what, Range range,
                                         const std::string& range_text) {
  const auto found = text(tree, what);
  if (!found) return std::nullopt;
  const auto value = parse_size(*found);
  if (value && *value >= range.least && *value <= range.most) return value;
  error(tree.place, what + " must be a size " + range_text + ", not " + in_quotes(*found),
        value ? std::string() : "a whole number with a unit (B KiB MiB GiB TiB), such as 64KiB");
  return std::nullopt;
}

std::optional<std::size_t> Fields::choice(const Tree& tree, const std::string& what,
                                          const std::vector<std::string>& names) {
  const auto found = text(tree, what);
  if (!found) return std::nullopt;
  const auto name = std::find(names.begin(), names.end(), *found);
  if (name != names.end()) return static_cast<std::size_t>(name - names.begin());
  error(tree.place, what + " must be one of " + joined(names) + ", not " + in_quotes(*found),
        nearest(*found, names));
  return std::nullopt;
}

std::optional<std::string> Fields::address(const Tree& tree, const std::string& what) {
  auto found = text(tree, what);
  if (!found || is_address(*found)) return found;
  error(tree.place, what + " must be an address and a port, not " + in_quotes(*found),
        "such as \"127.0.0.1:9464\" or \"[::1]:9464\"; port 0 takes a free one");
  return std::nullopt;
}

std::optional<std::vector<unsigned>> Fields::cpus(const Tree& tree, const std::string& what) {
  if (tree.shape == Shape::list) {
    error(tree.place, what + " must be a text, not a list", "write it like cpus: \"0-1,3\"");
    return std::nullopt;
  }
  const auto found = text(tree, what);
  if (!found) return std::nullopt;
  auto result = parse_cpus(*found);
  if (!result) {
    error(tree.place,
          what + " must be CPU numbers from 0 to " + std::to_string(cpu_max) + ", not " + in_quotes(*found),
          "write them like \"0\" or \"0-1,3\"");
  }
  return result;
}

}  // namespace tickweir
