// Several files read as one.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "load_text.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

class Include : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder_.at("parts")); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.at(name), std::ios::binary) << text;
    return folder_.at(name);
  }

  Outcome load(const std::string& file) {
    Diagnostics diagnostics;
    Outcome outcome;
    PipelineConfig config = load_pipeline(file, {}, diagnostics);
    if (diagnostics.error_count() == 0) outcome.config = std::move(config);
    std::ostringstream out;
    diagnostics.print(out);
    outcome.printed = out.str();
    return outcome;
  }

  testing::TempFolder folder_;
};

TEST_F(Include, MergesMapsAndTheIncludingFileWins) {
  write("parts/base.yaml",
        "batch: { max_events: 7, max_bytes: 8KiB }\nstages:\n  out:\n    plugin: sink_null\n    inputs: "
        "[orders]\n");
  const Outcome outcome =
      load(write("main.yaml", smallest + "batch: { max_events: 9 }\ninclude: [parts/base.yaml]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 9U);
  EXPECT_EQ(outcome.config->batch_bytes_max, 8U * 1024);
  ASSERT_EQ(outcome.config->stages.size(), 2U);
  EXPECT_EQ(outcome.config->stages[0].id, "out");
  EXPECT_EQ(outcome.config->stages[0].place.file, folder_.at("parts/base.yaml"));
}

TEST_F(Include, TheLaterOfTwoIncludedFilesWins) {
  write("a.yaml", "batch: { max_events: 1 }\n");
  write("b.yaml", "batch: { max_events: 2 }\n");
  const Outcome outcome = load(write("main.yaml", smallest + "include: [a.yaml, b.yaml]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 2U);
}

TEST_F(Include, IsRelativeToTheIncludingFile) {
  write("parts/a.yaml", "include: [b.yaml]\n");
  write("parts/b.yaml", "batch: { max_events: 3 }\n");
  const Outcome outcome = load(write("main.yaml", smallest + "include: [parts/a.yaml]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 3U);
}

TEST_F(Include, OfOneFileByTwoOthersReadsItOnce) {
  write("a.yaml", "include: [c.yaml]\n");
  write("b.yaml", "include: [c.yaml]\n");
  write("c.yaml", "stages:\n  out:\n    plugin: sink_null\n    inputs: [orders]\n");
  const Outcome outcome = load(write("main.yaml", smallest + "include: [a.yaml, b.yaml]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->stages.size(), 2U);
}

TEST_F(Include, PathMayComeFromTheEnvironment) {
  ::setenv("TICKWEIR_TEST_SITE", "parts", 1);
  write("parts/a.yaml", "batch: { max_events: 3 }\n");
  const Outcome outcome =
      load(write("main.yaml", smallest + "include: [\"${env:TICKWEIR_TEST_SITE}/a.yaml\"]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 3U);
}

TEST_F(Include, OfEightLevelsIsAllowed) {
  for (int i = 1; i <= 8; ++i) {
    const std::string next = "include: [" + std::to_string(i + 1) + ".yaml]\n";
    write(std::to_string(i) + ".yaml", i < 8 ? next : "batch: { max_events: 3 }\n");
  }
  const Outcome outcome = load(write("main.yaml", smallest + "include: [1.yaml]\n"));
  ASSERT_TRUE(outcome.config) << outcome.printed;
  EXPECT_EQ(outcome.config->batch_events_max, 3U);
}

TEST_F(Include, StopsAtItsNumberOfFiles) {
  std::string list;
  for (int i = 0; i < 70; ++i) {
    write(std::to_string(i) + ".yaml", "x-empty: 1\n");
    list += std::to_string(i) + ".yaml, ";
  }
  const Outcome outcome = load(write("main.yaml", smallest + "include: [" + list + "]\n"));
  EXPECT_NE(outcome.printed.find("more than 64 files"), std::string::npos);
}

TEST_F(Include, FindsACycleThroughASymbolicLink) {
  const std::string main = write("main.yaml", smallest + "include: [link.yaml]\n");
  fs::create_symlink("main.yaml", folder_.at("link.yaml"));
  EXPECT_NE(load(main).printed.find("leads back to itself"), std::string::npos);
}

TEST_F(Include, MissingFileDoesNotBlameTheNamesItWouldHaveDefined) {
  const Outcome outcome =
      load(write("main.yaml", smallest + "    thread: core\ninclude: [parts/missing.yaml]\n"));
  EXPECT_NE(outcome.printed.find("parts/missing.yaml: No such file or directory"), std::string::npos);
  EXPECT_NE(outcome.printed.find("\n1 error\n"), std::string::npos) << outcome.printed;
}

TEST_F(Include, SaysWhyTheFirstFileCannotBeRead) {
  EXPECT_EQ(load(folder_.at("none.yaml")).printed,
            folder_.at("none.yaml") +
                ": error: cannot read the pipeline file: No such file or directory\n1 error\n");
  EXPECT_EQ(load(folder_.at("parts")).printed,
            folder_.at("parts") + ": error: cannot read the pipeline file: it is a folder\n1 error\n");
  EXPECT_EQ(load("/dev/null").printed,
            "/dev/null: error: cannot read the pipeline file: it is not a regular file\n1 error\n");
  EXPECT_EQ(load(std::string(5000, 'x')).config, std::nullopt);
  EXPECT_FALSE(load("").config);
}

}  // namespace
}  // namespace tickweir
