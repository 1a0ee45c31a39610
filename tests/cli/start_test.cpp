// tickweir run: a start that reads a log, while signals come.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/admin/raw_client.h"
#include "tests/cli/program.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

using testing::Program;
using testing::test_pipeline;
using testing::with_plugins;

// A log of a run before, and a start that waits for the gate while it reads it.
class SlowStart : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("LOG", folder_.at("log").c_str(), 1);
    ::setenv("GATE", folder_.at("gate").c_str(), 1);
    const auto outcome = testing::run_program({"run", test_pipeline("recovering")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  void open_gate() const { std::ofstream(folder_.at("gate")) << "open"; }

  testing::TempFolder folder_;
};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string readiness(const Program& program) {
  const std::string sign = "http://127.0.0.1:";
  const auto at = program.err().find(sign) + sign.size();
  return testing::http_get(static_cast<std::uint16_t>(std::stoul(program.err().substr(at))), "/readyz");
}

TEST_F(SlowStart, IsNotReadyBeforeItHasReadItsLog) {
  Program program(with_plugins({"run", test_pipeline("recovering"), "--set", "stages.feed.config.events=0"}));
  ASSERT_TRUE(program.wait_for_stderr("recovers now")) << program.err();
  EXPECT_TRUE(readiness(program).ends_with("not ready: replaying\n")) << readiness(program);
  EXPECT_EQ(program.err().find("is running"), std::string::npos) << program.err();
  open_gate();
  ASSERT_TRUE(program.wait_for_stderr("pipeline recovering is running")) << program.err();
  program.send(SIGTERM);
  EXPECT_EQ(program.finish().exit_code, 0);
}

TEST_F(SlowStart, EndsInOrderOnASignal) {
  Program program(with_plugins({"run", test_pipeline("recovering")}));
  ASSERT_TRUE(program.wait_for_stderr("recovers now")) << program.err();
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait_for_stderr("SIGTERM: ending the start")) << program.err();
  open_gate();
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("recovering: stopped by SIGTERM, 0 events"), std::string::npos) << outcome.out;
  EXPECT_EQ(count_of(outcome.err, "recovers now"), 1U) << outcome.err;
  EXPECT_EQ(outcome.err.find("is running"), std::string::npos) << outcome.err;
}

TEST_F(SlowStart, IsGivenUpOnTheSecondSignal) {
  Program program(with_plugins({"run", test_pipeline("recovering")}));
  ASSERT_TRUE(program.wait_for_stderr("recovers now")) << program.err();
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait_for_stderr("SIGTERM: ending the start")) << program.err();
  program.send(SIGINT);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("second signal: gave up the start"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tickweir
