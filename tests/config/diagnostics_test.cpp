// How errors are shown.
#include <gtest/gtest.h>

#include <sstream>

#include "runtime/config/diagnostics.h"

namespace tickweir {
namespace {

std::string printed(const Diagnostics& diagnostics, std::size_t shown_max = 50) {
  std::ostringstream out;
  diagnostics.print(out, shown_max);
  return out.str();
}

TEST(Diagnostics, QuoteTheLineWithACaretAndHelp) {
  Diagnostics diagnostics;
  diagnostics.remember_source("exchange.yaml", "stages:\n    plugin: filter_dedpu\n");
  diagnostics.error({"exchange.yaml", 2, 13, 12}, "unknown plugin \"filter_dedpu\"",
                    "did you mean \"filter_dedup\"?");
  EXPECT_EQ(printed(diagnostics),
            "exchange.yaml:2:13: error: unknown plugin \"filter_dedpu\"\n"
            "    2 |     plugin: filter_dedpu\n"
            "      |             ^~~~~~~~~~~~\n"
            "      = did you mean \"filter_dedup\"?\n"
            "1 error\n");
}

TEST(Diagnostics, PrintNothingWhenThereIsNothing) {
  EXPECT_EQ(printed(Diagnostics()), "");
}

TEST(Diagnostics, CountErrorsAndWarnings) {
  Diagnostics diagnostics;
  diagnostics.error({"--set a=b"}, "one");
  diagnostics.error({"--set a=b"}, "two");
  diagnostics.warning({}, "three");
  EXPECT_EQ(diagnostics.error_count(), 2U);
  EXPECT_EQ(diagnostics.warning_count(), 1U);
  EXPECT_EQ(printed(diagnostics),
            "warning: three\n--set a=b: error: one\n--set a=b: error: two\n2 errors, 1 warning\n");
}

TEST(Diagnostics, AreSortedByFileInTheOrderRememberedThenLineThenColumn) {
  Diagnostics diagnostics;
  diagnostics.remember_source("z.yaml", "1\n2\n");
  diagnostics.remember_source("a.yaml", "1\n2\n");
  diagnostics.error({"a.yaml", 1, 1}, "third");
  diagnostics.error({"z.yaml", 2, 5}, "second");
  diagnostics.error({"z.yaml", 2, 1}, "first");
  diagnostics.error({"--set x=y"}, "last");
  const auto sorted = diagnostics.sorted();
  ASSERT_EQ(sorted.size(), 4U);
  EXPECT_EQ(sorted[0].message, "first");
  EXPECT_EQ(sorted[1].message, "second");
  EXPECT_EQ(sorted[2].message, "third");
  EXPECT_EQ(sorted[3].message, "last");
}

TEST(Diagnostics, AreShownOnce) {
  Diagnostics diagnostics;
  diagnostics.error({"a.yaml", 1, 1}, "same");
  diagnostics.error({"a.yaml", 1, 1}, "other");
  diagnostics.error({"a.yaml", 1, 1}, "same");
  EXPECT_EQ(diagnostics.sorted().size(), 2U);
}

TEST(Diagnostics, SayHowManyAreNotShown) {
  Diagnostics diagnostics;
  for (std::size_t line = 1; line <= 5; ++line) diagnostics.error({"a", line, 1}, "x");
  EXPECT_EQ(printed(diagnostics, 2), "a:1:1: error: x\na:2:1: error: x\n... and 3 more\n5 errors\n");
}

TEST(Diagnostics, KeepTheCaretUnderTheWordBehindTabsAndWideCharacters) {
  Diagnostics diagnostics;
  diagnostics.remember_source("a", "\tk\xc3\xb6nig: x");
  diagnostics.error({"a", 1, 10, 1}, "x");
  EXPECT_EQ(printed(diagnostics),
            "a:1:10: error: x\n    1 |     k\xc3\xb6nig: x\n      |            ^\n1 error\n");
}

TEST(Diagnostics, ShowAWindowOfALongLine) {
  Diagnostics diagnostics;
  diagnostics.remember_source("a", std::string(5000, 'a') + "BAD" + std::string(5000, 'c'));
  diagnostics.error({"a", 1, 5001, 3}, "x");
  EXPECT_EQ(printed(diagnostics), "a:1:5001: error: x\n    1 | ..." + std::string(50, 'a') + "BAD" +
                                      std::string(47, 'c') + "...\n      | " + std::string(53, ' ') +
                                      "^~~\n1 error\n");
}

TEST(Diagnostics, EscapeWhatCouldSteerATerminal) {
  Diagnostics diagnostics;
  diagnostics.remember_source("a\x1b[2J", "\x1b]0;x\x07 \xe2\x80\xae \xff");
  diagnostics.error({"a\x1b[2J", 1, 1, 1}, "found \x1b[31m\n", "\x7f");
  EXPECT_EQ(printed(diagnostics),
            "a\\x1b[2J:1:1: error: found \\x1b[31m\\n\n"
            "    1 | \\x1b]0;x\\x07 \\u{202e} \\xff\n"
            "      | ^~~~\n"
            "      = \\x7f\n"
            "1 error\n");
}

TEST(Diagnostics, SurvivePlacesOutsideTheFile) {
  Diagnostics diagnostics;
  diagnostics.remember_source("a", "short\r\n");
  diagnostics.error({"a", 1, 900, 900}, "x");
  diagnostics.error({"a", 9, 1, 1}, "y");
  EXPECT_EQ(printed(diagnostics),
            "a:1:900: error: x\n    1 | short\n      |      ^\na:9:1: error: y\n2 errors\n");
}

}  // namespace
}  // namespace tickweir
