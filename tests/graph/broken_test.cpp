// Every NAME.yaml in broken/ is refused, and every one in warned/ is taken, with exactly what NAME.expected
// says. Adding a case is adding two files; TICKWEIR_WRITE_EXPECTED=1 writes the second.
#include "files.h"

namespace {

using namespace tickweir;
using namespace tickweir::files;

TEST(BrokenGraphs, AreEachRefusedWithTheExpectedWords) {
  const fs::path folder = test_dir() / "broken";
  const std::vector<std::string> names = pipelines_in(folder);
  EXPECT_GE(names.size(), 75U);
  for (const std::string& name : names) {
    const Outcome outcome = build(folder, name);
    EXPECT_FALSE(outcome.graph) << name;
    expect_as_in(folder / fs::path(name).replace_extension(".expected"), outcome.said);
  }
}

TEST(DoubtfulGraphs, AreEachTakenWithTheExpectedWarnings) {
  const fs::path folder = test_dir() / "warned";
  const std::vector<std::string> names = pipelines_in(folder);
  EXPECT_GE(names.size(), 4U);
  for (const std::string& name : names) {
    const Outcome outcome = build(folder, name);
    EXPECT_TRUE(outcome.graph) << name;
    expect_as_in(folder / fs::path(name).replace_extension(".expected"), outcome.said);
  }
}

}  // namespace
