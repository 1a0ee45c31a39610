// ${env:..}, ${var:..} and $$ where they are put in, and where they are not.
#include <gtest/gtest.h>

#include <cstdlib>

#include "load_text.h"

namespace tickweir {
namespace {

// The value of `path: <value>` after interpolation, or what is printed.
std::string interpolated(const std::string& value, const std::string& more = {}) {
  const Outcome outcome = load_text(smallest + "    config:\n      path: " + value + "\n" + more);
  return outcome.config ? outcome.config->stages[0].options[0].texts[0].value : outcome.printed;
}

class Interpolation : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TICKWEIR_TEST_SET", "here", 1);
    ::setenv("TICKWEIR_TEST_EMPTY", "", 1);
    ::unsetenv("TICKWEIR_TEST_UNSET");
  }
};

TEST_F(Interpolation, PutsTheEnvironmentIn) {
  EXPECT_EQ(interpolated("a/${env:TICKWEIR_TEST_SET}/b"), "a/here/b");
  EXPECT_EQ(interpolated("\"${env:TICKWEIR_TEST_SET}${env:TICKWEIR_TEST_SET}\""), "herehere");
}

TEST_F(Interpolation, TakesDefaultsForUnsetAndEmptyVariables) {
  EXPECT_EQ(interpolated("${env:TICKWEIR_TEST_UNSET:-./data}"), "./data");
  EXPECT_EQ(interpolated("${env:TICKWEIR_TEST_EMPTY:-./data}"), "./data");
  EXPECT_EQ(interpolated("${env:TICKWEIR_TEST_SET:-./data}"), "here");
  EXPECT_EQ(interpolated("x${env:TICKWEIR_TEST_EMPTY}x"), "xx");
  EXPECT_EQ(interpolated("x${env:TICKWEIR_TEST_UNSET:-}x"), "xx");
}

TEST_F(Interpolation, SaysTheTextOfARequiredVariable) {
  EXPECT_NE(interpolated("${env:TICKWEIR_TEST_UNSET:?give a folder}")
                .find("test.yaml:7:13: error: the environment variable TICKWEIR_TEST_UNSET is not set: give "
                      "a folder"),
            std::string::npos);
  EXPECT_EQ(interpolated("${env:TICKWEIR_TEST_SET:?give a folder}"), "here");
}

TEST_F(Interpolation, LeavesDollarsAlone) {
  EXPECT_EQ(interpolated("$$5 $6 $"), "$5 $6 $");
  EXPECT_EQ(interpolated("$${env:HOME}"), "${env:HOME}");
}

TEST_F(Interpolation, UsesVarsAboveAndVarsOfVars) {
  EXPECT_EQ(interpolated("${var:b}", "vars:\n  a: x\n  b: ${var:a}/y\n"), "x/y");
}

TEST_F(Interpolation, DoesNotReadWhatItPutIn) {
  ::setenv("TICKWEIR_TEST_NESTED", "${env:TICKWEIR_TEST_SET}: {a, b}", 1);
  EXPECT_EQ(interpolated("${env:TICKWEIR_TEST_NESTED}"), "${env:TICKWEIR_TEST_SET}: {a, b}");
}

TEST_F(Interpolation, MarksValuesWhoseQuotesSayNothing) {
  const Outcome outcome =
      load_text(smallest + "    config: { a: \"${env:TICKWEIR_TEST_SET}\", b: \"5\", c: 5 }\n");
  ASSERT_TRUE(outcome.config) << outcome.printed;
  const auto& options = outcome.config->stages[0].options;
  EXPECT_TRUE(options[0].any_type);
  EXPECT_FALSE(options[1].any_type);
  EXPECT_TRUE(options[1].quoted);
  EXPECT_FALSE(options[2].quoted);
}

TEST_F(Interpolation, LetsANumberComeFromQuotes) {
  ::setenv("TICKWEIR_TEST_NUMBER", "7", 1);
  const Outcome outcome = load_text(smallest + "batch: { max_events: \"${env:TICKWEIR_TEST_NUMBER}\" }\n");
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 7U);
}

TEST_F(Interpolation, DoesNotTouchKeysOrIgnoredParts) {
  const Outcome outcome =
      load_text(smallest + "    config: { \"${a}\": 1 }\nx-notes: { a: \"${nothing}\" }\n");
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages[0].options[0].name, "${a}");
}

TEST_F(Interpolation, StopsVarsThatGrowWithoutEnd) {
  std::string vars = "vars:\n  v0: xxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "${var:v" + std::to_string(i - 1) + "}";
    vars += "  v" + std::to_string(i) + ": " + last + last + last + last + "\n";
  }
  const Outcome outcome = load_text(smallest + vars);
  EXPECT_NE(outcome.printed.find("the value becomes too long"), std::string::npos);
}

TEST_F(Interpolation, BoundsAllValuesTogether) {
  std::string text = smallest + "    config:\n      list:\n";
  for (int i = 0; i < 1000; ++i) text += "        - ${var:big}\n";
  text += "vars:\n  big: " + std::string(60'000, 'x') + "\n";
  EXPECT_NE(load_text(text).printed.find("16 MiB in all"), std::string::npos);
}

}  // namespace
}  // namespace tickweir
