// The suites of the segment log as one test, cheap ones first: the first that finds something ends it.
#include <gtest/gtest.h>

#include "../wal/segment_drive.h"

namespace tickweir::wal_segment {
namespace {

TEST(SegmentLog, IsFoundSoundByItsSuites) {
  const std::pair<const char*, Findings (*)()> suites[]{
      {"owners_and_files", owners_and_files},
      {"made_up_blocks", made_up_blocks},
      {"spliced_logs", spliced_logs},
      {"killed_processes", [] { return killed_processes(1); }},
      {"torn_copies", torn_copies},
      {"reads_while_written", reads_while_written},
      {"cut_truncations", [] { return cut_truncations(1); }},
      {"full_disks", [] { return full_disks(97); }},
      {"failed_calls", [] { return failed_calls(1); }},
      {"rotten_last_groups", rotten_last_groups},
      {"bad_sectors", [] { return bad_sectors(1); }},
  };
  for (const auto& [name, run] : suites) {
    const Findings findings = run();
    ASSERT_EQ(findings.failures, 0U) << name << ": " << findings.first_failure;
  }
}

}  // namespace
}  // namespace tickweir::wal_segment
