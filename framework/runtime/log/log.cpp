// The log over spdlog: spdlog writes whole lines; limits, counts and the two formats are here.
#include "runtime/log/log.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "tickweir/plugin.h"

namespace tickweir {
namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::array level_names{"debug", "info", "warning", "error"};
constexpr const char* wipe = "\r\033[K";

std::size_t index_of(std::uint32_t level) {
  if (level <= TICKWEIR_LOG_DEBUG) return 0;
  return level >= TICKWEIR_LOG_ERROR ? 3 : level - 1;
}

std::uint64_t machine_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(since_epoch).count());
}

std::string time_text(std::uint64_t now_ns) {
  const auto seconds = static_cast<std::time_t>(now_ns / second_ns);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     now_ns % second_ns / 1'000'000);
}

// A line of text stays one line, whatever a plugin puts into it.
std::string one_line(const std::string& text) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return clean;
}

struct Window {
  std::uint64_t begin_ns = 0;
  std::uint32_t shown = 0;
  std::uint64_t suppressed = 0;
};

}  // namespace

struct Log::Impl {
  explicit Impl(LogSettings given) : settings(std::move(given)) {
    if (!settings.now_ns) settings.now_ns = machine_now;
    // The lock below already keeps lines apart.
    if (settings.out != nullptr) {
      sink = std::make_shared<spdlog::sinks::ostream_sink_st>(*settings.out, true);
    } else {
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    }
    lines = std::make_unique<spdlog::logger>("tickweir", sink);
    lines->set_pattern("%v");
    lines->set_level(spdlog::level::trace);
    lines->set_error_handler([](const std::string&) {});  // nowhere to say it
  }

  // True: it may be shown. Opens a new window, telling what the last one kept back.
  bool admit(std::size_t level, const std::string& stage, std::uint64_t now) {
    Window& window = windows[{stage, level}];
    if (now - window.begin_ns >= second_ns || now < window.begin_ns) {
      tell_suppressed(level, stage, window, now);
      window = {.begin_ns = now};
    }
    if (window.shown == settings.lines_per_second) {
      ++window.suppressed;
      return false;
    }
    ++window.shown;
    return true;
  }

  void tell_suppressed(std::size_t level, const std::string& stage, Window& window, std::uint64_t now) {
    if (window.suppressed == 0) return;
    show(level, stage, fmt::format("suppressed {} more of these", window.suppressed), now);
    window.suppressed = 0;
  }

  void show(std::size_t level, const std::string& stage, const std::string& text, std::uint64_t now) {
    std::string line;
    if (settings.format == LogFormat::json) {
      nlohmann::ordered_json object{{"time", time_text(now)}, {"level", level_names.at(level)}};
      if (!stage.empty()) object["stage"] = stage;
      object["text"] = text;
      line = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    } else {
      line = fmt::format("{} {} {}{}{}", time_text(now), level_names.at(level), stage,
                         stage.empty() ? "" : ": ", one_line(text));
    }
    lines->log(spdlog::level::info, spdlog::string_view_t(wipes ? wipe + line : line));
  }

  LogSettings settings;
  spdlog::sink_ptr sink;
  std::unique_ptr<spdlog::logger> lines;
  mutable std::mutex mutex;
  std::map<std::pair<std::string, std::size_t>, Window> windows;
  std::array<std::atomic<std::uint64_t>, 4> counts{};  // so that a scrape never waits for a slow stderr
  bool wipes = false;
};

Log::Log(LogSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Log::~Log() = default;

void Log::write(std::uint32_t level, const std::string& stage, const std::string& text) {
  const std::size_t index = index_of(level);
  impl_->counts.at(index).fetch_add(1, std::memory_order_relaxed);
  if (level < impl_->settings.level) return;
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t now = impl_->settings.now_ns();
  if (impl_->admit(index, stage, now)) impl_->show(index, stage, text, now);
}

std::array<std::uint64_t, 4> Log::counts() const {
  std::array<std::uint64_t, 4> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = impl_->counts[i].load(std::memory_order_relaxed);
  return counts;
}

void Log::flush() {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t now = impl_->settings.now_ns();
  for (auto& [key, window] : impl_->windows) impl_->tell_suppressed(key.second, key.first, window, now);
}

void Log::wipe_line_first(bool wipe_it) {
  const std::lock_guard lock(impl_->mutex);
  impl_->wipes = wipe_it;
}

}  // namespace tickweir
