// The segment log against a disk that does its worst. TICKWEIR_SEED repeats a failure; TICKWEIR_EFFORT=20
// runs as many times the power cuts.
#include <gtest/gtest.h>

#include "seed.h"
#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

void expect_none(const Findings& findings) {
  EXPECT_EQ(findings.failures, 0U) << findings.first_failure << "\n(repeat: TICKWEIR_SEED=" << test_seed()
                                   << ")";
  EXPECT_GT(findings.states, 0U) << "nothing was tried";
  std::printf("%llu states\n", static_cast<unsigned long long>(findings.states));
}
std::uint32_t effort() {
  const char* const given = std::getenv("TICKWEIR_EFFORT");
  return given == nullptr ? 1 : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

TEST(SegmentLog, W02W16W17W24KeepsWhatWasSyncedWhenThePowerGoesAtAnyCallAlsoOfARecovery) {
  for (std::uint64_t round = 0; round < 16; ++round) expect_none(power_cuts(test_seed() + round, effort()));
}
TEST(SegmentLog, W16W24LeavesNoGapWhenThePowerGoesWhileItDropsSegments) {
  expect_none(cut_truncations(test_seed()));
}
TEST(SegmentLog, W04SyncsWhatItFoundBeforeItAnswersForIt) {
  expect_none(killed_processes(test_seed()));
}
TEST(SegmentLog, W03W07TellsEveryFailedCallAndRetriesNoSync) {
  expect_none(failed_calls(test_seed()));
}
TEST(SegmentLog, W05KeepsNothingOfAnAppendThatDidNotFit) {
  expect_none(full_disks());
}
TEST(SegmentLog, W06FinishesShortTransfers) {
  expect_none(short_transfers(test_seed()));
}
TEST(SegmentLog, W08NoticesEveryFlippedBit) {
  expect_none(flipped_bits());
}
TEST(SegmentLog, W09NoticesEveryCutFile) {
  expect_none(cut_files());
}
TEST(SegmentLog, W10NoticesBadSectors) {
  expect_none(bad_sectors(test_seed()));
}
TEST(SegmentLog, W11W25TellsATornEndAndHasOneOwner) {
  expect_none(owners_and_files());
}
TEST(SegmentLog, W12W14W15RefusesBlocksThatNoWriterMakes) {
  expect_none(made_up_blocks());
}
TEST(SegmentLog, W13RefusesPartsOfOtherLogs) {
  expect_none(spliced_logs());
}

}  // namespace
}  // namespace tickweir::wal_segment
