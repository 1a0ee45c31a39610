// Samples into families, histograms into cumulative buckets.
#include "runtime/metrics/families.h"

#include <span>

#include "runtime/config/shown_text.h"
#include "runtime/metrics/percentiles.h"

namespace tickweir {
namespace {

using prometheus::MetricType;

constexpr double ns_to_seconds = 1e-9;

// Sums buckets up to where values of `bound` begin. `bound` is a power of two, so it is also where one
// of the fine buckets begins: the cumulative count is exact, not interpolated.
std::uint64_t count_below(const HistogramReading& reading, std::uint64_t bound, std::uint32_t& next,
                          std::uint64_t so_far) {
  const std::uint32_t end = HistogramLayout::bucket(bound);
  for (; next < end; ++next) so_far += reading.buckets[next];
  return so_far;
}

// `first` and `last` are powers, `step` apart. With `whole_numbers` a bound shows as the largest whole
// number below it; otherwise values were cut to whole ns, so all below the bound were truly below it.
void fill(prometheus::ClientMetric::Histogram& out, const Cell* cells, std::uint32_t first,
          std::uint32_t last, std::uint32_t step, double scale, bool whole_numbers) {
  const HistogramReading reading = read_histogram(cells);
  std::uint32_t next = 0;
  std::uint64_t so_far = 0;
  for (std::uint32_t power = first; power <= last; power += step) {
    const std::uint64_t bound = std::uint64_t{1} << power;
    so_far = count_below(reading, bound, next, so_far);
    const auto shown = static_cast<double>(whole_numbers ? bound - 1 : bound) * scale;
    out.bucket.push_back({.cumulative_count = so_far, .upper_bound = shown});
  }
  // The serializer adds the bucket +Inf with this count.
  out.sample_count = reading.count;
  out.sample_sum = static_cast<double>(reading.sum) * scale;
}

}  // namespace

prometheus::ClientMetric* Families::add(const std::string& name, const std::string& help, MetricType type,
                                        Labels labels) {
  const auto [found, is_new] = index_.try_emplace(name, families_.size());
  if (is_new) {
    families_.push_back({.name = name, .help = clean_help(help), .type = type, .metric = {}});
  }
  auto& family = families_[found->second];
  if (family.type != type) return nullptr;
  auto& metric = family.metric.emplace_back();
  for (auto& label : labels) label.value = valid_text(label.value);
  metric.label = std::move(labels);
  return &metric;
}

void Families::counter(const std::string& name, const std::string& help, Labels labels, double value) {
  if (auto* metric = add(name, help, MetricType::Counter, std::move(labels))) metric->counter.value = value;
}

void Families::gauge(const std::string& name, const std::string& help, Labels labels, double value) {
  if (auto* metric = add(name, help, MetricType::Gauge, std::move(labels))) metric->gauge.value = value;
}

void Families::seconds(const std::string& name, const std::string& help, Labels labels, const Cell* cells) {
  // 128 ns to 8.6 s in 14 steps of 4.
  if (auto* metric = add(name, help, MetricType::Histogram, std::move(labels))) {
    fill(metric->histogram, cells, 7, 33, 2, ns_to_seconds, false);
  }
}

void Families::counts(const std::string& name, const std::string& help, Labels labels, const Cell* cells) {
  if (auto* metric = add(name, help, MetricType::Histogram, std::move(labels))) {
    fill(metric->histogram, cells, 1, 13, 1, 1.0, true);
  }
}

std::vector<prometheus::MetricFamily> Families::take() {
  index_.clear();
  return std::move(families_);
}

std::string valid_text(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const Character first = first_character(text);
    if (first.valid) {
      valid.append(text.substr(0, first.bytes));
    } else {
      append_shown(text, valid);
    }
    text.remove_prefix(first.bytes);
  }
  return valid;
}

std::string clean_help(const std::string& text) {
  std::string clean;
  for (const char c : valid_text(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      clean += ' ';
    } else if (c == '\\') {
      clean += '/';
    } else {
      clean += c;
    }
  }
  if (clean.find_first_not_of(' ') == std::string::npos) return "No description.";
  return clean;
}

}  // namespace tickweir
