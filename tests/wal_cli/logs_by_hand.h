// A folder with a pipeline whose logs a test can look at, and damage.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tickweir/testing_folder.h"

namespace tickweir::testing {

// generator -> log (wal_segment) -> book -> bundles -> trades, and book -> file. The
// folder goes with it.
class LogsByHand {
 public:
  // `trades`: the back end of the second log.
  explicit LogsByHand(const std::string& trades = "wal_sqlite", const std::string& segment_bytes = "64KiB");

  static constexpr std::uint64_t events = 5000;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.at(name); }
  [[nodiscard]] std::string pipeline() const { return path("logs.yaml"); }
  [[nodiscard]] std::string log() const { return "wal_segment:" + path("orders"); }
  // Runs it to its end; the test fails if that fails.
  void run() const;
  // Of the log, in order.
  [[nodiscard]] std::vector<std::filesystem::path> segments() const;
  // Every file below the folder with its bytes.
  [[nodiscard]] std::map<std::string, std::string> files() const;

 private:
  TempFolder folder_;
};

[[nodiscard]] std::string bytes_of(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace tickweir::testing
