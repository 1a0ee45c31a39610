// Scales a number to its unit and prints three digits.
#include "cli/shown.h"

#include <time.h>

#include <array>
#include <cstdio>
#include <span>

namespace tickweir {
namespace {

std::string scaled(double value, std::span<const char* const> units) {
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, value, units[unit]);
  return text;
}

}  // namespace

std::string shown_duration(std::uint64_t ns) {
  static constexpr std::array units{" ns", " us", " ms", " s"};
  return scaled(static_cast<double>(ns), units);
}

std::string shown_rate(double per_second) {
  static constexpr std::array units{"/s", " k/s", " M/s", " G/s"};
  return scaled(per_second, units);
}

std::string shown_time(std::uint64_t ns) {
  if (ns == 0) return "";
  constexpr std::uint64_t second = 1'000'000'000;
  const auto seconds = static_cast<time_t>(ns / second);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<unsigned>(ns % second));
  return text;
}

}  // namespace tickweir
