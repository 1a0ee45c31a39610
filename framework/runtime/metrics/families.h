// Collects samples into Prometheus metric families: the series of one name stand together.
//
// Threading: one thread; made for one page.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "runtime/metrics/telemetry.h"

namespace tickweir {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class Families {
 public:
  void counter(const std::string& name, const std::string& help, Labels labels, double value);
  void gauge(const std::string& name, const std::string& help, Labels labels, double value);
  // Durations in ns, shown in seconds at powers of two of ns.
  void seconds(const std::string& name, const std::string& help, Labels labels, const Cell* cells);
  // Counts, shown at one below the powers of two.
  void counts(const std::string& name, const std::string& help, Labels labels, const Cell* cells);

  // Empties it.
  [[nodiscard]] std::vector<prometheus::MetricFamily> take();

 private:
  // nullptr when the name is taken by another type: one name can have only one.
  prometheus::ClientMetric* add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                Labels labels);

  std::map<std::string, std::size_t> index_;
  std::vector<prometheus::MetricFamily> families_;
};

// As UTF-8, with what is not as escapes: a single such byte, and Prometheus takes nothing of the whole page.
[[nodiscard]] std::string valid_text(std::string_view text);

// One line without control characters: the serializer writes HELP as it is, and a line break in it would
// make the whole page unreadable.
[[nodiscard]] std::string clean_help(const std::string& text);

}  // namespace tickweir
