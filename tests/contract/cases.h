// Every plugin on the plugin path, with options to try it under.
//
// A plugin needs no entry here to be tested: it then runs with its defaults, and a required text option
// gets a file's path, or a free port if it is named `listen`. An entry in cases.cpp adds the modes in which
// it behaves differently.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "tickweir/plugin.h"
#include "tickweir/testing.h"
#include "tickweir/testing_folder.h"

namespace tickweir::contract {

struct Case {
  std::string plugin;
  std::string file;
  std::string label;             // which way of using it
  testing::OptionTexts options;  // "{in}", "{in2}", "{out}" stand for input files and an output file
  std::uint32_t role = 0;
  std::uint32_t output_count = 0;

  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.plugin << " (" << shown.label << ")";
  }
};

// Each plugin in each of its ways, but for back ends of logs: tests/wal drives those. Or each plugin once.
[[nodiscard]] std::vector<Case> all_ways();
[[nodiscard]] std::vector<Case> all_plugins();
// Of all ways: those that take events, and of these the ones with several outputs.
[[nodiscard]] std::vector<Case> takers();
[[nodiscard]] std::vector<Case> splitters();
[[nodiscard]] std::string test_name(const ::testing::TestParamInfo<Case>& info);

// One plugin, with a folder of its own for the files it needs; the folder goes with the test.
class OnePlugin : public ::testing::TestWithParam<Case> {
 protected:
  OnePlugin();

  [[nodiscard]] const tickweir_plugin& plugin() const { return plugin_; }
  [[nodiscard]] const char* file() const { return GetParam().file.c_str(); }
  [[nodiscard]] bool is_source() const { return plugin_.role == TICKWEIR_ROLE_SOURCE; }
  // With files in the place of "{in}", "{in2}" and "{out}", and every required text option given.
  [[nodiscard]] testing::OptionTexts options() const;
  [[nodiscard]] std::filesystem::path output_file() const { return folder_.at("out"); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  testing::TempFolder folder_;
  const tickweir_plugin& plugin_;
};

// Lets a test program without cases fail instead of passing with nothing done.
constexpr std::size_t plugins_min = 9;

}  // namespace tickweir::contract
