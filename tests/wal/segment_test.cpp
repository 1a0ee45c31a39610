// The segment log against a disk that does its worst. TICKWEIR_SEED repeats a failure; TICKWEIR_EFFORT=20
// runs as many times the power cuts, and flips and cuts logs of 256 KiB.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "segment_drive.h"
#include "tickweir/testing_random.h"

namespace tickweir::wal_segment {
namespace {

std::uint64_t log_size() {
  return testing::effort() < 20 ? 1 : 8;
}

// `at_least`: so many states must have been tried, at full speed.
void expect_none(const Findings& findings, std::uint64_t at_least = 1) {
  const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
  EXPECT_EQ(findings.failures, 0U) << findings.first_failure << "\nagain: TICKWEIR_SEED=" << testing::seed()
                                   << " TICKWEIR_EFFORT=" << testing::effort()
                                   << " segment_log_test --gtest_filter=SegmentLog." << test.name();
  EXPECT_GE(findings.states, testing::is_sanitized ? 1 : at_least) << "too little was tried";
  std::printf("%llu states: %s\n", static_cast<unsigned long long>(findings.states), test.name());
}

TEST(SegmentLog, W02W16W17W24KeepsWhatWasSyncedWhenThePowerGoesAtAnyCallAlsoOfARecovery) {
  Findings all;
  for (std::uint64_t round = 0; round < testing::rounds(16U); ++round) {
    const Findings found = power_cuts(testing::seed() + round);
    all.states += found.states;
    all.expect(found.failures == 0, "round " + std::to_string(round) + ": " + found.first_failure);
  }
  expect_none(all, std::uint64_t{50'000} * testing::effort());
}
TEST(SegmentLog, W16W24LeavesNoGapWhenThePowerGoesWhileItDropsSegments) {
  expect_none(cut_truncations(testing::seed()));
}
TEST(SegmentLog, IsReadWhileItsOwnerWrites) {
  expect_none(reads_while_written());
}
TEST(SegmentLog, KeepsATornEndAsItWasFoundAlsoWhenItsRecoveryIsCut) {
  expect_none(torn_copies());
}
TEST(SegmentLog, W04SyncsWhatItFoundBeforeItAnswersForIt) {
  expect_none(killed_processes(testing::seed()));
}
TEST(SegmentLog, W03W07TellsEveryFailedCallAndRetriesNoSync) {
  expect_none(failed_calls(testing::seed()));
}
TEST(SegmentLog, W05KeepsNothingOfAnAppendThatDidNotFit) {
  expect_none(full_disks(testing::is_sanitized ? 97 : 9), 4'096);
}
TEST(SegmentLog, W06FinishesShortTransfers) {
  expect_none(short_transfers(testing::seed()));
}
TEST(SegmentLog, W08NoticesEveryFlippedBit) {
  expect_none(flipped_bits(testing::is_sanitized ? 37 : 1, log_size()), 524'288 * log_size());
}
TEST(SegmentLog, W09NoticesEveryCutFile) {
  expect_none(cut_files(testing::is_sanitized ? 7 : 1, log_size()), 32'768 * log_size());
}
TEST(SegmentLog, W10NoticesBadSectors) {
  expect_none(bad_sectors(testing::seed()));
}
TEST(SegmentLog, TellsARotOfItsLastGroupInEveryKindOfFile) {
  expect_none(rotten_last_groups());
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

// framework/docs/wal_format.md tells every field where it is.
TEST(SegmentFormat, IsWhatItsDocumentSays) {
  std::ifstream in(TICKWEIR_SOURCE_DIR "/framework/docs/wal_format.md");
  const std::string document{std::istreambuf_iterator<char>(in), {}};
#define EXPECT_FIELD(type, field, base)                                                                \
  EXPECT_NE(document.find("| " #field " | " + std::to_string(offsetof(type, field) + (base)) + " | " + \
                          std::to_string(sizeof(type::field)) + " |"),                                 \
            std::string::npos)                                                                         \
      << #type "::" #field
  EXPECT_FIELD(SegmentHeader, magic, 0);
  EXPECT_FIELD(SegmentHeader, check, 0);
  EXPECT_FIELD(SegmentHeader, version, 0);
  EXPECT_FIELD(SegmentHeader, log_id, 0);
  EXPECT_FIELD(SegmentHeader, number, 0);
  EXPECT_FIELD(SegmentHeader, first_sequence, 0);
  EXPECT_FIELD(SegmentHeader, segment_bytes, 0);
  EXPECT_FIELD(SegmentHeader, previous_chain, 0);
  EXPECT_FIELD(SegmentHeader, schema_bytes, 0);
  EXPECT_FIELD(SegmentHeader, schema_check, 0);
  EXPECT_FIELD(SegmentHeader, data_offset, 0);
  EXPECT_FIELD(BlockHeader, check, 0);
  EXPECT_FIELD(BlockHeader, kind, 0);
  EXPECT_FIELD(BlockHeader, payload_bytes, 0);
  EXPECT_FIELD(BlockHeader, event_count, 0);
  EXPECT_FIELD(BlockHeader, first_sequence, 0);
  EXPECT_FIELD(BlockHeader, synced_sequence, 0);
  EXPECT_FIELD(BlockHeader, chain, 0);
  EXPECT_FIELD(BlockHeader, reserved, 0);
  EXPECT_FIELD(SyncMark, check, mark_offset);
  EXPECT_FIELD(SyncMark, kind, mark_offset);
  EXPECT_FIELD(SyncMark, synced_sequence, mark_offset);
#undef EXPECT_FIELD
}

}  // namespace
}  // namespace tickweir::wal_segment
