// Every option of every plugin, through the code that binds a pipeline file: what is out of range or of
// another type is refused, and the refusal names the option and says what it takes.
#include "cases.h"
#include "runtime/graph/bind.h"
#include "tickweir/scalar.h"

namespace tickweir::contract {
namespace {

class OptionsOf : public OnePlugin {
 protected:
  // What binding says about the plugin with its usual options and this one.
  [[nodiscard]] std::string refusal(const std::string& name, const std::string& value) {
    StageConfig stage{.id = "stage", .plugin = {GetParam().plugin, {}}};
    for (const testing::OptionText& usual : options()) {
      if (usual.name != name) add(stage, usual.name, usual.value.text());
    }
    add(stage, name, value);
    Diagnostics diagnostics;
    static_cast<void>(bind_options(stage, plugin(), diagnostics));
    std::string text;
    for (const Diagnostic& one : diagnostics.sorted()) text += one.message + "\n" + one.help + "\n";
    return text;
  }

 private:
  static void add(StageConfig& stage, const std::string& name, const std::string& value) {
    OptionText text;
    text.name = name;
    text.texts.push_back({value, {}});
    stage.options.push_back(text);
  }
};

const char* smallest_unit(std::uint32_t type) {
  return type == TICKWEIR_OPTION_DURATION ? "ns" : type == TICKWEIR_OPTION_SIZE ? "B" : "";
}

// A value just outside the range, or of another type.
std::vector<std::string> wrong_values(const tickweir_option& option) {
  tickweir_option unbound = option;
  unbound.minimum = unbound.maximum = nullptr;
  tickweir_value bound;
  std::vector<std::string> wrong;
  if (option.type == TICKWEIR_OPTION_TEXT || option.type == TICKWEIR_OPTION_TEXT_LIST) return wrong;
  wrong.emplace_back("no such thing");
  if (option.minimum != nullptr && parse_option(unbound, option.minimum, bound)) {
    wrong.push_back(option.type == TICKWEIR_OPTION_REAL
                        ? std::to_string(bound.real - 1)
                        : std::to_string(bound.integer - 1) + smallest_unit(option.type));
  }
  const bool can_exceed = option.type == TICKWEIR_OPTION_REAL || bound.integer != INT64_MAX;
  if (option.maximum != nullptr && parse_option(unbound, option.maximum, bound) && can_exceed) {
    wrong.push_back(option.type == TICKWEIR_OPTION_REAL
                        ? std::to_string(bound.real + 1)
                        : std::to_string(bound.integer + 1) + smallest_unit(option.type));
  }
  return wrong;
}

TEST_P(OptionsOf, RefusesAnUnknownOneByName) {
  const std::string said = refusal("no_such_option", "1");
  EXPECT_NE(said.find("no_such_option"), std::string::npos) << said;
  EXPECT_NE(said.find(GetParam().plugin), std::string::npos) << said;
}

TEST_P(OptionsOf, RefusesWhatIsOutOfRangeWithNameAndRange) {
  for (std::uint32_t i = 0; i < plugin().option_count; ++i) {
    const tickweir_option& option = plugin().options[i];
    for (const std::string& value : wrong_values(option)) {
      const std::string said = refusal(option.name, value);
      EXPECT_NE(said.find(option.name), std::string::npos) << option.name << "=" << value << ": " << said;
      EXPECT_NE(said.find(expected_text(option)), std::string::npos)
          << option.name << "=" << value << ": " << said;
      EXPECT_NE(said.find(value), std::string::npos) << option.name << "=" << value << ": " << said;
    }
  }
}

TEST_P(OptionsOf, TakesItsOwnDefaultsAndBounds) {
  for (std::uint32_t i = 0; i < plugin().option_count; ++i) {
    const tickweir_option& option = plugin().options[i];
    tickweir_value value;
    if (option.type == TICKWEIR_OPTION_TEXT || option.type == TICKWEIR_OPTION_TEXT_LIST) continue;
    for (const char* text : {option.default_text, option.minimum, option.maximum}) {
      if (text == nullptr) continue;
      EXPECT_TRUE(parse_option(option, text, value)) << option.name << "=" << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Plugins, OptionsOf, ::testing::ValuesIn(all_plugins()), test_name);

}  // namespace
}  // namespace tickweir::contract
