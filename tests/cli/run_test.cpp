// tickweir run: reports, failures, signals.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/admin/admin_server.h"
#include "tests/admin/raw_client.h"
#include "tests/cli/program.h"
#include "tests/metrics/promtool.h"

namespace tickweir {
namespace {

using nlohmann::json;
using testing::Program;
using testing::run_program;
using testing::test_pipeline;
using testing::with_plugins;

TEST(Run, EndsByItselfWithAReportThatBalances) {
  const auto outcome = run_program({"run", test_pipeline("small")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("STAGE ")) << outcome.out;
  EXPECT_NE(outcome.out.find("duplicate "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("small: done, 10000 events in "), std::string::npos) << outcome.out;
  EXPECT_TRUE(outcome.out.ends_with("balanced: every event is accounted for\n")) << outcome.out;
  EXPECT_EQ(outcome.err.find('\r'), std::string::npos) << "a live line off a terminal";
}

TEST(Run, ReportsAsJson) {
  const auto outcome = run_program({"run", test_pipeline("small"), "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["outcome"], "done");
  EXPECT_EQ(report["balanced"], true);
  EXPECT_EQ(report["events"], 10000);
  const auto& unique = report["stages"][1];
  EXPECT_EQ(unique["received"], 10000);
  EXPECT_EQ(unique["handled"].get<int>() + unique["dropped"]["duplicate"].get<int>(), 10000);
  EXPECT_EQ(report["stages"][2]["received"], unique["sent"]);
  EXPECT_EQ(report["edges"][0]["in_flight"], 0);
}

TEST(Run, LogsJsonLines) {
  const auto outcome = run_program({"run", test_pipeline("small"), "--log-format", "json"});
  const json line = json::parse(outcome.err.substr(0, outcome.err.find('\n')));
  EXPECT_EQ(line["level"], "info");
}

TEST(Run, LogLevelKeepsQuiet) {
  EXPECT_EQ(run_program({"run", test_pipeline("small"), "--log-level", "error"}).err, "");
}

TEST(Run, FailsWithStageAndCause) {
  const auto outcome = run_program({"run", test_pipeline("failing")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("out"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("failed in write, as told"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("failing: failed, "), std::string::npos) << outcome.out;
}

TEST(Run, FailsWhenAStageDoesNotStart) {
  const auto outcome =
      run_program({"run", test_pipeline("failing"), "--set", "stages.out.config.where=start"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("tickweir: error: stage out: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("failed in start, as told"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(Run, RefusesAStageThatCannotBeMade) {
  const auto outcome =
      run_program({"run", test_pipeline("failing"), "--set", "stages.out.config.where=create"});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_NE(outcome.err.find("tickweir: error: stage out: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("failed in create, as told"), std::string::npos) << outcome.err;
}

TEST(Run, SaysWhichPortIsInUse) {
  auto taken = AdminServer::listen("127.0.0.1:0", [](std::string_view, std::string_view) { return Page{}; });
  ASSERT_TRUE(taken);
  const auto outcome =
      run_program({"run", test_pipeline("small"), "--set", "metrics.listen=" + (*taken)->address()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err,
            "tickweir: error: cannot serve metrics: " + (*taken)->address() +
                ": address already in use; set metrics.listen or --set metrics.listen=127.0.0.1:0\n");
  EXPECT_EQ(outcome.out, "");
}

TEST(Run, ServesMetricsWhileItRuns) {
  Program program(with_plugins({"run", test_pipeline("endless")}));
  ASSERT_TRUE(program.wait_for_stderr("pipeline endless is running")) << program.err();
  const std::string sign = "http://127.0.0.1:";
  const auto at = program.err().find(sign) + sign.size();
  const auto port = static_cast<std::uint16_t>(std::stoul(program.err().substr(at)));
  EXPECT_NE(testing::http_get(port, "/metrics").find("tickweir_component_sent_events_total"),
            std::string::npos);
  EXPECT_TRUE(testing::http_get(port, "/readyz").ends_with("ready\n"));
  program.send(SIGINT);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("endless: stopped by SIGINT, "), std::string::npos) << outcome.out;
}

TEST(Run, DrainsOnSigterm) {
  Program program(with_plugins({"run", test_pipeline("endless"), "--json"}));
  ASSERT_TRUE(program.wait_for_stderr("pipeline endless is running")) << program.err();
  program.send(SIGTERM);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["outcome"], "stopped by SIGTERM");
  EXPECT_EQ(report["balanced"], true);
  EXPECT_EQ(report["stages"][1]["handled"], report["events"]);
}

TEST(Run, DrainsWhenItsTerminalIsGone) {
  Program program(with_plugins({"run", test_pipeline("endless")}));
  ASSERT_TRUE(program.wait_for_stderr("pipeline endless is running")) << program.err();
  program.send(SIGHUP);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("endless: stopped by SIGHUP, "), std::string::npos) << outcome.out;
}

TEST(Run, GivesUpOnTheSecondSignalAndSaysWhatWasInFlight) {
  Program program(with_plugins({"run", test_pipeline("stuck")}));
  ASSERT_TRUE(program.wait_for_stderr("stuck now")) << program.err();
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait_for_stderr("SIGTERM: draining")) << program.err();
  program.send(SIGINT);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("second signal: gave up; in flight: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(" events inside stage out"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("stuck: abandoned, "), std::string::npos) << outcome.out;
}

TEST(Run, GivesUpADrainThatTakesTooLong) {
  Program program(with_plugins({"run", test_pipeline("stuck"), "--set", "timeouts.drain=100ms"}));
  ASSERT_TRUE(program.wait_for_stderr("stuck now")) << program.err();
  program.send(SIGTERM);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the drain took longer than timeouts.drain: gave up"), std::string::npos)
      << outcome.err;
}

TEST(Run, GivesUpADrainThatTakesTooLongAfterAFailure) {
  const auto outcome = run_program({"run", test_pipeline("failing_and_stuck")});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the drain took longer than timeouts.drain: gave up"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("tickweir: error: stage bad: failed in write, as told"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.out.find("failing-and-stuck: abandoned, "), std::string::npos) << outcome.out;
}

TEST(Run, ShowsOneLiveLineOnATerminal) {
  Program program(with_plugins({"run", test_pipeline("endless")}), {.is_terminal = true});
  ASSERT_TRUE(program.wait_for_stderr("  dropped 0")) << program.err();
  program.send(SIGTERM);
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("\r\033[Kin "), std::string::npos) << outcome.err;
  // A log line does not begin in the middle of the live line.
  EXPECT_NE(outcome.err.find("\r\033[K20"), std::string::npos) << outcome.err;
}

TEST(Run, DoesNothingWhenASignalCameBeforeTheStart) {
  Program program(with_plugins({"run", test_pipeline("endless")}), {.pending_signal = SIGINT});
  const auto outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("SIGINT before the start: nothing ran"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace tickweir
