// Draws the live line on stderr.
#include "cli/live_line.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "cli/shown.h"

namespace tickweir {
namespace {

constexpr std::chrono::seconds period{1};

bool is_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

}  // namespace

std::string live_text(const Totals& now, const Totals& before, double seconds) {
  const HistogramReading recent = now.latency.since(before.latency);
  const double rate = seconds > 0 ? static_cast<double>(now.in - before.in) / seconds : 0;
  std::string text =
      "in " + std::to_string(now.in) + "  out " + std::to_string(now.out) + "  rate " + shown_rate(rate);
  if (recent.count > 0) {
    text += "  p50 " + shown_duration(percentile(recent, 0.5)) + "  p99 " +
            shown_duration(percentile(recent, 0.99));
  }
  return text + "  dropped " + std::to_string(now.dropped);
}

LiveLine::LiveLine(const Graph& graph, const Telemetry& telemetry, Log& log)
    : graph_(graph),
      telemetry_(telemetry),
      log_(log),
      is_shown_(is_terminal()),
      last_(std::chrono::steady_clock::now()),
      before_(std::make_unique<Totals>()) {
  if (is_shown_) log_.wipe_line_first(true);
}

LiveLine::~LiveLine() {
  if (!is_shown_) return;
  log_.wipe_line_first(false);
  std::fputs("\r\033[K", stderr);
}

void LiveLine::refresh() {
  const auto now = std::chrono::steady_clock::now();
  if (!is_shown_ || now - last_ < period) return;
  auto totals = std::make_unique<Totals>(read_totals(graph_, telemetry_));
  const double seconds = std::chrono::duration<double>(now - last_).count();
  std::fprintf(stderr, "\r\033[K%s", live_text(*totals, *before_, seconds).c_str());
  std::fflush(stderr);
  before_ = std::move(totals);
  last_ = now;
}

}  // namespace tickweir
