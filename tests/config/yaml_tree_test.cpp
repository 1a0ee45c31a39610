// The tree: places, shapes, limits.
#include "runtime/config/yaml_tree.h"

#include <gtest/gtest.h>

namespace tickweir {
namespace {

std::optional<Tree> parse(const std::string& text, Diagnostics& diagnostics) {
  return parse_yaml("t.yaml", text, diagnostics);
}

Tree parse_good(const std::string& text) {
  Diagnostics diagnostics;
  auto tree = parse(text, diagnostics);
  EXPECT_TRUE(tree.has_value());
  EXPECT_EQ(diagnostics.error_count(), 0U);
  return tree.value_or(Tree{});
}

std::string first_error(const std::string& text) {
  Diagnostics diagnostics;
  static_cast<void>(parse(text, diagnostics));
  const auto sorted = diagnostics.sorted();
  return sorted.empty() ? "" : sorted.front().message;
}

TEST(YamlTree, PlacesStartAtOneAndCountBytes) {
  const Tree tree = parse_good("a: 1\n\xc3\xb6: { key: \"va l\" }\n");
  EXPECT_EQ(tree.keys[1].place.line, 2U);
  EXPECT_EQ(tree.keys[1].place.column, 1U);
  EXPECT_EQ(tree.keys[1].place.length, 2U);
  const Tree& value = tree.items[1].items[0];
  EXPECT_EQ(value.place.line, 2U);
  EXPECT_EQ(value.place.column, 12U);
  EXPECT_EQ(value.place.length, 6U);
}

TEST(YamlTree, KnowsQuotedFromPlain) {
  const Tree tree = parse_good("a: 5\nb: \"5\"\nc: '5'\nd: |\n  5\ne: fi ve\n");
  EXPECT_FALSE(tree.items[0].quoted);
  EXPECT_TRUE(tree.items[1].quoted);
  EXPECT_TRUE(tree.items[2].quoted);
  EXPECT_TRUE(tree.items[3].quoted);
  EXPECT_FALSE(tree.items[4].quoted);
  EXPECT_EQ(tree.items[3].text, "5\n");
}

TEST(YamlTree, TakesQuotesWithinQuotes) {
  const Tree tree = parse_good("a: 'it''s'\nb: \"a\\\"b\"\nc: {d: ''}\n");
  EXPECT_EQ(tree.items[0].text, "it's");
  EXPECT_EQ(tree.items[0].place.length, 7U);
  EXPECT_EQ(tree.items[1].text, "a\"b");
  EXPECT_EQ(tree.items[2].items[0].shape, Shape::scalar);
  EXPECT_EQ(tree.items[2].items[0].text, "");
}

TEST(YamlTree, ReadsNullsAsEmptyAtTheirKey) {
  const Tree tree = parse_good("a:\nb: ~\nc: null\nd: \"null\"\n");
  EXPECT_EQ(tree.items[0].shape, Shape::empty);
  EXPECT_EQ(tree.items[0].place.line, 1U);
  EXPECT_EQ(tree.items[1].shape, Shape::empty);
  EXPECT_EQ(tree.items[2].shape, Shape::empty);
  EXPECT_EQ(tree.items[3].shape, Shape::scalar);
}

TEST(YamlTree, AcceptsOneExplicitDocument) {
  EXPECT_EQ(parse_good("%YAML 1.2\n---\na: 1\n...\n").items.size(), 1U);
  EXPECT_EQ(parse_good("---\na: 1\n").items.size(), 1U);
}

TEST(YamlTree, EndsOnStrayCharactersWhereTheLibraryWouldNot) {
  for (const char* text : {",", "]", "}", "a: 1\n]", "a: 1\n}", "{a: 1},", "[1]]", "- 1\n,\n"}) {
    EXPECT_NE(first_error(text), "") << text;
  }
}

TEST(YamlTree, StopsAtItsDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(first_error(nested(yaml_depth_max)), "");
  EXPECT_EQ(first_error(nested(yaml_depth_max + 1)), "lists and maps nested more than 64 deep");
  EXPECT_EQ(first_error(nested(100'000)), "lists and maps nested more than 64 deep");
  for (const char* opener : {"[", "{a: ", "- ", "? ", "[{a: ["}) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += opener;
    EXPECT_NE(first_error(text), "") << opener;
  }
}

TEST(YamlTree, StopsAtItsNumberOfValues) {
  const auto list = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "- a\n";
    return text;
  };
  EXPECT_EQ(first_error(list(yaml_values_max - 1)), "");
  EXPECT_EQ(first_error(list(yaml_values_max)), "more than 100000 values in one file");
}

TEST(YamlTree, StopsAtItsSize) {
  const std::string start = "a: ";
  EXPECT_EQ(first_error(start + std::string(yaml_bytes_max - start.size(), 'x')), "");
  EXPECT_EQ(first_error(start + std::string(yaml_bytes_max - start.size() + 1, 'x')),
            "the file has more than 1 MiB");
}

TEST(YamlTree, RefusesBytesThatTheLibraryWouldChange) {
  EXPECT_EQ(first_error("a: \xff\n"), "the file is not UTF-8 here");
  EXPECT_EQ(first_error("\xff\xfe"
                        "a\n"),
            "the file is not UTF-8 here");
  EXPECT_EQ(first_error("a: \xc0\xaf\n"), "the file is not UTF-8 here");
  EXPECT_EQ(first_error("a: \xed\xa0\x80\n"), "the file is not UTF-8 here");
  EXPECT_EQ(first_error(std::string("a: \0b\n", 6)), "a control character");
  EXPECT_EQ(first_error("a: \x04\n"), "a control character");
  EXPECT_EQ(first_error("a: 1\rb: 2\n"), "a control character");
  EXPECT_EQ(first_error("a: 1\r\nb: 2\r\n"), "");
}

TEST(YamlTree, KeepsTheFirstOfADuplicateAndGoesOn) {
  Diagnostics diagnostics;
  const auto tree = parse("a: 1\na: 2\nb: 3\n", diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 1U);
  ASSERT_TRUE(tree.has_value());
  ASSERT_EQ(tree->keys.size(), 2U);
  EXPECT_EQ(tree->items[0].text, "1");
  EXPECT_EQ(tree->items[1].text, "3");
}

}  // namespace
}  // namespace tickweir
