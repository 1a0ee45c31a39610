// Which names are near enough to be meant.
#include <gtest/gtest.h>

#include "runtime/config/diagnostics.h"

namespace tickweir {
namespace {

TEST(Suggest, NamesTheNearest) {
  EXPECT_EQ(suggest("filter_dedpu", {"filter_dedup", "filter_price_band"}), "did you mean \"filter_dedup\"?");
  EXPECT_EQ(suggest("widnow", {"window", "widow_maker"}), "did you mean \"window\"?");
}

TEST(Suggest, PrefersANameThatDiffersInCaseOnly) {
  EXPECT_EQ(suggest("APIVERSION", {"apiVersiom", "apiVersion"}), "did you mean \"apiVersion\"?");
}

TEST(Suggest, CountsASwapOfNeighboursAsOneStep) {
  EXPECT_EQ(suggest("ab", {"ba"}), "did you mean \"ba\"?");
}

TEST(Suggest, SaysNothingWhenNoneIsNear) {
  EXPECT_EQ(suggest("window", {"capacity", "path"}), "");
  EXPECT_EQ(suggest("window", {}), "");
  EXPECT_EQ(suggest("", {"a"}), "");
}

TEST(Suggest, DoesNotChangeEveryLetter) {
  EXPECT_EQ(suggest("a", {"b"}), "");
}

TEST(Suggest, AllowsAThirdOfTheLettersToDiffer) {
  EXPECT_EQ(suggest("abcdef", {"abcdxy"}), "did you mean \"abcdxy\"?");
  EXPECT_EQ(suggest("abcdef", {"abcxyz"}), "");
}

TEST(Suggest, IgnoresWordsTooLongToBeMistyped) {
  const std::string word(65, 'a');
  EXPECT_EQ(suggest(word, {word + "b"}), "");
}

}  // namespace
}  // namespace tickweir
