// The program against plugins whose fault shows only when they are made, started or run: the stage is named,
// the process ends by itself, and it says with its exit code who is to blame.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tickweir/testing_folder.h"

namespace {

class MuseumRun : public ::testing::Test {
 protected:
  // Runs orders -> `stages` with the museum on the plugin path. Output and exit code (128 + signal) are kept.
  void run(const std::string& stages) {
    std::ofstream(folder_.at("museum.yaml"))
        << "apiVersion: tickweir/v1\nname: museum\ntimeouts: { start: 300ms }\nstages:\n"
        << stages;
    const std::string command = "cd " + folder_.path().string() +
                                " && exec " TICKWEIR_PROGRAM
                                " run museum.yaml --plugin-path " TICKWEIR_PLUGIN_DIR ":" TICKWEIR_BINARY_DIR
                                "/plugins 2>&1";
    FILE* const pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 4096> part{};
    for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
      output_.append(part.data(), got);
    const int status = pclose(pipe);
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  void run_filter(const std::string& exhibit) {
    run("  orders: { plugin: source_generator, config: { events: 10 } }\n  broken: { plugin: " + exhibit +
        ", inputs: [orders] }\n  done: { plugin: sink_null, inputs: [broken] }\n");
  }
  [[nodiscard]] bool says(const std::string& text) const { return output_.find(text) != std::string::npos; }

  tickweir::testing::TempFolder folder_;
  std::string output_;
  int code_ = -1;
};

TEST_F(MuseumRun, RefusesAStageThatThrowsInCreate) {
  run_filter("throws_in_create");
  EXPECT_EQ(output_, "tickweir: error: stage broken: create failed: no room for the table\n");
  EXPECT_EQ(code_, 78);
}

TEST_F(MuseumRun, CatchesAnExceptionThatAPluginLetsAcrossTheLine) {
  run_filter("throws_across_the_line");
  EXPECT_EQ(output_, "tickweir: error: stage broken: create failed: thrown across the line\n");
  EXPECT_EQ(code_, 78);
}

TEST_F(MuseumRun, EndsWhenAStageThrowsInStart) {
  run_filter("throws_in_start");
  EXPECT_TRUE(says("tickweir: error: stage broken: start failed: no room for the table\n")) << output_;
  EXPECT_EQ(code_, 1);
}

TEST_F(MuseumRun, EndsWhenAStageHangsInStart) {
  run_filter("hangs_in_start");
  EXPECT_TRUE(says("tickweir: error: stage broken: start did not return within 300 ms (timeouts.start)\n"))
      << output_;
  EXPECT_EQ(code_, 1);
}

TEST_F(MuseumRun, PointsAtTheLineThatNamesARefusedPlugin) {
  run_filter("undefined_symbol");
  EXPECT_TRUE(
      says("museum.yaml:6:21: error: plugin undefined_symbol is refused: " TICKWEIR_PLUGIN_DIR
           "/undefined_symbol.so cannot be loaded: undefined symbol: tickweir_museum_nobody_defines_this\n"))
      << output_;
  EXPECT_EQ(code_, 78);
}

TEST_F(MuseumRun, StopsAtAnEventOfNonsenseSizeAndNamesTheStage) {
  run("  broken: { plugin: nonsense_sizes }\n  done: { plugin: sink_null, inputs: [broken] }\n");
  EXPECT_TRUE(says("stage broken (plugin nonsense_sizes) emitted an event with a wrong size")) << output_;
  EXPECT_EQ(code_, 128 + SIGABRT);
}

}  // namespace
