// Files that are made before the first event, and files of dropped segments that are used again.
#include <gtest/gtest.h>

#include <algorithm>

#include "segment_format.h"
#include "tickweir/testing_files.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace {
using namespace tickweir;
using namespace tickweir::testing;

constexpr const char* plugin_file = TICKWEIR_PLUGIN_FILE;

std::vector<OwnedEvent> events(std::uint32_t count, std::uint8_t filling = 1) {
  const std::vector<std::uint8_t> payload(64, filling);
  return {count, OwnedEvent(std::uint16_t{300}, payload, Fields{.time = 1, .origin = 1})};
}

OptionTexts options(const std::string& prepare, const std::string& reuse, const std::string& path = "log") {
  return {{"path", path}, {"segment_bytes", "16KiB"}, {"prepare", prepare}, {"reuse", reuse}};
}

std::vector<std::string> files_with(const FaultyFiles& disk, const std::string& ending) {
  std::vector<std::string> found;
  for (const std::string& path : disk.paths()) {
    if (path.ends_with(ending)) found.push_back(path);
  }
  return found;
}

std::uint32_t version_of_last(FaultyFiles& disk) {
  wal_segment::SegmentHeader header;
  std::memcpy(&header, disk.contents(files_with(disk, ".segment").back()).data(), sizeof header);
  return header.version;
}

// Fills segments and drops those before the newest, until new ones lie in files of old ones.
void go_round(LogHarness& log) {
  for (std::uint32_t i = 0; i < 60; ++i) {
    log.append(events(20, static_cast<std::uint8_t>(i)));
    log.sync();
    if (i % 10 == 9) log.truncate_before(log.appended().size() - 100);
  }
  log.truncate_before(log.appended().size());
  for (std::uint32_t i = 0; i < 3; ++i) log.append(events(20));
  log.sync();
}

// From what is kept to the end, as it was appended.
void expect_all(LogHarness& log) {
  const std::uint64_t first = log.describe().first_sequence;
  const auto kept = log.appended().begin() + static_cast<std::ptrdiff_t>(first - 1);
  EXPECT_EQ(log.read_all(first), std::vector<OwnedEvent>(kept, log.appended().end()));
}

TEST(SegmentSupply, MakesFilesBeforeTheFirstEventAndFillsThemWithoutMakingMore) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("64KiB", "0B"), {.files = &disk.raw()});
  EXPECT_EQ(files_with(disk, ".ready").size(), 4U);
  EXPECT_NE(log.describe().note.find(", 4 more ready"), std::string::npos) << log.describe().note;
  while (files_with(disk, ".segment").size() < 5) {
    EXPECT_TRUE(files_with(disk, ".new").empty());
    log.append(events(20));
  }
  EXPECT_TRUE(files_with(disk, ".ready").empty());
  log.append(events(1));
  log.sync();
  expect_all(log);
  log.reopen();
  expect_all(log);
}

TEST(SegmentSupply, TakesAFileThatWasPreparedForANewOneAlsoAfterAReopen) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("64KiB", "0B"), {.files = &disk.raw()});
  EXPECT_EQ(version_of_last(disk), wal_segment::format_version);
  log.stop();
  log.reopen();
  while (files_with(disk, ".segment").size() < 2) log.append(events(20));
  EXPECT_EQ(version_of_last(disk), wal_segment::format_version);
}

TEST(SegmentSupply, MakesAWholeFileForAPartOfOne) {
  FaultyFiles disk;
  const LogHarness log(plugin_file, options("17KiB", "0B"), {.files = &disk.raw()});
  EXPECT_EQ(files_with(disk, ".ready").size(), 2U);
}

TEST(SegmentSupply, FindsReadyFilesAgainAndAddsWhatIsMissing) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("64KiB", "0B"), {.files = &disk.raw()});
  const std::vector<std::string> ready = files_with(disk, ".ready");
  log.stop();
  disk.contents(ready[0]).resize(4096);  // of another length: made for other options
  log.reopen();
  const std::vector<std::string> again = files_with(disk, ".ready");
  EXPECT_EQ(again.size(), 4U);
  EXPECT_EQ(std::count(again.begin(), again.end(), ready[0]), 0);
  EXPECT_EQ(std::count(again.begin(), again.end(), ready[1]), 1);
  for (const std::string& path : again) EXPECT_EQ(disk.contents(path).size(), 16384U) << path;
}

