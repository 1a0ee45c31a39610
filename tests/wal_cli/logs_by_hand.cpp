// See logs_by_hand.h.
#include "tests/wal_cli/logs_by_hand.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

namespace tickweir::testing {

namespace fs = std::filesystem;

LogsByHand::LogsByHand(const std::string& trades, const std::string& segment_bytes) {
  std::ofstream out(pipeline());
  out << "apiVersion: tickweir/v1\n"
         "name: logs\n"
         "stages:\n"
         "  orders:\n"
         "    plugin: source_generator\n"
         "    config: { events: "
      << events
      << " }\n"
         "  log:\n"
         "    plugin: wal_segment\n"
         "    inputs: [orders]\n"
         "    config: { segment_bytes: "
      << segment_bytes << ", path: \"" << path("orders")
      << "\" }\n"
         "  book:\n"
         "    plugin: transform_order_book\n"
         "    inputs: [log]\n"
         "  bundles:\n"
         "    plugin: transform_bundle\n"
         "    inputs: [book.executions]\n"
         "    config: { max_events: 16, max_delay: 100us }\n"
         "  trades:\n"
         "    plugin: "
      << trades
      << "\n"
         "    inputs: [bundles]\n"
         "    config: { path: \""
      << path("trades")
      << "\" }\n"
         "  file:\n"
         "    plugin: sink_file\n"
         "    inputs: [book.executions]\n"
         "    config: { format: events, path: \""
      << path("executions") << "\" }\n";
}

void LogsByHand::run() const {
  const Outcome outcome = run_program({"run", pipeline()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
}

std::vector<fs::path> LogsByHand::segments() const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(path("orders"))) {
    if (entry.path().extension() == ".segment") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::map<std::string, std::string> LogsByHand::files() const {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    found[entry.path().string()] = entry.is_regular_file() ? bytes_of(entry.path()) : "a folder";
  }
  return found;
}

std::string bytes_of(const fs::path& file) {
  std::string bytes(fs::file_size(file), '\0');
  std::ifstream(file, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace tickweir::testing
