// Option texts to values, by the plugin's table.
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "pipelines_by_hand.h"
#include "runtime/graph/bind.h"
#include "tickweir/options.h"

namespace {

using namespace tickweir;
using namespace tickweir::by_hand;

const std::array options{
    Option{.type = integer,
           .name = "band",
           .default_text = "500",
           .minimum = "1",
           .maximum = "10000",
           .unit = "basis points"},
    Option{.type = real, .name = "ratio", .default_text = "0.5", .minimum = "0", .maximum = "1"},
    Option{.type = boolean, .name = "strict", .default_text = "false"},
    Option{.type = duration, .name = "delay", .default_text = "100us", .minimum = "1us"},
    Option{.type = size, .name = "room", .default_text = "64KiB", .maximum = "1MiB"},
    Option{.type = text, .name = "path", .help = "Where it goes."},
    Option{.type = choice, .name = "mode", .default_text = "match", .choices = "match|rebuild"},
    Option{.type = text_list, .name = "names", .default_text = "[a, b c]"},
    Option{.type = text, .name = "token", .default_text = "", .flags = TICKWEIR_OPTION_SECRET},
};
enum Index : std::uint32_t { band, ratio, strict, delay, room, path, mode, names, token };

tickweir_plugin plugin_with(std::span<const Option> table) {
  return {.role = TICKWEIR_ROLE_SINK,
          .name = "sink_x",
          .options = table.data(),
          .option_count = static_cast<std::uint32_t>(table.size())};
}

// Options stand at lines 1, 2, ...: the name at column 1, the value at column 10; the config at line 100.
class Bind : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& value, bool in_quotes = false) {
    const std::size_t line = stage_.options.size() + 1;
    stage_.options.push_back({.name = name,
                              .name_place = at(line),
                              .value_place = at(line, 10),
                              .texts = {{value, at(line, 10)}},
                              .quoted = in_quotes});
  }
  void write_list(const std::string& name, const std::vector<std::string>& values) {
    const std::size_t line = stage_.options.size() + 1;
    stage_.options.push_back(
        {.name = name, .name_place = at(line), .value_place = at(line, 10), .is_list = true});
    for (const std::string& value : values) {
      stage_.options.back().texts.push_back({value, at(line, 11 + stage_.options.back().texts.size())});
    }
  }
  Binding bind() { return bind_options(stage_, plugin_, diagnostics_); }
  // What is wrong with this one value.
  std::string refusal(const std::string& name, const std::string& value, bool in_quotes = false) {
    stage_.options.clear();
    diagnostics_ = {};
    if (name != "path") write("path", "p");
    write(name, value, in_quotes);
    (void)bind();
    const Lines lines = lines_of(diagnostics_);
    return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " errors";
  }

  tickweir_plugin plugin_ = plugin_with(options);
  StageConfig stage_{.id = "s", .config_place = at(100)};
  Diagnostics diagnostics_;
};

