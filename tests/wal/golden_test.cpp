// Logs that were written once and are read by every version since: tests/wal/golden/README.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

namespace fs = std::filesystem;

constexpr const char* schema = "EventHeader 32 0 size@0:4 type@4:2\n";
constexpr LogId id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

// What is in a golden log. Its events are those of segment_drive.h.
struct Golden {
  const char* name;
  std::uint32_t version;  // of its newest segment
  std::uint64_t first;
  std::uint64_t last;
};
constexpr Golden golden_logs[]{{"segment-1", 1, 1, 96}, {"segment-2", 2, 145, 276}};

fs::path folder_of(const Golden& golden) {
  return fs::path(TICKWEIR_SOURCE_DIR "/tests/wal/golden") / golden.name;
}

// Writes such a log; the one of version 2 drops its beginning and goes on in the files of that.
void make(FaultyFiles& files, const Golden& golden) {
  Drive drive(files);
  drive.log().open(false, schema, id);
  while (drive.log().last_sequence() < golden.last) {
    drive.append(12);
    drive.sync();
    if (golden.version == format_version_reused) {
      drive.log().truncate_before(drive.log().last_sequence() * 2 / 3);
    }
  }
  drive.log().stop();
}

class GoldenLogs : public ::testing::TestWithParam<Golden> {
 protected:
  // As they lie in the repository, on a disk in memory.
  void SetUp() override {
    if (const char* const into = std::getenv("TICKWEIR_MAKE_GOLDEN"))
      write_to(fs::path(into) / GetParam().name);
    files_.raw().make_folder(files_.raw().state, folder);
    for (const auto& entry : fs::directory_iterator(folder_of(GetParam()))) {
      std::ifstream in(entry.path(), std::ios::binary);
      files_.plant(std::string(folder) + "/" + entry.path().filename().string(),
                   {std::istreambuf_iterator<char>(in), {}});
    }
  }
  static void write_to(const fs::path& into) {
    FaultyFiles made;
    make(made, GetParam());
    fs::create_directories(into);
    for (const std::string& path : made.paths()) {
      if (!path.ends_with(".segment")) continue;
      const std::vector<std::uint8_t>& bytes = made.contents(path);
      std::ofstream(into / fs::path(path).filename(), std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
  }
  [[nodiscard]] std::string newest() const {
    std::string last;
    for (const std::string& path : files_.paths()) {
      if (path.ends_with(".segment")) last = std::max(last, path);
    }
    return last;
  }

  FaultyFiles files_;
};

TEST_P(GoldenLogs, AreReadAsTheyWereWritten) {
  SegmentHeader header;
  std::memcpy(&header, files_.contents(newest()).data(), sizeof header);
  EXPECT_EQ(header.version, GetParam().version) << "this is another log than its name says";
  Drive drive(files_);
  drive.open(true);
  EXPECT_EQ(drive.log().repaired(), "");
  EXPECT_EQ(drive.log().id(), id);
  EXPECT_EQ(drive.log().schema(), schema);
  EXPECT_EQ(drive.log().first_sequence(), GetParam().first);
  EXPECT_EQ(drive.check(GetParam().last), "");
}

TEST_P(GoldenLogs, AreGoneOnWith) {
  {
    Drive drive(files_);
    drive.open();
    for (int i = 0; i < 30; ++i) drive.append(12);
    drive.log().stop();
  }
  Drive drive(files_);
  drive.open();
  EXPECT_EQ(drive.check(GetParam().last + 360), "");
  EXPECT_EQ(drive.log().first_sequence(), GetParam().first);
}

TEST_P(GoldenLogs, OfANewerVersionAreRefusedAsSuch) {
  SegmentHeader header;
  auto& bytes = files_.contents(newest());
  std::memcpy(&header, bytes.data(), sizeof header);
  header.version = 3;
  const HeaderPage page = encode(header);
  std::copy(page.begin(), page.end(), bytes.begin());
  for (const bool is_read_only : {true, false}) {
    try {
      Drive(files_).open(is_read_only);
      FAIL() << "it was opened";
    } catch (const std::exception& refused) {
      EXPECT_EQ(refused.what(), newest() +
                                    " has format version 3, this program reads up to 2; use the tickweir "
                                    "that wrote it, or a newer one. Nothing was changed");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, GoldenLogs, ::testing::ValuesIn(golden_logs),
                         [](const auto& one) { return "version_" + std::to_string(one.param.version); });

}  // namespace
}  // namespace tickweir::wal_segment
