// The bug zoo: each planted bug of the segment log must be seen by one of its suites at least.
#include <gtest/gtest.h>

#include "../segment_drive.h"

namespace tickweir::wal_segment {
namespace {

struct Bug {
  int number;
  const char* what;
};
const Bug bugs[]{
    {1, "a block is not bound to its log, segment and place"},
    {2, "a block does not follow from the one before it"},
    {3, "a gap in the sequences is passed over"},
    {4, "damage amid the log is taken for a torn end"},
    {5, "a new segment is used before it is synced"},
    {6, "a new segment's name is not synced"},
    {7, "what was written of a refused append stays"},
    {8, "a sync does nothing"},
    {9, "a failed sync is retried"},
    {10, "a sealed segment is not marked as such"},
    {11, "the log is not locked"},
    {12, "a missing segment is passed over"},
    {13, "a torn end is left where it is"},
    {14, "what a recovery found is not synced"},
    {15, "a segment is left before it is synced"},
    {16, "zeros are the end, whatever follows"},
    {17, "the version of the format is not looked at"},
    {18, "segments are dropped without syncing the folder in between"},
    {19, "the mark of what was synced is not looked at"},
};

class Zoo : public ::testing::TestWithParam<Bug> {
 protected:
  ~Zoo() override { planted_bug = 0; }
};

// Cheap suites first; the first that sees the bug ends the search.
TEST_P(Zoo, HoldsNoBugThatGoesUnnoticed) {
  planted_bug = GetParam().number;
  const std::pair<const char*, Findings (*)()> suites[]{
      {"owners_and_files", owners_and_files},
      {"made_up_blocks", made_up_blocks},
      {"spliced_logs", spliced_logs},
      {"killed_processes", [] { return killed_processes(1); }},
      {"cut_truncations", [] { return cut_truncations(1); }},
      {"full_disks", full_disks},
      {"failed_calls", [] { return failed_calls(1); }},
      {"bad_sectors", [] { return bad_sectors(1); }},
      {"power_cuts", [] { return power_cuts(1, 4); }},
      {"flipped_bits", [] { return flipped_bits(5); }},
  };
  for (const auto& [name, run] : suites) {
    std::string seen;
    try {
      const Findings findings = run();
      if (findings.failures > 0) seen = findings.first_failure;
    } catch (const std::exception& thrown) {
      seen = thrown.what();
    }
    if (seen.empty()) continue;
    std::printf("bug %d, %s: seen by %s: %s\n", GetParam().number, GetParam().what, name, seen.c_str());
    return;
  }
  FAIL() << "no suite sees bug " << GetParam().number << ": " << GetParam().what;
}

// Without a bug none of the suites that the zoo leans on finds anything.
TEST(ZooWithoutBugs, IsQuiet) {
  for (const Findings& findings : {owners_and_files(), made_up_blocks(), spliced_logs(), killed_processes(1),
                                   cut_truncations(1), full_disks(), failed_calls(1), bad_sectors(1)}) {
    EXPECT_EQ(findings.failures, 0U) << findings.first_failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Bugs, Zoo, ::testing::ValuesIn(bugs),
                         [](const auto& one) { return "Bug" + std::to_string(one.param.number); });

}  // namespace
}  // namespace tickweir::wal_segment
