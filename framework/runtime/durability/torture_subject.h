// What the checks of the torture suite share: the back end on trial, and events told by their sequence alone.
//
// Threading: one thread. Errors: thrown; require() makes the sentence.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/durability/torture_process.h"
#include "tickweir/testing_files.h"
#include "tickweir/testing_log.h"

namespace tickweir::torture {

using testing::LogHarness;
using testing::LogSettings;
using testing::OwnedEvent;

inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw std::runtime_error(otherwise);
}

// The only event that sequence may have: type, size, payload, time and origin follow from it.
[[nodiscard]] inline OwnedEvent event_of(std::uint64_t sequence) {
  std::mt19937_64 random(sequence);
  std::vector<std::uint8_t> payload(random() % 16 == 0 ? 8 * (random() % 100) : 8 * (random() % 8));
  for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random());
  const auto type = static_cast<std::uint16_t>(256 + random() % 1000);
  return {type, payload, {.time = sequence * 1000, .origin = random(), .sequence = sequence}};
}
[[nodiscard]] inline std::vector<OwnedEvent> events_of(std::uint64_t first, std::uint64_t count) {
  std::vector<OwnedEvent> made;
  made.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) made.push_back(event_of(first + i));
  return made;
}

// The back end, in a folder of its own.
class Subject {
 public:
  Subject(const TortureSettings& settings, const std::string& name)
      : settings_(settings), folder_(settings.folder / name), random_(settings.seed) {
    std::filesystem::create_directories(folder_);
    const tickweir_plugin& table = testing::detail::open_plugin(settings.plugin.c_str());
    for (std::uint32_t i = 0; i < table.option_count; ++i) {
      has_path_ = has_path_ || std::string_view(table.options[i].name) == "path";
    }
    appends_outlive_process_ = table.wal != nullptr && table.wal->appends_outlive_process != 0;
  }

  [[nodiscard]] const TortureSettings& settings() const { return settings_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::mt19937_64& random() { return random_; }
  [[nodiscard]] const char* file() const { return settings_.plugin.c_str(); }
  [[nodiscard]] testing::OptionTexts options() const {
    testing::OptionTexts given = settings_.options;
    if (has_path_) given.push_back({"path", (folder_ / "log").string()});
    return given;
  }
  // The events of these sequences, and no others, must be in the log.
  static void expect_events(LogHarness& log, std::uint64_t first, std::uint64_t last) {
    const std::vector<OwnedEvent> found = log.read_all(first);
    const std::uint64_t expected = last + 1 - first;
    require(found.size() == expected, "read " + std::to_string(found.size()) + " events from sequence " +
                                          std::to_string(first) + " on, expected " +
                                          std::to_string(expected));
    for (const OwnedEvent& one : found) {
      require(one == event_of(one.sequence()),
              "sequence " + std::to_string(one.sequence()) + " came back changed: " + one.text());
    }
  }
  // Appends the next so many events as one group.
  static void append(LogHarness& log, std::uint64_t count) {
    log.append(events_of(log.next_sequence(), count));
  }
  [[nodiscard]] bool appends_outlive_process() const { return appends_outlive_process_; }
  [[nodiscard]] bool has_disk() const { return has_path_; }
  void needs_disk() const {
    if (!has_path_) throw Skipped("it has no option path, so nothing of it survives the process");
  }
  // Every file of the log with its bytes.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      found[entry.path().string()] =
          entry.is_regular_file() ? std::string(std::istreambuf_iterator<char>(in), {}) : "a folder";
    }
    return found;
  }

 private:
  const TortureSettings& settings_;
  std::filesystem::path folder_;
  bool has_path_ = false;
  bool appends_outlive_process_ = false;
  std::mt19937_64 random_;
};

// A check: its line in the sheet, and what it does. Returns what to say about its success.
struct Check {
  const char* name;
  const char* requirement;
  std::string (*run)(Subject&);
};
[[nodiscard]] std::vector<Check> plain_checks();  // torture_checks.cpp
[[nodiscard]] std::vector<Check> crash_checks();  // torture_crashes.cpp

}  // namespace tickweir::torture