TEST(SegmentSupply, SaysThatThereIsNoRoomToPrepare) {
  FaultyFiles disk;
  disk.limit_bytes(50'000);
  try {
    LogHarness log(plugin_file, options("64KiB", "0B"), {.files = &disk.raw()});
    FAIL();
  } catch (const StageError& refused) {
    EXPECT_NE(std::string(refused.what()).find("no room on the disk to prepare"), std::string::npos)
        << refused.what();
  }
  EXPECT_TRUE(files_with(disk, ".new").empty());
}

TEST(SegmentSupply, UsesFilesOfDroppedSegmentsAgain) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("0B", "32KiB"), {.files = &disk.raw()});
  go_round(log);
  EXPECT_EQ(version_of_last(disk), wal_segment::format_version_reused);
  EXPECT_LE(files_with(disk, ".ready").size(), 2U);
  expect_all(log);
  log.stop();
  log.reopen();
  EXPECT_EQ(log.opened().note, "") << "what an older segment left is no torn end";
  expect_all(log);
  log.append(events(50));
  expect_all(log);
}

TEST(SegmentSupply, UsesNoFileThatIsNewerThanTheSegmentsBesideIt) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("0B", "64KiB"), {.files = &disk.raw()});
  while (files_with(disk, ".segment").size() < 3) log.append(events(20));
  log.sync();
  const std::vector<std::string> old = files_with(disk, ".segment");
  std::vector<std::vector<std::uint8_t>> copies;
  for (const std::string& path : old) copies.push_back(disk.contents(path));
  while (files_with(disk, ".segment").size() < 6) log.append(events(20));
  log.truncate_before(log.appended().size());
  ASSERT_EQ(files_with(disk, ".ready").size(), 4U);
  log.stop();
  // The old segments are put back, and what was ready stays.
  for (const std::string& path : files_with(disk, ".segment"))
    disk.raw().remove(disk.raw().state, path.c_str());
  for (std::size_t i = 0; i < old.size(); ++i) disk.plant(old[i], copies[i]);
  log.reopen();
  EXPECT_TRUE(files_with(disk, ".ready").empty());
  log.append(events(20));
}

TEST(SegmentSupply, RemovesFilesOfDroppedSegmentsThatAreTooMany) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("0B", "0B"), {.files = &disk.raw()});
  go_round(log);
  EXPECT_EQ(version_of_last(disk), wal_segment::format_version);
  EXPECT_TRUE(files_with(disk, ".ready").empty());
  expect_all(log);
}

TEST(SegmentSupply, KeepsOfATornEndInAUsedFileOnlyItsOwnBytes) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("0B", "64KiB"), {.files = &disk.raw()});
  go_round(log);
  log.append(events(3));  // in the last segment's middle, and not synced
  ASSERT_EQ(version_of_last(disk), wal_segment::format_version_reused);
  std::vector<std::uint8_t>& bytes = disk.contents(files_with(disk, ".segment").back());
  const auto& last = log.appended().back();
  const auto* from = reinterpret_cast<const std::uint8_t*>(&last.header());
  const auto at = std::search(bytes.begin(), bytes.end(), from, from + last.size());
  ASSERT_NE(at, bytes.end());
  at[40] ^= 1;  // as if the last sector had not arrived
  log.reopen();
  EXPECT_NE(log.opened().note.find("cut a torn end of " + std::to_string(40 + 3 * 96) + " bytes"),
            std::string::npos)
      << log.opened().note;
  EXPECT_EQ(disk.contents(files_with(disk, ".torn").front()).size(), 40U + 3 * 96);
  EXPECT_EQ(log.opened().last_sequence, log.appended().size() - 3);
}

TEST(SegmentSupply, GivesItsRoomToALargeGroup) {
  FaultyFiles disk;
  LogHarness log(plugin_file, options("64KiB", "0B"), {.files = &disk.raw(), .batch_bytes_max = 1 << 20});
  disk.limit_bytes(16384 * 5 + 8192);
  EXPECT_THROW(log.append(events(900)), LogFull);  // 90 KB: more than all of it
  EXPECT_TRUE(files_with(disk, ".ready").empty());
  log.append(events(400));
  log.sync();
  expect_all(log);
}

TEST(SegmentSupply, TellsAReaderThatWhatItReadsWasDropped) {
  const TempFolder folder;
  const OptionTexts large{{"path", folder.at("a/log")},
                          {"segment_bytes", "2MiB"}};  // more than it reads ahead
  LogHarness log(plugin_file, large, {.batch_bytes_max = 1 << 20});
  while (log.describe().bytes < 4 << 21) log.append(events(2000));
  log.sync();
  LogHarness reader(plugin_file, large, {.is_read_only = true, .batch_events_max = 100});
  std::uint64_t next = 1 + reader.read(1).size();
  log.truncate_before(log.appended().size());
  while (log.describe().bytes < 4 << 21) log.append(events(2000, 2));
  try {
    for (auto some = reader.read(next); !some.empty(); some = reader.read(next)) next += some.size();
    FAIL();
  } catch (const StageError& gone) {
    EXPECT_NE(std::string(gone.what()).find("dropped from the log while it was read"), std::string::npos)
        << gone.what();
  }
}

}  // namespace
