// What the tests of sink_file share: a folder of their own, events, and the bytes they should become.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "event_file.h"
#include "tickweir/market.h"
#include "tickweir/testing.h"
#include "tickweir/testing_folder.h"

namespace tickweir::testing {

namespace fs = std::filesystem;

class SinkFileTest : public ::testing::Test {
 protected:
  // Runs a whole life.
  void write(const std::vector<OwnedEvent>& events, OptionTexts options = {},
             std::uint32_t batch_events = 256) const {
    options.push_back({"path", path_});
    Harness sink(TICKWEIR_PLUGIN_FILE, options, {.batch_events_max = batch_events});
    sink.push(events);
    sink.drain();
    sink.stop();
  }
  [[nodiscard]] std::string refusal(OptionTexts options) const {
    options.insert(options.begin(), {"path", path_});
    return Harness::refusal(TICKWEIR_PLUGIN_FILE, options);
  }
  static std::string read(const fs::path& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
  }
  [[nodiscard]] std::string content() const { return read(path_); }
  void fill(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  TempFolder folder_;
  std::string path_ = folder_.at("out");
};

inline std::string bytes_of(const std::vector<OwnedEvent>& events) {
  std::string bytes;
  for (const OwnedEvent& one : events) {
    bytes.append(reinterpret_cast<const char*>(&one.header()), one.size());
  }
  return bytes;
}
inline std::string header_bytes() {
  const event_file::Header header;
  return {reinterpret_cast<const char*>(&header), sizeof header};
}
inline std::vector<OwnedEvent> orders(std::uint32_t count, std::uint32_t first = 1) {
  std::vector<OwnedEvent> events;
  for (std::uint32_t i = first; i < first + count; ++i) {
    events.push_back(event(market::NewOrder{.order_id = i, .price = 100, .quantity = 1, .instrument = 1},
                           {.time = i, .origin = make_origin(1, i)}));
  }
  return events;
}
// What `act` throws, as text.
template <typename Act>
std::string failure_of(Act&& act) {
  try {
    act();
  } catch (const StageError& error) {
    return error.what();
  }
  return "no failure";
}

}  // namespace tickweir::testing