TEST_F(Bind, FillsInDefaults) {
  write("path", "/tmp/x");
  const Binding bound = bind();
  ASSERT_EQ(diagnostics_.error_count(), 0U);
  const auto& values = bound.options.values;
  ASSERT_EQ(values.size(), options.size());
  EXPECT_EQ(values[band].integer, 500);
  EXPECT_EQ(values[ratio].real, 0.5);
  EXPECT_EQ(values[strict].integer, 0);
  EXPECT_EQ(values[delay].integer, 100'000);
  EXPECT_EQ(values[room].integer, 65'536);
  EXPECT_STREQ(values[path].text, "/tmp/x");
  EXPECT_EQ(values[mode].integer, 0);
  EXPECT_STREQ(values[mode].text, "match");
  ASSERT_EQ(values[names].item_count, 2U);
  EXPECT_STREQ(values[names].items[1], "b c");
  EXPECT_STREQ(values[token].text, "");
}

TEST_F(Bind, TakesWhatTheUserWrote) {
  write("mode", "rebuild");
  write("band", "7");
  write("ratio", "1");
  write("strict", "true");
  write("delay", "2ms", true);
  write("room", "1MiB");
  write("path", "5");
  write_list("names", {"x", "", "y,z"});
  write("token", "hush", true);
  const Binding bound = bind();
  ASSERT_EQ(diagnostics_.error_count(), 0U) << lines_of(diagnostics_)[0];
  const auto& values = bound.options.values;
  EXPECT_EQ(values[mode].integer, 1);
  EXPECT_STREQ(values[mode].text, "rebuild");
  EXPECT_EQ(values[band].integer, 7);
  EXPECT_EQ(values[ratio].real, 1.0);
  EXPECT_EQ(values[strict].integer, 1);
  EXPECT_EQ(values[delay].integer, 2'000'000);
  EXPECT_EQ(values[room].integer, 1 << 20);
  EXPECT_STREQ(values[path].text, "5");
  ASSERT_EQ(values[names].item_count, 3U);
  EXPECT_STREQ(values[names].items[1], "");
  EXPECT_STREQ(values[names].items[2], "y,z");
  EXPECT_STREQ(values[token].text, "hush");
}

TEST_F(Bind, ShowsValuesAsWrittenAndHidesSecrets) {
  write("path", "/tmp/x");
  write("token", "hush");
  write_list("names", {"x", "y"});
  EXPECT_EQ(bind().options.shown,
            (Lines{"500", "0.5", "false", "100us", "64KiB", "/tmp/x", "match", "[x, y]", "***"}));
}

TEST_F(Bind, KnowsWhereEachValueStands) {
  write("path", "/tmp/x");
  write("band", "7");
  const Binding bound = bind();
  ASSERT_EQ(bound.places.size(), options.size());
  EXPECT_EQ(bound.places[path].line, 1U);
  EXPECT_EQ(bound.places[band].line, 2U);
  EXPECT_EQ(bound.places[band].column, 10U);
  EXPECT_EQ(bound.places[mode].line, 100U);
}

TEST_F(Bind, RefusesAnUnknownOption) {
  EXPECT_EQ(refusal("bnad", "5"),
            "2:1 error: plugin \"sink_x\" has no option \"bnad\" (did you mean \"band\"?)");
  EXPECT_EQ(refusal("zzzzzz", "5"),
            "2:1 error: plugin \"sink_x\" has no option \"zzzzzz\" (its options are band, ratio, strict, "
            "delay, room, path, mode, names, token)");
  plugin_ = plugin_with({});
  stage_.options.clear();
  diagnostics_ = {};
  write("band", "5");
  (void)bind();
  EXPECT_EQ(lines_of(diagnostics_),
            Lines{"1:1 error: plugin \"sink_x\" has no option \"band\" (\"sink_x\" has no options)"});
}

TEST_F(Bind, RefusesToGoWithoutARequiredOption) {
  (void)bind();
  EXPECT_EQ(lines_of(diagnostics_),
            Lines{"100:1 error: stage \"s\" needs the option \"path\": a text (Where it goes.)"});
}

TEST_F(Bind, RefusesValuesOfAnotherTypeOrOutOfRange) {
  const std::string band_wants =
      "2:10 error: option \"band\" must be an integer from 1 to 10000 (basis points), not ";
  EXPECT_EQ(refusal("band", "many"), band_wants + "\"many\"");
  EXPECT_EQ(refusal("band", "0"), band_wants + "\"0\"");
  EXPECT_EQ(refusal("band", "10001"), band_wants + "\"10001\"");
  EXPECT_EQ(refusal("band", "1.5"), band_wants + "\"1.5\"");
  EXPECT_EQ(refusal("ratio", "1.01"),
            "2:10 error: option \"ratio\" must be a number from 0 to 1, not \"1.01\"");
  EXPECT_EQ(refusal("strict", "yes"), "2:10 error: option \"strict\" must be true or false, not \"yes\"");
  EXPECT_EQ(refusal("mode", "rebuid"),
            "2:10 error: option \"mode\" must be one of match, rebuild, not \"rebuid\" (did you mean "
            "\"rebuild\"?)");
}

TEST_F(Bind, AsksForAUnitWhereItIsMissing) {
  EXPECT_EQ(refusal("delay", "100"),
            "2:10 error: option \"delay\" must be a duration of at least 1us, such as 100us, not \"100\" (a "
            "duration needs a unit: ns, us, ms, s, m or h)");
  EXPECT_EQ(refusal("room", "64"),
            "2:10 error: option \"room\" must be a size of at most 1MiB, such as 64KiB, not \"64\" (a size "
            "needs a unit: B, KiB, MiB, GiB or TiB)");
  EXPECT_EQ(refusal("delay", "1ns"),
            "2:10 error: option \"delay\" must be a duration of at least 1us, such as 100us, not \"1ns\"");
}

TEST_F(Bind, RefusesANumberInQuotes) {
  EXPECT_EQ(refusal("band", "7", true),
            "2:10 error: option \"band\" must be an integer from 1 to 10000 (basis points), "
            "not the text \"7\" (write 7 without quotes)");
  EXPECT_EQ(refusal("strict", "true", true),
            "2:10 error: option \"strict\" must be true or false, not the text \"true\" (write true without "
            "quotes)");
  EXPECT_EQ(refusal("delay", "1us", true), "0 errors");
  EXPECT_EQ(refusal("mode", "match", true), "0 errors");
}

TEST_F(Bind, TakesANumberInQuotesThatHadToBeThere) {
  write("path", "p");
  write("band", "7", true);
  stage_.options.back().any_type = true;  // "${env:BAND}"
  EXPECT_EQ(bind().options.values[band].integer, 7);
  EXPECT_EQ(diagnostics_.error_count(), 0U);
}

TEST_F(Bind, TellsListsFromScalars) {
  EXPECT_EQ(refusal("names", "a"),
            "2:10 error: option \"names\" must be a list of texts, such as [a, b], not \"a\"");
  stage_.options.clear();
  diagnostics_ = {};
  write_list("path", {"a", "b"});
  (void)bind();
  EXPECT_EQ(lines_of(diagnostics_), Lines{"1:10 error: option \"path\" must be a text, not a list"});
}

TEST_F(Bind, RefusesANulByteInATextAtItsPlace) {
  EXPECT_EQ(refusal("path", std::string("a\0b", 3)).find("1:10 error: option \"path\" holds a NUL byte"), 0U);
  stage_.options.clear();
  diagnostics_ = {};
  write("path", "p");
  write_list("names", {"ok", std::string("\0", 1)});
  (void)bind();
  ASSERT_EQ(lines_of(diagnostics_).size(), 1U);
  EXPECT_EQ(lines_of(diagnostics_)[0].find("2:12 error: option \"names\" holds a NUL byte"), 0U);
}

TEST_F(Bind, NeverRepeatsASecretInAnError) {
  std::array table{
      Option{.type = integer, .name = "pin", .default_text = "1", .flags = TICKWEIR_OPTION_SECRET},
      Option{.type = text, .name = "path", .default_text = ""}};
  plugin_ = plugin_with(table);
  EXPECT_EQ(refusal("pin", "hush"),
            "2:10 error: option \"pin\" must be an integer; what was found is secret");
  EXPECT_EQ(refusal("pin", "1234", true),
            "2:10 error: option \"pin\" must be an integer; what was found is secret (leave out the quotes)");
}

std::int32_t refuse_by_plugin(std::int32_t option, const char* text, tickweir_error* error) {
  error->option = option;
  std::strncpy(error->text, text, error->text_capacity - 1);
  return TICKWEIR_FAILED;
}

TEST_F(Bind, ShowsThePluginsOwnRefusalAtTheOption) {
  write("path", "p");
  write("delay", "5us");
  plugin_.validate = [](const tickweir_value* values, std::uint32_t count, tickweir_error* error) {
    EXPECT_EQ(count, options.size());
    EXPECT_EQ(values[delay].integer, 5'000);
    return refuse_by_plugin(delay, "is below what the disk can do", error);
  };
  (void)bind();
  EXPECT_EQ(lines_of(diagnostics_), Lines{"2:10 error: option \"delay\": is below what the disk can do"});
}

TEST_F(Bind, ShowsThePluginsOwnRefusalAtTheConfigWhenItNamesNoOption) {
  write("path", "p");
  plugin_.validate = [](const tickweir_value*, std::uint32_t, tickweir_error* error) {
    return refuse_by_plugin(-1, "no", error);
  };
  (void)bind();
  plugin_.validate = [](const tickweir_value*, std::uint32_t, tickweir_error* error) {
    return refuse_by_plugin(99, "", error);
  };
  (void)bind();
  EXPECT_EQ(lines_of(diagnostics_),
            (Lines{"100:1 error: plugin \"sink_x\": no",
                   "100:1 error: plugin \"sink_x\": it refuses its options without saying why"}));
}

TEST_F(Bind, DoesNotAskThePluginAboutOptionsThatDoNotFit) {
  plugin_.validate = [](const tickweir_value*, std::uint32_t, tickweir_error*) -> std::int32_t {
    ADD_FAILURE() << "validate() must not be called";
    return TICKWEIR_OK;
  };
  write("band", "0");
  write("path", "p");
  (void)bind();
  EXPECT_EQ(diagnostics_.error_count(), 1U);
}

TEST(ListDefault, IsWrittenWithOrWithoutBrackets) {
  EXPECT_EQ(split_list_default("[a, b c]"), (Lines{"a", "b c"}));
  EXPECT_EQ(split_list_default("a,b"), (Lines{"a", "b"}));
  EXPECT_TRUE(split_list_default("[]").empty());
  EXPECT_TRUE(split_list_default("").empty());
}

}  // namespace
