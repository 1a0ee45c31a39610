// The cases of rows/ over the obvious book and over the fast one.
#include <gtest/gtest.h>

#include "row_runners.h"
#include "rows.h"

namespace tickweir::book {
namespace {

using Lines = std::vector<std::string>;

std::string in_lines(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) all += "\n    " + line;
  return all.empty() ? " nothing" : all;
}

Limits limits_of(const RowCase& rows) {
  return {.orders = rows.orders, .instruments = 4, .by_instrument = rows.by_instrument};
}

// What a case expects and a book does not give; empty when all is as it should be.
std::string mistake_of_book(const RowCase& rows, auto&& runner) {
  for (const RowStep& step : rows.steps) {
    const Lines given = by_output(runner.give(step.request), rows.outputs);
    const Lines expected = by_output(step.expected, rows.outputs);
    if (step.is_given || given == expected) continue;
    return rows.file + ":" + std::to_string(step.line) + ": " + rows.title + "\n  " + step.request +
           "\n  expected" + in_lines(expected) + "\n  got" + in_lines(given);
  }
  return "";
}
std::string mistake_of_fast_book(const RowCase& rows) {
  if (rows.is_rebuild) return mistake_of_book(rows, FastRunner<Rebuilding>(limits_of(rows)));
  return mistake_of_book(rows, FastRunner<Matching>(limits_of(rows)));
}

const std::string folder = TICKWEIR_ROWS_DIR "rows";

TEST(Rows, HoldForTheObviousBook) {
  for (const RowCase& rows : load_rows(folder)) {
    const bool matches = !rows.is_rebuild;
    EXPECT_EQ(rows.by_instrument ? mistake_of_book(rows, ObviousVenuesRunner(limits_of(rows), matches))
                                 : mistake_of_book(rows, ObviousRunner(limits_of(rows), matches)),
              "");
  }
}

TEST(Rows, HoldForTheFastBook) {
  for (const RowCase& rows : load_rows(folder)) EXPECT_EQ(mistake_of_fast_book(rows), "");
}

// ---- The loader --------------------------------------------------------------------------------------

std::string mistake_in(const std::string& text) {
  std::istringstream input(text);
  try {
    static_cast<void>(RowLoader::load(input, "x.rows"));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST(RowLoader, SaysWhereAFileIsWrong) {
  EXPECT_EQ(mistake_in("new 1 B 1x1\n"), "x.rows:1: a file begins with the title of a case, \"== ...\"");
  EXPECT_EQ(mistake_in("== a\n\n  accepted 1\n"),
            "x.rows:3: nothing was asked yet that could give \"accepted 1\"");
  EXPECT_EQ(mistake_in("== a\nnew 1 B 1y1\n"), "x.rows:2: \"1y1\": expected a number, found \"1y1\"");
  EXPECT_EQ(mistake_in("== a\nnew 1 B 1x1 show:a\n"), "x.rows:2: \"show:a\": expected a number, found \"a\"");
  EXPECT_EQ(mistake_in("== a\nnew 1 B 1x1 hide:5\n"), "x.rows:2: \"hide:5\" means nothing in a row");
  EXPECT_TRUE(mistake_in("== a\nbuy 1\n").starts_with("x.rows:2: \"buy\" is not a request: expected new, "));
  EXPECT_EQ(mistake_in("== a\n== b\nclear\n"), "x.rows:2: the case before has no rows");
  EXPECT_EQ(mistake_in("== a\noutputs: tops\n"),
            "x.rows:2: no output is called tops; there are levels, top, orders and auctions");
  EXPECT_EQ(mistake_in("== a\nclear\n  top 0x0 / 0x0\n"), "x.rows:3: output top is not among outputs:");
  EXPECT_EQ(mistake_in("== a\ngiven clear\n  rejected 0 X\n"),
            "x.rows:3: what a given row gives is not compared; drop \"given\"");
  EXPECT_EQ(mistake_in("== a\nclear\nmode: rebuild\n"), "x.rows:3: settings stand before the first row");
  EXPECT_EQ(
      mistake_in("== a\nmode: fast\n"),
      "x.rows:2: settings are outputs:, orders:, mode: rebuild and ids: by instrument; found mode: fast");
}

}  // namespace
}  // namespace tickweir::book
