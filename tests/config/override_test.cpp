// --set on a pipeline.
#include <gtest/gtest.h>

#include "load_text.h"

namespace tickweir {
namespace {

const std::string pipeline = smallest +
                             "    config: { rate: 5 }\n"
                             "  out:\n"
                             "    plugin: sink_null\n"
                             "    inputs: [orders, { from: orders.other, capacity: 8 }]\n";

TEST(Override, ReplacesAScalar) {
  const Outcome outcome = load_text(pipeline, {{"stages.orders.config.rate", "10"}, {"name", "renamed"}});
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages[0].options[0].texts[0].value, "10");
  EXPECT_EQ(outcome.config->stages[0].options[0].value_place.file, "--set stages.orders.config.rate=10");
  EXPECT_EQ(outcome.config->stages[0].options[0].value_place.line, 0U);
  EXPECT_TRUE(outcome.config->stages[0].options[0].any_type);
  EXPECT_EQ(outcome.config->name, "renamed");
}

TEST(Override, AddsAScalarAndTheMapsAboveIt) {
  const Outcome outcome = load_text(pipeline, {{"metrics.listen", "127.0.0.1:0"},
                                               {"stages.orders.config.count", "7"},
                                               {"stages.out.config.verbose", "true"}});
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->metrics_listen->value, "127.0.0.1:0");
  EXPECT_EQ(outcome.config->stages[0].options[1].name, "count");
  EXPECT_EQ(outcome.config->stages[1].options[0].texts[0].value, "true");
}

TEST(Override, SelectsItemsByNumber) {
  const Outcome outcome =
      load_text(pipeline, {{"stages.out.inputs.0", "orders.first"}, {"stages.out.inputs.1.capacity", "16"}});
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages[1].inputs[0].from.value, "orders.first");
  EXPECT_EQ(outcome.config->stages[1].inputs[1].capacity, 16U);
}

TEST(Override, OfALaterOneWins) {
  const Outcome outcome = load_text(pipeline, {{"name", "first"}, {"name", "second"}});
  ASSERT_TRUE(outcome.config);
  EXPECT_EQ(outcome.config->name, "second");
}

TEST(Override, OfAVarReachesItsUsers) {
  const Outcome outcome =
      load_text(pipeline + "    config: { path: \"${var:p}\" }\nvars: { p: a }\n", {{"vars.p", "b"}});
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages[1].options[0].texts[0].value, "b");
}

TEST(Override, NamesTheNearestStage) {
  const Outcome outcome = load_text(pipeline, {{"stages.ordres.config.rate", "1"}});
  EXPECT_EQ(outcome.printed,
            "--set stages.ordres.config.rate=1: error: there is no \"ordres\" under stages\n"
            "      = did you mean \"orders\"?\n1 error\n");
}

TEST(Override, CannotNestWithoutEnd) {
  std::string path = "a";
  for (int i = 0; i < 100; ++i) path += ".a";
  EXPECT_NE(load_text(pipeline, {{path, "1"}}).printed.find("the path is too long"), std::string::npos);
}

}  // namespace
}  // namespace tickweir
