// tickweir snapshots, on folders made by hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "runtime/durability/snapshot_folder.h"
#include "tests/cli/program.h"
#include "tickweir/posix_files.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::Outcome;
using testing::run_program;

class SnapshotsCommand : public ::testing::Test {
 protected:
  // A pipeline's at this event of its log; the one before is kept.
  void take(std::uint64_t last_sequence) {
    SnapshotFolder folder(posix_files(), path_);
    ASSERT_TRUE(folder.own());
    const std::string kept = folder.list()->empty() ? "" : folder.list()->front();
    auto file = folder.create();
    ASSERT_TRUE(file);
    auto writer = std::make_unique<SnapshotWriter>(posix_files(), file->handle());
    writer->begin();
    writer->add_log({.stage = "log",
                     .log_id = id_,
                     .last_sequence = last_sequence,
                     .last_time = 1'767'623'400'000'000'000});
    writer->add_log({.stage = "trades", .log_id = id_, .last_sequence = last_sequence / 2, .last_time = 5});
    writer->begin_stage("book", "transform_order_book");
    writer->write("twelve bytes", 12);
    writer->begin_stage("unique", "filter_dedup");
    ASSERT_TRUE(writer->finish());
    ASSERT_TRUE(folder.publish(kept));
  }
  [[nodiscard]] std::string file(int number) const {
    return path_ + "/snapshot-0000000000000" + std::to_string(number);
  }

  testing::TempFolder folder_;
  std::string path_ = folder_.at("snapshots");
  std::string id_ = std::string(32, 'a');
};

TEST_F(SnapshotsCommand, ShowsWhatEachHoldsTheNewestFirst) {
  take(100);
  take(260);
  const std::string bytes = std::to_string(std::filesystem::file_size(file(1)));
  const Outcome text = run_program({"snapshots", path_});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  const std::string rest =
      "2026-01-05T14:30:00.000000000Z  book (transform_order_book), unique (filter_dedup)\n";
  EXPECT_EQ(text.out,
            "SNAPSHOT                 BYTES  LOGS UP TO           TIME                            STAGES\n"
            "snapshot-00000000000002    " +
                bytes + "  log 260, trades 130  " + rest + "snapshot-00000000000001    " + bytes +
                "  log 100, trades 50   " + rest);

  const json found = json::parse(run_program({"snapshots", path_, "--json"}).out)["snapshots"];
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["snapshot"], file(2));
  EXPECT_EQ(found[0]["whole"], true);
  EXPECT_EQ(found[0]["logs"][0],
            (json{{"stage", "log"}, {"id", id_}, {"last", 260}, {"time", 1'767'623'400'000'000'000}}));
  EXPECT_EQ(found[1]["stages"][0],
            (json{{"stage", "book"}, {"plugin", "transform_order_book"}, {"bytes", 12}}));
}

TEST_F(SnapshotsCommand, SaysWhatIsWrongWithADamagedOneAndShowsTheOthers) {
  take(100);
  take(260);
  std::fstream damaged(file(2), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(40);
  damaged.put('\x55');
  damaged.close();
  const Outcome text = run_program({"snapshots", path_});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_EQ(text.err, "tickweir: error: " + file(2) + " is damaged at byte 8: its checksum is wrong\n");
  EXPECT_NE(text.out.find("snapshot-00000000000001"), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find("snapshot-00000000000002"), std::string::npos) << text.out;
  const json found = json::parse(run_program({"snapshots", path_, "--json"}).out)["snapshots"];
  EXPECT_EQ(found[0]["whole"], false);
  EXPECT_EQ(found[0]["error"], file(2) + " is damaged at byte 8: its checksum is wrong");
  EXPECT_EQ(found[1]["whole"], true);
}

TEST_F(SnapshotsCommand, SaysWhenThereAreNone) {
  EXPECT_EQ(run_program({"snapshots", path_}).err, "tickweir: error: there is no folder " + path_ + "\n");
  EXPECT_EQ(run_program({"snapshots", path_}).exit_code, 1);
  std::filesystem::create_directory(path_);
  const Outcome empty = run_program({"snapshots", path_});
  EXPECT_EQ(empty.exit_code, 0);
  EXPECT_EQ(empty.out, "no snapshots in " + path_ + "\n");
  EXPECT_EQ(run_program({"snapshots", path_, "--json"}).out, "{\n  \"snapshots\": []\n}\n");
  EXPECT_EQ(run_program({"snapshots"}).exit_code, 2);
}

}  // namespace
}  // namespace tickweir
