// The text of a YAML file as a tree of our own, where each value knows its place.
//
// Narrower than YAML on purpose: one document; no anchors, aliases, merge keys or tags; keys are scalars
// and occur once. Bounded: see the limits below. Nothing is ever read twice or expanded.
// Threading: pure functions. Errors: all go to `diagnostics`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/diagnostics.h"

namespace tickweir {

inline constexpr std::size_t yaml_bytes_max = 1024 * 1024;
inline constexpr std::size_t yaml_values_max = 100'000;
inline constexpr std::size_t yaml_depth_max = 64;

enum class Shape {
  empty,  // a key without a value, `~` or `null`
  scalar,
  list,
  map,
  refused  // has been reported; nobody looks at it again
};

struct Tree {
  Shape shape = Shape::empty;
  Place place;
  std::string text;       // of a scalar
  bool quoted = false;    // "5", or a block of text
  bool any_type = false;  // came from ${...} or --set, where quotes do not tell a text from a number
  std::vector<Located<std::string>> keys;  // of a map, one for each of `items`
  std::vector<Tree> items;                 // of a list or a map
  bool complete = true;                    // false: keys of this map could not be read and are left out

  [[nodiscard]] const Tree* find(std::string_view key) const;
  [[nodiscard]] Tree* find(std::string_view key);
};

// "a map", "a list", "a text", "nothing"
[[nodiscard]] std::string name_of(Shape shape);

// Nothing is returned if the text is not YAML at all or passes a limit; other errors leave a tree in which
// the wrong parts are left out, so that the rest can be checked.
[[nodiscard]] std::optional<Tree> parse_yaml(const std::string& file, const std::string& text,
                                             Diagnostics& diagnostics);

}  // namespace tickweir
