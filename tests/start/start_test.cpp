// A start that gets no memory, or no threads: it says so and ends, and the logs are as good as before. A disk
// that is full once, at some byte, costs nothing but time.
//
// Some of the calls fail here, each in a process of its own: spread evenly, beginning anywhere.
// TICKWEIR_EFFORT tries so many times more of them (1000: each call, 340: 4,096 bytes of the disk),
// TICKWEIR_SEED others.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/admin/raw_client.h"
#include "tests/cli/program.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;
using testing::Outcome;
using Events = std::vector<testing::OwnedEvent>;

struct Failing {
  const char* name;
  const char* call;  // memory, thread, disk
  bool for_ever;
  bool has_logs;  // from a run before, so that there is something to recover
  std::uint64_t tries;
  bool serves = false;  // serve.yaml, stopped when it runs
};

class Start : public ::testing::TestWithParam<Failing> {
 protected:
  [[nodiscard]] std::vector<std::string> words(const std::string& pipeline) const {
    return {"run",   TICKWEIR_SOURCE_DIR "/tests/start/" + pipeline,
            "--set", "stages.log.config.path=" + folder_.at("orders"),
            "--set", "stages.trades.config.path=" + folder_.at("trades")};
  }
  // Stores what later starts find.
  [[nodiscard]] Outcome fill() const { return testing::run_program(words("start.yaml")); }
  [[nodiscard]] Outcome run_undisturbed() const {
    if (!GetParam().serves) return fill();
    std::vector<std::string> serving = words("serve.yaml");
    serving.insert(serving.end(), {"--set", "stages.orders.config.clients=" + folder_.at("clients"), "--set",
                                   "snapshots.path=" + folder_.at("snapshots")});
    testing::Program program(testing::with_plugins(serving));
    if (program.wait_for_stderr("is running")) program.send(SIGTERM);
    return program.finish();
  }
  // 0: no call fails, and the outcome says how many there are.
  [[nodiscard]] Outcome run(std::uint64_t fail_at) const {
    ::setenv("LD_PRELOAD", FAILING_CALLS, 1);
    ::setenv("FAIL_CALL", GetParam().call, 1);
    ::setenv("FAIL_AT", std::to_string(fail_at).c_str(), 1);
    ::setenv("FAIL_EVER", GetParam().for_ever ? "1" : "0", 1);
    Outcome outcome = run_undisturbed();
    ::unsetenv("LD_PRELOAD");
    return outcome;
  }
  [[nodiscard]] Events read(const char* log) const {
    testing::LogHarness harness(TICKWEIR_PLUGIN_DIR "/wal_segment.so",
                                {{"path", folder_.at(log)}, {"segment_bytes", "16KiB"}});
    return harness.read_all();
  }
  void clear() const {
    fs::remove_all(folder_.path());
    fs::create_directory(folder_.path());
    std::ofstream(folder_.at("clients")) << "7 secret\n";
    fs::permissions(folder_.at("clients"), fs::perms::owner_read);
  }

  testing::TempFolder folder_;
};

std::uint64_t calls_of(const Outcome& outcome) {
  const std::size_t at = outcome.err.rfind("calls: ");
  if (outcome.exit_code != 0 || at == std::string::npos) throw std::runtime_error(outcome.err);
  return std::stoull(outcome.err.substr(at + 7));
}

// What is stored is the beginning of what must be.
void expect_beginning(const Events& stored, const Events& all, const char* log) {
  ASSERT_LE(stored.size(), all.size()) << log;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    ASSERT_EQ(stored[i].header().type, all[i].header().type) << log << ", event " << i + 1;
    ASSERT_EQ(stored[i].header().origin, all[i].header().origin) << log << ", event " << i + 1;
  }
}

