// Reads the values of a pipeline's tree and reports what is not as it should be.
//
// Each function returns nothing after it has reported why, or after somebody else has (Shape::refused).
// Threading: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/diagnostics.h"
#include "runtime/config/yaml_tree.h"

namespace tickweir {

inline constexpr std::int64_t hour_ns = 3'600'000'000'000;

// Both ends included.
struct Range {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

class Fields {
 public:
  // complete: false where names may be missing because a file is.
  Fields(Diagnostics& diagnostics, bool complete) : diagnostics_(diagnostics), complete_(complete) {}

  void error(const Place& place, std::string message, std::string help = {}) {
    diagnostics_.error(place, std::move(message), std::move(help));
  }
  [[nodiscard]] bool complete() const { return complete_; }

  // `what` names the value in the message: "stage "book"", "capacity".
  bool is(Shape shape, const Tree& tree, const std::string& what);
  // False after unknown keys: what seems to be missing may stand under one of them.
  bool only_keys(const Tree& map, const std::vector<std::string>& known, const std::string& what);

  // Any scalar but an empty one.
  std::optional<std::string> text(const Tree& tree, const std::string& what);
  // Unquoted, unless it came from ${...} or --set.
  std::optional<std::int64_t> integer(const Tree& tree, const std::string& what, Range range);
  // In ns; the range is said as `range_text`.
  std::optional<std::int64_t> duration(const Tree& tree, const std::string& what, Range range,
                                       const std::string& range_text);
  // In bytes.
  std::optional<std::int64_t> size(const Tree& tree, const std::string& what, Range range,
                                   const std::string& range_text);
  // The index of the text in `names`.
  std::optional<std::size_t> choice(const Tree& tree, const std::string& what,
                                    const std::vector<std::string>& names);
  // "127.0.0.1:9464", "[::1]:9464"
  std::optional<std::string> address(const Tree& tree, const std::string& what);
  // "0-1,3", sorted and unique.
  std::optional<std::vector<unsigned>> cpus(const Tree& tree, const std::string& what);

  // suggest(), until there are so many errors that nobody reads them.
  [[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates) const;

 private:
  Diagnostics& diagnostics_;
  bool complete_;
};

// "a, b, c"; at most twelve of them.
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

}  // namespace tickweir
