// The JSON Schema, judged by python3-jsonschema: it is one, takes good pipelines, and refuses broken ones.
#include <sys/wait.h>

#include "files.h"
#include "runtime/graph/schema.h"
#include "tickweir/testing_folder.h"

namespace {

using namespace tickweir;
using namespace tickweir::files;

std::vector<const Plugin*> plugins_in(Registry& registry) {
  std::vector<const Plugin*> plugins;
  for (const std::string& name : registry.names()) plugins.push_back(registry.load(name).value());
  return plugins;
}

class Schema : public ::testing::Test {
 protected:
  Schema() {
    auto registry = Registry::scan({GRAPH_PLUGIN_DIR});
    schema_ = pipeline_schema(plugins_in(registry.value()));
    std::ofstream(folder_.at("schema.json")) << schema_.dump(1);
  }

  // The names of the files that pass, one a line; "error" when the schema itself does not.
  [[nodiscard]] std::string passing(const fs::path& folder, const std::vector<std::string>& names) const {
    const fs::path out = folder_.at("passing.txt");
    std::string command =
        "python3 '" + (test_dir() / "check_schema.py").string() + "' '" + folder_.at("schema.json") + "'";
    for (const std::string& name : names) command += " '" + (folder / name).string() + "'";
    const int status = std::system((command + " > '" + out.string() + "'").c_str());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "error";
    return read(out);
  }

  tickweir::testing::TempFolder folder_;
  nlohmann::ordered_json schema_;
};

std::string lines(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

TEST_F(Schema, TakesGoodPipelines) {
  for (const char* folder : {"shown", "warned", "fit"}) {
    const std::vector<std::string> names = pipelines_in(test_dir() / folder);
    ASSERT_FALSE(names.empty());
    EXPECT_EQ(passing(test_dir() / folder, names), lines(names));
    for (const std::string& name : names) {
      const Outcome outcome = build(test_dir() / folder, name);
      EXPECT_TRUE(outcome.graph) << outcome.said;
    }
  }
}

TEST_F(Schema, RefusesWhatIsWrongInOneStage) {
  const std::vector<std::string> names{"boolean_quoted.yaml",      "choice_far.yaml",
                                       "choice_near.yaml",         "config_missing.yaml",
                                       "duration_fraction.yaml",   "duration_without_unit.yaml",
                                       "everything_at_once.yaml",  "filter_without_inputs.yaml",
                                       "list_for_scalar.yaml",     "option_above_range.yaml",
                                       "option_below_range.yaml",  "option_missing.yaml",
                                       "option_not_a_number.yaml", "option_quoted_number.yaml",
                                       "option_unknown.yaml",      "option_without_table.yaml",
                                       "plugin_unknown_far.yaml",  "real_out_of_range.yaml",
                                       "scalar_for_list.yaml",     "sink_without_inputs.yaml",
                                       "size_decimal_unit.yaml",   "size_without_unit.yaml",
                                       "source_with_inputs.yaml"};
  for (const std::string& name : names) ASSERT_TRUE(fs::exists(test_dir() / "broken" / name)) << name;
  EXPECT_EQ(passing(test_dir() / "broken", names), "");
}

TEST_F(Schema, RefusesWhatNoPipelineFileMayHold) {
  const fs::path folder = test_dir() / "unfit";
  const std::vector<std::string> names = pipelines_in(folder);
  EXPECT_GE(names.size(), 10U);
  EXPECT_EQ(passing(folder, names), "");
  for (const std::string& name : names) EXPECT_FALSE(build(folder, name).graph) << name;
}

TEST_F(Schema, DescribesOptionsByTheirTable) {
  const auto& rate = schema_["definitions"]["config_source_orders"]["properties"]["rate"];
  EXPECT_EQ(rate["description"],
            "How many events a second. Expected: an integer from 1 to 1000000 (events/s).");
  EXPECT_EQ(rate["default"], 1000);
  EXPECT_EQ(rate["anyOf"][0],
            (nlohmann::ordered_json{{"type", "integer"}, {"minimum", 1}, {"maximum", 1'000'000}}));
  const auto& limit = schema_["definitions"]["config_filter_limit"];
  EXPECT_EQ(limit["required"], nlohmann::ordered_json::array({"max_price"}));
  EXPECT_EQ(limit["properties"]["slack"]["default"], 0.5);
  EXPECT_EQ(limit["properties"]["strict"]["default"], false);
  EXPECT_EQ(limit["properties"]["venues"]["default"], nlohmann::ordered_json::array());
  EXPECT_FALSE(schema_["definitions"]["config_source_orders"]["properties"]["token"].contains("default"));
}

TEST(SchemaWithoutPlugins, IsStillOne) {
  const auto schema = pipeline_schema({});
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_FALSE(schema["definitions"]["stage"].contains("allOf"));
}

}  // namespace
