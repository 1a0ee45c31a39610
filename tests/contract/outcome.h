// What a run of a stage left behind, so that two runs can be compared to the last byte.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tickweir/testing.h"

namespace tickweir::contract {

using Events = std::vector<testing::OwnedEvent>;

struct Outcome {
  std::map<std::string, Events> outputs;
  std::vector<std::string> verdicts;
  Events passed;
  std::string file;                               // what a sink wrote
  std::map<std::string, std::uint64_t> counters;  // what only rises: counters, sums of histograms, drops
  std::map<std::string, std::uint64_t> gauges;
};

[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// After drain and stop. A source that never ends is compared by its first `events_max` events.
[[nodiscard]] inline Outcome outcome_of(const testing::Harness& stage, const std::filesystem::path& file,
                                        std::size_t events_max) {
  Outcome found{.outputs = {},
                .verdicts = stage.verdicts(),
                .passed = stage.passed(),
                .file = read_file(file),
                .counters = {},
                .gauges = {}};
  const tickweir_plugin& plugin = stage.plugin();
  for (std::uint32_t i = 0; i < plugin.output_count; ++i) {
    Events events = stage.output(plugin.outputs[i].name);
    if (plugin.role == TICKWEIR_ROLE_SOURCE && events.size() > events_max)
      events.erase(events.begin() + static_cast<std::ptrdiff_t>(events_max), events.end());
    found.outputs.emplace(plugin.outputs[i].name, std::move(events));
  }
  for (std::uint32_t i = 0; i < plugin.reason_count; ++i) {
    found.counters[std::string("dropped ") + plugin.reasons[i].name] = stage.dropped(plugin.reasons[i].name);
  }
  for (std::uint32_t i = 0; i < plugin.counter_count && plugin.role != TICKWEIR_ROLE_SOURCE; ++i) {
    const char* const name = plugin.counters[i].name;
    auto& values = plugin.counters[i].kind == TICKWEIR_GAUGE ? found.gauges : found.counters;
    for (const std::string& label : stage.labels(name)) {
      values[name + ("{" + label + "}")] = stage.counter(name, label);
    }
  }
  return found;
}

inline void expect_same(const Outcome& first, const Outcome& second) {
  EXPECT_EQ(first.verdicts, second.verdicts);
  EXPECT_EQ(first.counters, second.counters);
  EXPECT_EQ(first.gauges, second.gauges);
  EXPECT_TRUE(first.passed == second.passed);
  EXPECT_TRUE(first.file == second.file) << first.file.size() << " and " << second.file.size() << " bytes";
  ASSERT_EQ(first.outputs.size(), second.outputs.size());
  for (const auto& [name, events] : first.outputs) {
    const Events& others = second.outputs.at(name);
    EXPECT_EQ(events.size(), others.size()) << "events on " << name;
    for (std::size_t i = 0; i < events.size() && i < others.size(); ++i) {
      ASSERT_EQ(events[i], others[i]) << "event " << i << " on " << name;
    }
  }
}

}  // namespace tickweir::contract
