// The back end through the plugin line, on a real file system and on one in memory.
#include <gtest/gtest.h>

#include <filesystem>

#include "tickweir/testing_files.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace {
using namespace tickweir;
using namespace tickweir::testing;

constexpr const char* plugin_file = TICKWEIR_PLUGIN_FILE;

std::vector<OwnedEvent> events(std::uint32_t count, std::uint32_t payload_bytes = 32) {
  std::vector<OwnedEvent> made;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::vector<std::uint8_t> payload(payload_bytes, static_cast<std::uint8_t>(i));
    made.emplace_back(std::uint16_t{300}, payload, Fields{.time = i, .origin = i});
  }
  return made;
}

TEST(WalSegment, KeepsEventsOverManySegmentsAndGoesOnAfterAReopen) {
  const TempFolder folder;
  LogHarness log(plugin_file, {{"path", folder.at("a/log")}, {"segment_bytes", "16KiB"}});
  EXPECT_EQ(log.opened().last_sequence, 0U);
  for (std::uint32_t i = 0; i < 50; ++i) log.append(events(i, i * 8));
  log.sync();
  EXPECT_EQ(log.read_all(), log.appended());
  log.stop();
  log.reopen();
  EXPECT_EQ(log.opened().note, "");
  EXPECT_EQ(log.opened().last_sequence, log.appended().size());
  log.append(events(3));
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, ReadsFromEverySequence) {
  const TempFolder folder;
  LogHarness log(plugin_file, {{"path", folder.at("a/log")}, {"segment_bytes", "16KiB"}},
                 {.batch_events_max = 7});
  for (std::uint32_t i = 0; i < 40; ++i) log.append(events(10, i % 3 * 8));
  for (std::uint64_t from = 1; from <= 400; ++from) {
    const std::vector<OwnedEvent> expected(log.appended().begin() + static_cast<std::ptrdiff_t>(from - 1),
                                           log.appended().end());
    ASSERT_EQ(log.read_all(from), expected) << from;
  }
  EXPECT_TRUE(log.read(401).empty());
}

TEST(WalSegment, ReadsWhileItIsBeingWrittenAlsoOverARoll) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}, {"segment_bytes", "16KiB"}}, {.files = &disk.raw()});
  std::uint64_t next = 1;
  for (std::uint32_t i = 0; i < 200; ++i) {
    log.append(events(1 + i % 5, 64));
    for (const OwnedEvent& one : log.read_all(next)) ASSERT_EQ(one, log.appended()[next++ - 1]);
  }
  EXPECT_EQ(next, log.appended().size() + 1);
}

TEST(WalSegment, MakesTheNextSegmentAheadAndLeavesNoneBehind) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}, {"segment_bytes", "16KiB"}}, {.files = &disk.raw()});
  for (std::uint32_t i = 0; i < 500; ++i) log.append(events(5));
  log.sync();
  EXPECT_EQ(log.read_all(), log.appended());
  log.stop();
  for (const std::string& path : disk.paths()) EXPECT_FALSE(path.ends_with(".new")) << path;
  log.reopen();
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, GoesOnWithoutASpareThatCouldNotBeMade) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}, {"segment_bytes", "1MiB"}}, {.files = &disk.raw()});
  disk.fail({.call = FileCall::open, .nth = 1});  // the next file that is opened is the spare
  for (std::uint32_t i = 0; i < 40; ++i) log.append(events(500));
  log.sync();
  EXPECT_TRUE(disk.has_failed());
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, TakesAGroupLargerThanASegment) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}, {"segment_bytes", "16KiB"}},
                 {.files = &disk.raw(), .batch_bytes_max = 1 << 20});
  log.append(events(20'000, 32));
  log.append(events(1, 500'000));
  log.append(events(3, 8));
  log.sync();
  log.reopen();
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, DropsWholeOldSegmentsAndNeverTheNewest) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}, {"segment_bytes", "16KiB"}}, {.files = &disk.raw()});
  for (std::uint32_t i = 0; i < 20; ++i) log.append(events(50));
  const std::uint64_t bytes = log.describe().bytes;
  log.truncate_before(500);
  EXPECT_LE(log.describe().first_sequence, 500U);
  EXPECT_GT(log.describe().first_sequence, 250U);
  EXPECT_LT(log.describe().bytes, bytes);
  EXPECT_EQ(log.read_all().back(), log.appended().back());
  EXPECT_THROW(static_cast<void>(log.read(1)), StageError);
  log.truncate_before(1'000'000);
  EXPECT_EQ(log.describe().last_sequence, 1000U);
  log.reopen();
  EXPECT_EQ(log.opened().last_sequence, 1000U);
  log.append(events(1));
}