TEST_P(Start, ThatDoesNotGetWhatItNeedsSaysSoAndLosesNothing) {
  clear();
  ASSERT_EQ(fill().exit_code, 0);
  const bool is_disk = std::string(GetParam().call) == "disk";
  const Events orders = read("orders");
  const Events trades = read("trades");
  ASSERT_FALSE(trades.empty());
  if (!GetParam().has_logs) clear();
  // What all is there when nothing fails.
  const std::size_t orders_max = GetParam().serves && !GetParam().has_logs ? 0 : orders.size();
  const std::size_t trades_max = GetParam().serves && !GetParam().has_logs ? 0 : trades.size();
  const std::uint64_t calls = calls_of(run(0));
  const std::uint64_t tries = GetParam().tries * testing::effort();
  const std::uint64_t stride = std::max<std::uint64_t>(1, calls / tries);
  std::uint64_t tried = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t at = 1 + testing::seed() % stride; at <= calls; at += stride, ++tried) {
    if (!GetParam().has_logs) clear();
    const Outcome outcome = run(at);
    const bool has_ended = outcome.exit_code == 0 || outcome.exit_code == 1 || outcome.exit_code == 78;
    EXPECT_TRUE(has_ended) << "call " << at << ": " << outcome.exit_code << "\n" << outcome.err;
    const bool has_said = outcome.exit_code == 0 || outcome.err.find("error") != std::string::npos;
    EXPECT_TRUE(has_said) << "call " << at << ": not a word about its end\n" << outcome.err;
    refused += outcome.exit_code == 0 ? 0 : 1;
    const Events stored = read("orders");
    const Events made = read("trades");
    ASSERT_NO_FATAL_FAILURE(expect_beginning(stored, orders, "orders")) << "call " << at;
    ASSERT_NO_FATAL_FAILURE(expect_beginning(made, trades, "trades")) << "call " << at;
    if (outcome.exit_code != 0) continue;
    EXPECT_EQ(stored.size(), orders_max) << "call " << at;
    EXPECT_EQ(made.size(), trades_max) << "call " << at;
  }
  EXPECT_EQ(run_undisturbed().exit_code, 0);
  EXPECT_EQ(read("orders").size(), orders_max);
  EXPECT_TRUE(refused > 0 || is_disk) << "nothing failed";
  const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
  std::cout << tried << " of " << calls << (is_disk ? " bytes" : " calls") << " failed, " << refused
            << " runs ended by it; again: TICKWEIR_SEED=" << testing::seed()
            << " TICKWEIR_EFFORT=" << testing::effort()
            << " start_test --gtest_filter=" << test.test_suite_name() << "." << test.name() << std::endl;
}

// A disk that stays full: it is told, and a stop ends it after timeouts.drain, whatever is left.
class FullDisk : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> words() const {
    return testing::with_plugins({"run", TICKWEIR_SOURCE_DIR "/tests/start/start.yaml", "--set",
                                  "stages.log.config.path=" + folder_.at("orders"), "--set",
                                  "stages.trades.config.path=" + folder_.at("trades"), "--set",
                                  "stages.log.config.segment_bytes=256KiB", "--set",
                                  "stages.trades.config.segment_bytes=256KiB", "--set",
                                  "stages.orders.config.events=200000", "--set", "timeouts.drain=100ms"});
  }
  testing::TempFolder folder_;
};

TEST_F(FullDisk, IsNoReasonToBeReadyNorToStayForEver) {
  ::setenv("LD_PRELOAD", FAILING_CALLS, 1);
  ::setenv("FAIL_CALL", "disk", 1);
  ::setenv("FAIL_AT", "2000000", 1);
  ::setenv("FAIL_EVER", "1", 1);
  testing::Program program(words());
  ::unsetenv("LD_PRELOAD");
  ASSERT_TRUE(program.wait_for_stderr("the disk is full: nothing is acknowledged")) << program.err();
  ASSERT_TRUE(program.wait_for_stderr("is running")) << program.err();
  const std::string sign = "http://127.0.0.1:";
  const auto at = program.err().find(sign) + sign.size();
  const auto port = static_cast<std::uint16_t>(std::stoul(program.err().substr(at)));
  // What it has left of a file that was made before still takes some.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string ready;
  while (!ready.ends_with("not ready: no room on the disk\n")) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << ready;
    ready = testing::http_get(port, "/readyz?verbose");
  }
  program.send(SIGTERM);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the drain took longer than timeouts.drain: gave up; in flight: "),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find(" events not durable in log "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("start: abandoned, "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(" are numbered and not durable\n"), std::string::npos) << outcome.out;
  const Outcome again = testing::Program(words()).finish();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(again.out.ends_with("balanced: every event is accounted for\n")) << again.out;
}

INSTANTIATE_TEST_SUITE_P(
    Without, Start,
    ::testing::Values(Failing{"memory_once", "memory", false, false, 12},
                      Failing{"memory_for_ever", "memory", true, false, 12},
                      Failing{"memory_once_in_recovery", "memory", false, true, 12},
                      Failing{"memory_for_ever_in_recovery", "memory", true, true, 12},
                      Failing{"room_on_the_disk", "disk", false, false, 12},
                      Failing{"a_thread", "thread", false, true, 1000},
                      Failing{"threads", "thread", true, false, 1000},
                      Failing{"memory_once_for_clients", "memory", false, true, 12, true},
                      Failing{"memory_for_ever_for_clients", "memory", true, false, 6, true},
                      Failing{"a_thread_for_clients", "thread", false, true, 1000, true}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace tickweir
