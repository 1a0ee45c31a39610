// Whatever the power does while snapshots are written and replaced, the newest that was published is there.
#include <gtest/gtest.h>

#include <iostream>

#include "saved.h"
#include "tickweir/testing_files.h"

namespace tickweir::test {
namespace {

using testing::FaultyFiles;
using testing::PowerCut;

constexpr const char* path = "/data/snapshots";

// Publishes the snapshots 1, 2, ... up to `last`, each keeping the one before. The last that was published.
std::uint64_t publish_all(FaultyFiles& disk, std::uint64_t last) {
  SnapshotFolder folder(disk.raw(), path);
  if (!folder.own()) return 0;
  std::string kept;
  for (std::uint64_t number = 1; number <= last; ++number) {
    auto file = folder.create();
    if (!file || !write_number(disk.raw(), file->handle(), number)) return number - 1;
    auto published = folder.publish(kept);
    if (!published) return number - 1;
    kept = published->path;
  }
  return last;
}

// What is found after the power came back; "" when all is well.
std::string wrong_with(FaultyFiles& disk, std::uint64_t published) {
  SnapshotFolder folder(disk.raw(), path);
  auto files = folder.list();
  if (!files) return files.error().message;
  if (files->empty()) return published == 0 ? "" : "nothing is left";
  for (std::size_t i = 0; i < files->size(); ++i) {
    auto snapshot = read_snapshot(folder.files(), (*files)[i]);
    if (!snapshot) return snapshot.error().message;
    const std::uint64_t number = snapshot->logs[0].last_sequence / 100;
    if (i == 0 && (number < published || number > published + 1)) {
      return "the newest is " + std::to_string(number) + ", published was " + std::to_string(published);
    }
    if (auto differs = difference(folder.files(), *snapshot, number); !differs.empty()) return differs;
  }
  // And it goes on.
  if (auto owned = folder.own(); !owned) return owned.error().message;
  auto file = folder.create();
  if (!file) return file.error().message;
  if (!write_number(disk.raw(), file->handle(), 77)) return "cannot be written to any more";
  auto next = folder.publish(files->front());
  return next ? difference(folder.files(), *next, 77) : next.error().message;
}

TEST(SnapshotFolderTest, KeepsTheNewestAndTheOneBefore) {
  FaultyFiles disk;
  ASSERT_EQ(publish_all(disk, 5), 5U);
  auto files = SnapshotFolder(disk.raw(), path).list();
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::vector<std::string>{"/data/snapshots/snapshot-00000000000005",
                                              "/data/snapshots/snapshot-00000000000004"}));
}

TEST(SnapshotFolderTest, KeepsWhatIsSpared) {
  FaultyFiles disk;
  ASSERT_EQ(publish_all(disk, 2), 2U);
  SnapshotFolder folder(disk.raw(), path);
  auto before = folder.list();
  ASSERT_TRUE(before);
  folder.spare(before->back());
  auto file = folder.create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(write_number(disk.raw(), file->handle(), 3));
  ASSERT_TRUE(folder.publish(""));
  auto files = folder.list();
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::vector<std::string>{"/data/snapshots/snapshot-00000000000003", before->back()}));
}

TEST(SnapshotFolderTest, SurvivesPowerCutsAtEveryOperation) {
  FaultyFiles whole;
  ASSERT_EQ(publish_all(whole, 4), 4U);
  std::uint64_t states = 0;
  for (std::uint64_t cut = 1; cut <= whole.operations(); ++cut) {
    FaultyFiles disk;
    disk.cut_at(cut);
    const std::uint64_t published = publish_all(disk, 4);
    for (std::uint64_t round = 0; round < 12; ++round, ++states) {
      const PowerCut kind = round == 0   ? PowerCut::none
                            : round == 1 ? PowerCut::all
                                         : (round % 2 == 0 ? PowerCut::subset : PowerCut::torn);
      const auto left = disk.after_cut(kind, cut * 1000 + round);
      ASSERT_EQ(wrong_with(*left, published), "") << "cut at " << cut << ", round " << round;
    }
  }
  std::cout << states << " states" << std::endl;
}

TEST(SnapshotFolderTest, ReportsEveryCallThatFailsAndLosesNothingByIt) {
  for (const auto call : {testing::FileCall::open, testing::FileCall::write, testing::FileCall::sync,
                          testing::FileCall::rename, testing::FileCall::remove,
                          testing::FileCall::sync_folder, testing::FileCall::list, testing::FileCall::read}) {
    for (const bool for_ever : {false, true}) {
      bool has_failed = true;
      for (std::uint64_t nth = 1; has_failed && nth < 500; ++nth) {
        FaultyFiles disk;
        disk.fail({.call = call, .nth = nth, .for_ever = for_ever});
        const std::uint64_t published = publish_all(disk, 3);
        has_failed = disk.has_failed();
        const auto left = disk.copy();
        ASSERT_EQ(wrong_with(*left, published), "")
            << static_cast<int>(call) << " failed at its " << nth << (for_ever ? " and all later ones" : "");
      }
    }
  }
}

TEST(SnapshotFolderTest, RefusesASnapshotThatIsNotWhole) {
  FaultyFiles disk;
  SnapshotFolder folder(disk.raw(), path);
  ASSERT_TRUE(folder.own());
  auto file = folder.create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(write_number(disk.raw(), file->handle(), 1));
  disk.contents("/data/snapshots/new").back() ^= 1;
  EXPECT_FALSE(folder.publish(""));
  auto files = folder.list();
  ASSERT_TRUE(files);
  EXPECT_TRUE(files->empty());
}

TEST(SnapshotFolderTest, SaysThatNoNumberIsLeft) {
  FaultyFiles disk;
  ASSERT_EQ(publish_all(disk, 1), 1U);
  SnapshotFolder folder(disk.raw(), path);
  const std::string last = "/data/snapshots/snapshot-99999999999999";
  folder.files().rename("/data/snapshots/snapshot-00000000000001", last);
  auto file = folder.create();
  ASSERT_TRUE(file);
  ASSERT_TRUE(write_number(disk.raw(), file->handle(), 2));
  auto published = folder.publish(last);
  ASSERT_FALSE(published);
  EXPECT_NE(published.error().message.find(last + " has the last number"), std::string::npos)
      << published.error().message;
  EXPECT_EQ(wrong_with(disk, 1),
            last + " has the last number that a name has room for; remove it if no snapshot made it");
}

}  // namespace
}  // namespace tickweir::test
