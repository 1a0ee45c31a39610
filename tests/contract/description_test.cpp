// What every plugin says about itself, and that its README says the same. A README that does not is told
// the table it lacks: paste it.
#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include "cases.h"
#include "outcome.h"
#include "readme_tables.h"
#include "runtime/plugins/descriptor.h"
#include "tickweir/market_text.h"
#include "tickweir/scalar.h"

namespace tickweir::contract {
namespace {

class Description : public OnePlugin {
 protected:
  [[nodiscard]] std::filesystem::path readme_path() const {
    return std::filesystem::path(TICKWEIR_SOURCE_DIR) / "plugins" / GetParam().plugin / "README.md";
  }
  void expect_in_readme(const std::string& table) const {
    EXPECT_NE(read_file(readme_path()).find(table), std::string::npos)
        << readme_path() << " lacks this table:\n"
        << table;
  }
};

// A sentence: it says something, and ends like one.
void expect_sentence(const char* text, const std::string& what) {
  ASSERT_NE(text, nullptr) << what << " has no help";
  const std::string_view said(text);
  EXPECT_GT(said.size(), 5U) << what;
  EXPECT_TRUE(said.ends_with('.') || said.ends_with('?')) << what << ": " << said;
  EXPECT_EQ(said.find('|'), std::string_view::npos) << what << ": a bar would break the tables of the README";
}

void expect_names(const char* text, const std::string& what) {
  EXPECT_TRUE(is_snake_case(text)) << what << " " << text;
}

TEST_P(Description, ExplainsEveryOptionCounterReasonAndOutput) {
  const tickweir_plugin& table = plugin();
  expect_sentence(table.summary, "the plugin");
  for (std::uint32_t i = 0; i < table.option_count; ++i)
    expect_sentence(table.options[i].help, table.options[i].name);
  for (std::uint32_t i = 0; i < table.counter_count; ++i)
    expect_sentence(table.counters[i].help, table.counters[i].name);
  for (std::uint32_t i = 0; i < table.reason_count; ++i)
    expect_sentence(table.reasons[i].help, table.reasons[i].name);
  for (std::uint32_t i = 0; i < table.output_count; ++i)
    expect_sentence(table.outputs[i].help, table.outputs[i].name);
}

TEST_P(Description, NamesThingsInSnakeCaseAndOnce) {
  const tickweir_plugin& table = plugin();
  std::multiset<std::string> seen;
  for (std::uint32_t i = 0; i < table.option_count; ++i) {
    expect_names(table.options[i].name, "option");
    seen.insert(std::string("option ") + table.options[i].name);
  }
  for (std::uint32_t i = 0; i < table.counter_count; ++i) {
    expect_names(table.counters[i].name, "counter");
    EXPECT_FALSE(std::string_view(table.counters[i].name).ends_with("_total")) << "the runtime adds _total";
    seen.insert(std::string("counter ") + table.counters[i].name);
  }
  for (std::uint32_t i = 0; i < table.reason_count; ++i) {
    expect_names(table.reasons[i].name, "drop reason");
    seen.insert(std::string("drop reason ") + table.reasons[i].name);
  }
  for (std::uint32_t i = 0; i < table.output_count; ++i) {
    expect_names(table.outputs[i].name, "output");
    seen.insert(std::string("output ") + table.outputs[i].name);
  }
  for (const std::string& name : seen) EXPECT_EQ(seen.count(name), 1U) << name << " is there twice";
}

TEST_P(Description, KeepsToLabelsThatAreFree) {
  constexpr std::array taken{"type", "stage", "service", "env", "plugin", "pipeline", "le"};
  for (std::uint32_t i = 0; i < plugin().counter_count; ++i) {
    if (plugin().counters[i].label == nullptr) continue;
    const std::string label = plugin().counters[i].label;
    expect_names(label.c_str(), "label");
    EXPECT_EQ(std::ranges::count(taken, label), 0) << "label " << label << " is the runtime's or Prometheus'";
  }
}

TEST_P(Description, SpeaksOfEventsThatExist) {
  const auto check = [](const char* names) {
    for (const std::string_view name : split_names(names == nullptr ? "" : names)) {
      EXPECT_TRUE(name == "*" || market::event_type_named(name) != 0) << "there is no event " << name;
    }
  };
  check(plugin().accepts);
  EXPECT_EQ(plugin().accepts == nullptr, is_source());
  for (std::uint32_t i = 0; i < plugin().output_count; ++i) check(plugin().outputs[i].events);
}

TEST_P(Description, HasAVersionOfThreeNumbersAndARolePrefix) {
  EXPECT_TRUE(std::regex_match(plugin().version, std::regex(R"(\d+\.\d+\.\d+)"))) << plugin().version;
  constexpr std::array prefixes{"", "source_", "filter_", "transform_", "sink_", "wal_"};
  EXPECT_TRUE(GetParam().plugin.starts_with(prefixes.at(plugin().role))) << GetParam().plugin;
}

TEST_P(Description, IsWhatItsReadmeSays) {
  expect_in_readme(options_table(plugin()));
  expect_in_readme(counters_table(plugin()));
  expect_in_readme(reasons_table(plugin()));
}

TEST_P(Description, HasAReadmeOfTheUsualShape) {
  std::istringstream lines(read_file(readme_path()));
  std::vector<std::string> headings;
  bool in_code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) in_code = !in_code;
    if (!in_code && line.starts_with("#")) headings.push_back(line);
  }
  EXPECT_EQ(headings, (std::vector<std::string>{"# " + GetParam().plugin, "## Purpose",
                                                "## Events in and out", "## Options", "## Counters",
                                                "## Order, memory, time", "## Example", "## Limits"}));
}

INSTANTIATE_TEST_SUITE_P(Plugins, Description, ::testing::ValuesIn(all_plugins()), test_name);

}  // namespace
}  // namespace tickweir::contract
