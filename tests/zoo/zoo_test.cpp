// Grades the tests: each planted bug must make one of them fail.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "bugs.h"
#include "tickweir/testing_folder.h"

namespace tickweir::zoo {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What became of a zoo program: its tests passed, or some failed or crashed it, and what it said.
struct Verdict {
  bool has_passed = false;
  bool is_hung = false;
  std::string text;
};

constexpr unsigned seconds_max = 120;  // far more than any of them needs

// What it writes, and the files of tests that die, go into `folder`.
[[noreturn]] void become(const Bug& bug, const testing::TempFolder& folder, bool is_planted) {
  const int file = ::open(folder.at("output").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ::dup2(file, 1) < 0 || ::dup2(file, 2) < 0) ::_exit(127);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::alarm(seconds_max);
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  const std::string program = ZOO_PROGRAM_DIR "/" + std::string(bug.program);
  const std::string filter = "--gtest_filter=" + std::string(bug.tests);
  if (is_planted) {
    ::setenv("TICKWEIR_PLANTED_BUG", std::string(bug.name).c_str(), 1);
  } else {
    ::unsetenv("TICKWEIR_PLANTED_BUG");
  }
  // The first failure is enough.
  ::execl(program.c_str(), program.c_str(), filter.c_str(), "--gtest_brief=1", "--gtest_break_on_failure",
          static_cast<char*>(nullptr));
  ::_exit(127);
}

Verdict run(const Bug& bug, bool is_planted) {
  const testing::TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) become(bug, folder, is_planted);
  int status = 0;
  ::waitpid(child, &status, 0);
  Verdict verdict{.has_passed = WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  .is_hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
                  .text = text_of(folder.at("output"))};
  EXPECT_EQ(verdict.text.find("0 tests from 0 test suites"), std::string::npos)
      << bug.program << " has no test " << bug.tests;
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 127) << bug.program << " cannot be run";
  return verdict;
}

// "log_test.cpp:137: Failure", or what it died of.
std::string first_failure(const std::string& text) {
  static const std::regex place(
      R"(([a-z_]+\.(?:cpp|h):\d+): Failure|(C\+\+ exception with.*|Assertion.*|what\(\):.*|ERROR: .*))");
  std::smatch found;
  if (!std::regex_search(text, found, place)) return "it died";
  return found[1].matched ? found[1] : found[2];
}

TEST(Zoo, EveryBugIsCaught) {
  std::size_t caught = 0;
  for (const Bug& bug : bugs) {
    const Verdict verdict = run(bug, true);
    EXPECT_FALSE(verdict.has_passed) << "survives " << bug.tests << ": " << bug.name;
    EXPECT_FALSE(verdict.is_hung) << "hangs " << bug.tests << ": " << bug.name;
    if (verdict.has_passed || verdict.is_hung) continue;
    ++caught;
    std::cout << bug.program << ": " << bug.name << ": " << first_failure(verdict.text) << std::endl;
  }
  std::cout << caught << " of " << bugs.size() << " planted bugs caught\n"
            << "one of them: TICKWEIR_PLANTED_BUG=NAME " ZOO_PROGRAM_DIR "/PROGRAM" << std::endl;
}

// A test that fails in any case would catch everything.
TEST(Zoo, WithoutABugTheSameTestsPass) {
  std::set<std::pair<std::string_view, std::string_view>> done;
  for (const Bug& bug : bugs) {
    if (!done.emplace(bug.program, bug.tests).second) continue;
    const Verdict verdict = run(bug, false);
    EXPECT_TRUE(verdict.has_passed) << bug.program << " " << bug.tests << "\n" << verdict.text;
  }
}

TEST(Zoo, HoldsEveryBugOfTheSources) {
  const std::regex planted(R"(TICKWEIR_BUG\("([^"]+)\"\))");
  std::set<std::string> in_sources;  // some need two switches
  std::multiset<std::string> in_zoo;
  for (const char* folder : {"framework/runtime", "framework/cli", "framework/client", "plugins"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(TICKWEIR_SOURCE_DIR) / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string text = text_of(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), planted), end; at != end; ++at) {
        in_sources.insert((*at)[1]);
      }
    }
  }
  for (const Bug& bug : bugs) in_zoo.emplace(bug.name);
  EXPECT_EQ(std::multiset<std::string>(in_sources.begin(), in_sources.end()), in_zoo);
}

// Whether a file was built with bugs: then it reads the variable that chooses one.
bool has_bugs(const fs::path& file) {
  return text_of(file).find("TICKWEIR_PLANTED_BUG") != std::string::npos;
}

TEST(Zoo, NoProductHasABug) {
  std::size_t plugins = 0;
  EXPECT_FALSE(has_bugs(TICKWEIR_PROGRAM));
  for (const auto& entry : fs::directory_iterator(TICKWEIR_PLUGIN_DIR)) {
    if (entry.path().extension() != ".so") continue;
    EXPECT_FALSE(has_bugs(entry.path())) << entry.path();
    ++plugins;
  }
  EXPECT_GE(plugins, 4U);
  EXPECT_TRUE(has_bugs(ZOO_PROGRAM_DIR "/zoo_engine")) << "this test would see nothing";
}

}  // namespace
}  // namespace tickweir::zoo
