// Wrong words on the command line: exit code 2, and what was probably meant.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/cli/program.h"

namespace tickweir {
namespace {

using testing::run_program;
using testing::test_pipeline;

const std::string footer = "  = tickweir --help lists subcommands and flags\n";

TEST(Usage, SuggestsTheSubcommandThatIsNear) {
  const auto outcome = run_program({"valdate", test_pipeline("small")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "tickweir: error: unknown subcommand \"valdate\"\n  = did you mean \"validate\"?\n" + footer);
  EXPECT_EQ(outcome.out, "");
}

TEST(Usage, SuggestsTheFlagThatIsNear) {
  const auto outcome = run_program({"list", "--jsn"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "tickweir: error: unknown flag \"--jsn\"\n  = did you mean \"--json\"?\n" + footer);
}

TEST(Usage, SuggestsACommonFlagAfterTheSubcommand) {
  const auto outcome = run_program({"run", test_pipeline("small"), "--log-levl=debug"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "tickweir: error: unknown flag \"--log-levl\"\n  = did you mean \"--log-level\"?\n" + footer);
}

TEST(Usage, SuggestsNothingWhenNothingIsNear) {
  const auto outcome = run_program({"frobnicate"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "tickweir: error: unknown subcommand \"frobnicate\"\n" + footer);
}

TEST(Usage, NeedsWhatTheSubcommandIsAbout) {
  for (const auto& [words, text] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "a subcommand is needed"},
           {{"run"}, "run needs a pipeline file"},
           {{"validate"}, "validate needs a pipeline file"},
           {{"graph"}, "graph needs a pipeline file"},
           {{"inspect"}, "inspect needs the name of a plugin, or its file"},
           {{"new-plugin"}, "new-plugin needs a name"},
           {{"new-plugin", "filter_mine"}, "new-plugin needs --role"},
           {{"run", "a.yaml", "b.yaml"}, "run has no use for \"b.yaml\""},
           {{"list", "--log-level", "loud"}, "--log-level is debug, info, warning or error, not \"loud\""},
           {{"list", "--log-format", "xml"}, "--log-format is text or json, not \"xml\""},
           {{"graph", "a.yaml", "--format", "png"}, "--format is text, dot, mermaid or json, not \"png\""},
           {{"run", "a.yaml", "--set", "nonsense"}, "--set takes path=value, not \"nonsense\""},
           {{"run", "a.yaml", "--set", "=5"}, "--set takes path=value, not \"=5\""}}) {
    const auto outcome = run_program(words);
    EXPECT_EQ(outcome.exit_code, 2) << text;
    EXPECT_EQ(outcome.err, "tickweir: error: " + text + "\n" + footer);
  }
}

TEST(Usage, HelpGoesToStdoutAndIsNoError) {
  const auto outcome = run_program({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  for (const char* subcommand :
       {"run", "validate", "graph", "list", "inspect", "schema", "new-plugin", "version"}) {
    EXPECT_NE(outcome.out.find(std::string("\n  ") + subcommand + " "), std::string::npos) << subcommand;
  }
}

TEST(Usage, HelpOfASubcommandShowsItsFlags) {
  const auto outcome = run_program({"graph", "--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("--format"), std::string::npos);
  EXPECT_NE(outcome.out.find("--plugin-path"), std::string::npos);
}

TEST(Usage, TakesWholeNumbersAndNothingElse) {
  for (const char* number : {"-1", "0x10", "18446744073709551616", "1e3", "abc", "1.5"}) {
    const auto outcome = run_program({"replay", test_pipeline("small"), "--until", number});
    EXPECT_EQ(outcome.exit_code, 2) << number;
    EXPECT_NE(outcome.err.find(std::string("expected a whole number, 0 or more, found \"") + number + "\""),
              std::string::npos)
        << outcome.err;
  }
}

TEST(Output, ThatCannotBeWrittenIsAFailure) {
  for (const std::string& words :
       std::vector<std::string>{"version", "schema", "list", "run " + test_pipeline("small") + " --json"}) {
    const int status = std::system((TICKWEIR_PROGRAM " " + words + " >/dev/full 2>/dev/null").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << words;
  }
}

}  // namespace
}  // namespace tickweir