TEST(WalSegment, KeepsTheNewestEventAlsoWhereACrashLeftASegmentWithoutAny) {
  const OptionTexts options{{"path", "log"}, {"segment_bytes", "16KiB"}};
  bool is_cut = true;
  for (std::uint64_t cut = 1; is_cut; ++cut) {
    FaultyFiles disk;
    disk.cut_at(cut);
    try {
      LogHarness log(plugin_file, options, {.files = &disk.raw()});
      for (std::uint32_t i = 0; i < 6; ++i) {
        log.append(events(50));
        log.sync();
      }
      is_cut = false;
    } catch (const StageError&) {
    }
    const std::unique_ptr<FaultyFiles> later = disk.after_cut(PowerCut::none, 1);
    LogHarness log(plugin_file, options, {.files = &later->raw()});
    log.truncate_before(log.next_sequence());
    ASSERT_EQ(log.describe().first_sequence == 0, log.opened().last_sequence == 0) << cut;
  }
}

TEST(WalSegment, KeepsTheSchemaAndIdOfAnOldLog) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}}, {.files = &disk.raw(), .schema = "Old 32 300\n"});
  const auto id = log.opened().id;
  log.reopen({.files = &disk.raw(), .schema = "New 32 300\n"});
  EXPECT_EQ(log.opened().schema, "Old 32 300\n");
  EXPECT_EQ(log.opened().id, id);
}

TEST(WalSegment, BeginsAnywhereAndGoesOnFromThere) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}}, {.files = &disk.raw()});
  log.set_next_sequence(1000);
  log.append(events(5));
  EXPECT_EQ(log.describe().first_sequence, 1000U);
  log.reopen();
  EXPECT_EQ(log.opened().last_sequence, 1004U);
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, RefusesASecondOwnerWithAClearText) {
  const TempFolder folder;
  LogHarness log(plugin_file, {{"path", folder.at("a/log")}});
  try {
    LogHarness second(plugin_file, {{"path", folder.at("a/log")}});
    FAIL();
  } catch (const StageError& refused) {
    EXPECT_NE(std::string(refused.what()).find("is in use"), std::string::npos) << refused.what();
  }
  log.append(events(2));
  LogHarness reader(plugin_file, {{"path", folder.at("a/log")}}, {.is_read_only = true});
  EXPECT_EQ(reader.read_all(), log.appended());
  EXPECT_THROW(reader.append(events(1)), StageError);
}

TEST(WalSegment, SaysThatThereIsNothingToRead) {
  const TempFolder folder;
  EXPECT_THROW(LogHarness(plugin_file, {{"path", folder.at("a/log")}}, {.is_read_only = true}), StageError);
  EXPECT_FALSE(std::filesystem::exists(folder.at("a/log")));
}

TEST(WalSegment, RefusesEventsThatDoNotFollow) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}}, {.files = &disk.raw()});
  log.append(events(2));
  const std::vector<OwnedEvent> wrong = with_sequences(events(1), 4);
  const tickweir_span span{reinterpret_cast<const std::uint8_t*>(&wrong[0].header()), wrong[0].size()};
  EXPECT_THROW(log.append_raw({span}, 4, 1), StageError);
  EXPECT_THROW(log.append_raw({span}, 3, 1), StageError);
  EXPECT_THROW(log.append_raw({{span.data, span.bytes - 8}}, 4, 1), StageError);
  log.append(events(1));
  EXPECT_EQ(log.read_all(), log.appended());
}

TEST(WalSegment, WritesNothingTwiceWhenItIsIdle) {
  FaultyFiles disk;
  LogHarness log(plugin_file, {{"path", "log"}}, {.files = &disk.raw()});
  log.append(events(2));
  log.sync();
  log.sync();  // says on the disk that the group is synced
  const std::uint64_t operations = disk.operations();
  log.sync();
  log.stop();
  EXPECT_EQ(disk.operations(), operations);
}

}  // namespace
