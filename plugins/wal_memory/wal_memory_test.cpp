// The back end in memory, through the plugin line.
#include <gtest/gtest.h>

#include "tickweir/testing_log.h"

namespace {
using namespace tickweir;
using namespace tickweir::testing;

std::vector<OwnedEvent> events(std::uint32_t count, std::uint32_t payload_bytes = 32) {
  const std::vector<std::uint8_t> payload(payload_bytes, 7);
  return std::vector<OwnedEvent>(count, OwnedEvent(300, payload));
}

TEST(WalMemory, GivesBackWhatItWasGivenFromEverySequence) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, {}, {.batch_events_max = 4});
  for (std::uint32_t i = 0; i < 10; ++i) log.append(events(i, i * 8));
  for (std::uint64_t from = 1; from <= 45; ++from) {
    ASSERT_EQ(log.read_all(from).size(), 46 - from);
  }
  EXPECT_EQ(log.read_all(), log.appended());
  EXPECT_TRUE(log.read(46).empty());
}

TEST(WalMemory, IsFullAtItsCapacityAndKeepsNothingOfWhatDidNotFit) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, {{"capacity", "1KiB"}});
  log.append(events(10));
  EXPECT_THROW(log.append(events(7)), LogFull);
  EXPECT_EQ(log.read_all(), log.appended());
  log.append(events(6));
  EXPECT_EQ(log.describe().bytes, 1024U);
}

TEST(WalMemory, DropsOldGroupsAndHasRoomAgain) {
  LogHarness log(TICKWEIR_PLUGIN_FILE, {{"capacity", "1KiB"}});
  log.append(events(8));
  log.append(events(8));
  log.truncate_before(9);
  EXPECT_EQ(log.describe().first_sequence, 9U);
  EXPECT_THROW(static_cast<void>(log.read(8)), StageError);
  log.append(events(8));
  EXPECT_EQ(log.describe().last_sequence, 24U);
}

TEST(WalMemory, RefusesASequenceThatDoesNotFollow) {
  LogHarness log(TICKWEIR_PLUGIN_FILE);
  log.append(events(1));
  log.set_next_sequence(3);
  EXPECT_THROW(log.append(events(1)), StageError);
}

}  // namespace
