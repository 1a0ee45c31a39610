// Numbers, tables and the live line as people see them.
#include "cli/shown.h"

#include <gtest/gtest.h>

#include "cli/live_line.h"
#include "cli/report.h"
#include "cli/table.h"

namespace tickweir {
namespace {

TEST(Shown, KeepsThreeDigitsThatMatter) {
  EXPECT_EQ(shown_duration(0), "0 ns");
  EXPECT_EQ(shown_duration(999), "999 ns");
  EXPECT_EQ(shown_duration(1000), "1.00 us");
  EXPECT_EQ(shown_duration(12'345), "12.3 us");
  EXPECT_EQ(shown_duration(999'600), "1.00 ms");
  EXPECT_EQ(shown_duration(123'456'789), "123 ms");
  EXPECT_EQ(shown_duration(5'000'000'000'000), "5000 s");
  EXPECT_EQ(shown_rate(950), "950/s");
  EXPECT_EQ(shown_rate(2'060'000), "2.06 M/s");
}

TEST(Table, AlignsWordsLeftAndNumbersRight) {
  Table table({{"NAME"}, {"COUNT", true}, {"NOTE"}});
  table.add({"a", "1", "x"});
  table.add({"longer", "1000", ""});
  EXPECT_EQ(table.text(), "NAME    COUNT  NOTE\na           1  x\nlonger   1000\n");
}

TEST(LiveText, ShowsTheLastSecond) {
  HistogramCells cells{};
  Histogram(cells.data()).record(1'000'000);
  const Totals before{.in = 1000, .out = 900, .dropped = 5, .latency = read_histogram(cells.data())};
  Histogram(cells.data()).record(20, 10);
  const Totals now{.in = 3000, .out = 2900, .dropped = 7, .latency = read_histogram(cells.data())};
  EXPECT_EQ(live_text(now, before, 2.0), "in 3000  out 2900  rate 1.00 k/s  p50 20 ns  p99 20 ns  dropped 7");
}

TEST(LiveText, LeavesOutPercentilesOfNothing) {
  EXPECT_EQ(live_text({}, {}, 1.0), "in 0  out 0  rate 0/s  dropped 0");
}

TEST(Report, NamesWhatDoesNotBalance) {
  RunSummary summary{.pipeline = "p", .outcome = "done"};
  summary.report.imbalance = "stage a: received 2, but handled + dropped + failed + held is 1";
  EXPECT_TRUE(report_as_text(summary).ends_with(
      "NOT BALANCED: stage a: received 2, but handled + dropped + failed + held is 1\n"));
}

TEST(Report, SaysWhatIsInFlight) {
  RunReport report;
  EXPECT_EQ(in_flight_text(report), "nothing");
  report.stages.push_back(
      {.id = "a", .received = 10, .waiting = 4, .handled = 3, .held = 2, .dropped = {{"r", 1}}});
  report.edges.push_back({.name = "a->b", .in_flight = 7});
  EXPECT_EQ(in_flight_text(report),
            "7 events in edge a->b, 4 events waiting for the log before stage a, 2 events held by stage a, "
            "4 events inside stage a");
}

}  // namespace
}  // namespace tickweir
