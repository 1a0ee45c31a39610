// Option texts to values: strict, one way for everyone.
#include <gtest/gtest.h>

#include "tickweir/scalar.h"

namespace {

using namespace tickweir;

TEST(Scalar, ReadsIntegersStrictly) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const char* text :
       {"", "-", "+1", "007", "-01", "1.0", "1e3", "0x10", " 1", "1 ", "1_000", "9223372036854775808"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
}

TEST(Scalar, ReadsRealsThatAreFinite) {
  EXPECT_EQ(parse_real("0.5"), 0.5);
  EXPECT_EQ(parse_real("-2e3"), -2000.0);
  for (const char* text : {"", "nan", "inf", "-inf", "1e999", "1,5", "0.5 ", "half"})
    EXPECT_FALSE(parse_real(text)) << text;
}

TEST(Scalar, KnowsTwoBooleansOnly) {
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("false"), false);
  for (const char* text : {"yes", "no", "True", "1", "on", ""}) EXPECT_FALSE(parse_boolean(text)) << text;
}

TEST(Scalar, WantsAUnitForDurations) {
  EXPECT_EQ(parse_duration("250ns"), 250);
  EXPECT_EQ(parse_duration("100us"), 100'000);
  EXPECT_EQ(parse_duration("3ms"), 3'000'000);
  EXPECT_EQ(parse_duration("2s"), 2'000'000'000);
  EXPECT_EQ(parse_duration("1m"), 60'000'000'000);
  EXPECT_EQ(parse_duration("2h"), 7'200'000'000'000);
  EXPECT_EQ(parse_duration("0s"), 0);
  for (const char* text :
       {"0", "10", "us", "-1s", "1.5s", "1 s", "1S", "1s ", "1d", "01s", "9223372036854775807s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Scalar, WantsABinaryUnitForSizes) {
  EXPECT_EQ(parse_size("1B"), 1);
  EXPECT_EQ(parse_size("64KiB"), 65536);
  EXPECT_EQ(parse_size("2MiB"), 2 << 20);
  EXPECT_EQ(parse_size("1GiB"), 1 << 30);
  EXPECT_EQ(parse_size("1TiB"), 1LL << 40);
  for (const char* text : {"64", "64K", "64KB", "64kib", "KiB", "8388608TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Scalar, SaysWhatAnOptionWants) {
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_INTEGER, .minimum = "1", .maximum = "9", .unit = "lots"}),
            "an integer from 1 to 9 (lots)");
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_DURATION, .default_text = "5ms", .minimum = "1us"}),
            "a duration of at least 1us, such as 5ms");
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_SIZE, .maximum = "1MiB"}),
            "a size of at most 1MiB, such as 64KiB");
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_CHOICE, .choices = "match|rebuild"}),
            "one of match, rebuild");
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_BOOLEAN}), "true or false");
  EXPECT_EQ(expected_text({.type = TICKWEIR_OPTION_TEXT_LIST}), "a list of texts, such as [a, b]");
}

TEST(Scalar, HoldsOptionsToTheirRange) {
  const tickweir_option small{.type = TICKWEIR_OPTION_INTEGER, .minimum = "-1", .maximum = "5"};
  tickweir_value value;
  for (const char* text : {"-1", "0", "5"}) EXPECT_TRUE(parse_option(small, text, value)) << text;
  for (const char* text : {"-2", "6", "x"}) EXPECT_FALSE(parse_option(small, text, value)) << text;

  const tickweir_option pause{.type = TICKWEIR_OPTION_DURATION, .minimum = "1us"};
  EXPECT_TRUE(parse_option(pause, "1000ns", value));
  EXPECT_EQ(value.integer, 1000);
  EXPECT_FALSE(parse_option(pause, "999ns", value));

  const tickweir_option share{.type = TICKWEIR_OPTION_REAL, .minimum = "0", .maximum = "1"};
  EXPECT_TRUE(parse_option(share, "0.25", value));
  EXPECT_EQ(value.real, 0.25);
  EXPECT_FALSE(parse_option(share, "1.01", value));
}

TEST(Scalar, TurnsAChoiceIntoItsIndex) {
  const tickweir_option mode{.type = TICKWEIR_OPTION_CHOICE, .choices = "match|rebuild"};
  tickweir_value value;
  EXPECT_TRUE(parse_option(mode, "rebuild", value));
  EXPECT_EQ(value.integer, 1);
  for (const char* text : {"", "rebuil", "match|rebuild", "Match"})
    EXPECT_FALSE(parse_option(mode, text, value)) << text;
}

TEST(Scalar, SplitsNames) {
  EXPECT_EQ(split_names("a|bc|d"), (std::vector<std::string_view>{"a", "bc", "d"}));
  EXPECT_EQ(split_names("a"), (std::vector<std::string_view>{"a"}));
  EXPECT_TRUE(split_names("").empty());
}

}  // namespace
