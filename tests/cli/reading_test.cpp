// Subcommands that read: validate, graph, list, inspect, schema, version.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tickweir/plugin.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::run_program;
using testing::test_pipeline;

TEST(Validate, ShowsTheLayoutOfASoundPipeline) {
  const auto outcome = run_program({"validate", test_pipeline("small")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with(test_pipeline("small") + ": ok\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("thread edge"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("unique->out"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.err, "");
}

TEST(Validate, ShowsEveryErrorWithItsPlace) {
  const std::string file = test_pipeline("wrong");
  const auto outcome = run_program({"validate", file});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(file + ":5:13: error: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("did you mean \"source_generator\"?"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(file + ":9:15: error: "), std::string::npos) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with("2 errors\n")) << outcome.err;
}

TEST(Validate, GivesItsVerdictAsJson) {
  const auto wrong = run_program({"validate", test_pipeline("wrong"), "--json"});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_EQ(wrong.err, "");
  const json verdict = json::parse(wrong.out);
  EXPECT_EQ(verdict["valid"], false);
  EXPECT_EQ(verdict["errors"], 2);
  EXPECT_EQ(verdict["diagnostics"][0]["line"], 5);
  EXPECT_EQ(verdict["diagnostics"][0]["column"], 13);
  EXPECT_EQ(verdict["diagnostics"][0]["end_column"], 28);
  const json sound = json::parse(run_program({"validate", test_pipeline("small"), "--json"}).out);
  EXPECT_EQ(sound["valid"], true);
  EXPECT_EQ(sound["graph"]["stages"].size(), 3U);
}

TEST(Validate, RefusesAFileThatIsNotThere) {
  const auto outcome = run_program({"validate", "/does/not/exist.yaml"});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_NE(outcome.err.find("/does/not/exist.yaml"), std::string::npos) << outcome.err;
}

TEST(Validate, RefusesAPluginFolderThatIsNotThere) {
  const auto outcome =
      testing::Program({"validate", test_pipeline("small"), "--plugin-path", "/does/not/exist"}).finish();
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_NE(outcome.err.find("/does/not/exist"), std::string::npos) << outcome.err;
}

TEST(Validate, SetReplacesAValue) {
  const auto outcome =
      run_program({"validate", test_pipeline("small"), "--set", "stages.feed.config.events=x"});
  EXPECT_EQ(outcome.exit_code, 78);
  const auto fixed =
      run_program({"validate", test_pipeline("small"), "--set", "stages.feed.config.events=7"});
  EXPECT_EQ(fixed.exit_code, 0) << fixed.err;
}

TEST(Graph, IsShownInFourFormats) {
  const std::string file = test_pipeline("small");
  EXPECT_NE(run_program({"graph", file}).out.find("unique"), std::string::npos);
  EXPECT_TRUE(run_program({"graph", file, "--format", "dot"}).out.starts_with("digraph \"small\" {"));
  EXPECT_NE(run_program({"graph", file, "--format", "mermaid"}).out.find("flowchart"), std::string::npos);
  const auto as_json = run_program({"graph", file, "--format", "json"});
  EXPECT_EQ(json::parse(as_json.out)["name"], "small");
  EXPECT_EQ(run_program({"graph", file, "--json"}).out, as_json.out);
}

TEST(Graph, RefusesWhatValidateRefuses) {
  const auto outcome = run_program({"graph", test_pipeline("wrong")});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_EQ(outcome.err, run_program({"validate", test_pipeline("wrong")}).err);
}

TEST(List, ShowsPluginsAndWhyFilesWereRefused) {
  const testing::TempFolder folder;
  std::ofstream(folder.at("not_elf.so")) << "hello";
  const std::vector<std::string> words{"list", "--plugin-path", TICKWEIR_CLI_TEST_PLUGINS, "--plugin-path",
                                       folder.path()};
  const auto outcome = testing::Program(words).finish();
  auto words_json = words;
  words_json.push_back("--json");
  const auto as_json = json::parse(testing::Program(words_json).finish().out);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(
      outcome.out.starts_with("PLUGIN           ROLE    VERSION  SUMMARY\n"
                              "filter_recovers  filter  1.0.0    Recovers when it may.\n"
                              "sink_fails       sink    1.0.0    Fails where it is told to.\n"
                              "sink_stuck       sink    1.0.0    Never returns.\n"
                              "\nrefused: " +
                              folder.at("not_elf.so") + "\n"))
      << outcome.out;
  EXPECT_EQ(as_json["plugins"].size(), 3U);
  EXPECT_EQ(as_json["plugins"][1]["name"], "sink_fails");
  EXPECT_EQ(as_json["refused"].size(), 1U);
}

TEST(Inspect, ShowsEverythingByName) {
  const auto outcome = run_program({"inspect", "sink_fails"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("sink_fails 1.0.0, a sink\nFails where it is told to.\n"))
      << outcome.out;
  EXPECT_NE(outcome.out.find("where  choice  write    create|start|write  Where it fails."),
            std::string::npos)
      << outcome.out;
}

TEST(Inspect, TakesAFileToo) {
  const std::string file = TICKWEIR_CLI_TEST_PLUGINS "/sink_fails.so";
  const auto outcome = testing::Program({"inspect", file, "--json"}).finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json described = json::parse(outcome.out);
  EXPECT_EQ(described["name"], "sink_fails");
  EXPECT_EQ(described["file"], file);
  EXPECT_EQ(described["note"]["abi"],
            std::to_string(TICKWEIR_ABI_MAJOR) + "." + std::to_string(TICKWEIR_ABI_MINOR));
}

TEST(Inspect, RefusesWhatIsNoPlugin) {
  const auto unknown = run_program({"inspect", "sink_nothing"});
  EXPECT_EQ(unknown.exit_code, 78);
  EXPECT_NE(unknown.err.find("sink_nothing"), std::string::npos);
  const auto not_elf = run_program({"inspect", test_pipeline("small") + "/../small.yaml"});
  EXPECT_EQ(not_elf.exit_code, 78);
}

TEST(Schema, IsDraft07AndKnowsThePlugins) {
  const auto outcome = run_program({"schema"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json schema = json::parse(outcome.out);
  EXPECT_NE(schema["$schema"].get<std::string>().find("draft-07"), std::string::npos);
  EXPECT_NE(outcome.out.find("\"source_generator\""), std::string::npos);
}

TEST(Version, SaysVersionAndAbi) {
  const auto outcome = run_program({"version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.out.starts_with("tickweir " TICKWEIR_SDK_VERSION "\nplugin ABI ")) << outcome.out;
  EXPECT_EQ(run_program({"--version"}).out, "tickweir " TICKWEIR_SDK_VERSION "\n");
  EXPECT_EQ(json::parse(run_program({"version", "--json"}).out)["version"], TICKWEIR_SDK_VERSION);
}

}  // namespace
}  // namespace tickweir
