// What a plugin author has: an installation, CMake and a compiler. Nothing here may find the source tree.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tickweir/testing_folder.h"

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.output.append(part.data(), got);
  }
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string read_file(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

class Installation : public ::testing::Test {
 protected:
  void SetUp() override {
    must_run(std::string(CMAKE_PROGRAM) + " --install " TICKWEIR_BINARY_DIR " --prefix " + at("first"));
    fs::rename(at("first"), at("prefix"));  // nothing in it may know where it was installed
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_.at(name); }
  static void must_run(const std::string& command) {
    const Outcome outcome = run(command);
    ASSERT_EQ(outcome.code, 0) << command << "\n" << outcome.output;
  }
  [[nodiscard]] Outcome tickweir(const std::string& arguments) const {
    return run("cd " + folder_.path().string() + " && env -u TICKWEIR_PLUGIN_PATH " +
               at("prefix/bin/tickweir") + " " + arguments);
  }

  // Builds a project against the installation and runs its tests; its plugin then lies in `plugins`.
  void build(const std::string& project, const std::string& plugin) const {
    const std::string sanitize = SANITIZE;
    const std::string flags =
        sanitize.empty() ? ""
                         : " -DTICKWEIR_SANITIZE=" + sanitize + " -DCMAKE_CXX_FLAGS=-fsanitize=" + sanitize;
    must_run(std::string(CMAKE_PROGRAM) + " -S " + project + " -B " + at("build") +
             " -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=" + at("prefix") +
             " -DCMAKE_CXX_COMPILER=" CXX_COMPILER + flags);
    must_run(std::string(CMAKE_PROGRAM) + " --build " + at("build"));
    const Outcome tests =
        run(std::string(CTEST_PROGRAM) + " --output-on-failure --no-tests=error --test-dir " + at("build"));
    ASSERT_EQ(tests.code, 0) << tests.output;
    EXPECT_NE(tests.output.find("100% tests passed"), std::string::npos) << tests.output;
    fs::create_directory(at("plugins"));
    fs::copy_file(at("build/" + plugin + ".so"), at("plugins/" + plugin + ".so"));
  }

  // Runs the pipeline in the project's README with the plugin dropped into a folder.
  void run_example(const std::string& project, const std::string& plugin) const {
    const std::string readme = read_file(fs::path(project) / "README.md");
    const std::size_t start = readme.find("```yaml\n") + 8;
    std::ofstream(at("example.yaml")) << readme.substr(start, readme.find("```", start) - start);
    const Outcome ran = tickweir("run example.yaml --plugin-path plugins:prefix/lib/tickweir/plugins");
    EXPECT_EQ(ran.code, 0) << ran.output;
    EXPECT_NE(ran.output.find(plugin), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("balanced"), std::string::npos) << ran.output;
  }

  tickweir::testing::TempFolder folder_;
};

TEST_F(Installation, HoldsTheProgramThePluginsAndTheSdk) {
  for (const char* file :
       {"bin/tickweir", "lib/tickweir/plugins/filter_price_band.so", "include/tickweir/plugin.h",
        "include/tickweir/testing.h", "include/tickweir/market.h", "include/tickweir/market_events.h",
        "share/tickweir/market.fbs"}) {
    EXPECT_TRUE(fs::exists(folder_.path() / "prefix" / file)) << file;
  }
  const Outcome listed = tickweir("list");
  EXPECT_EQ(listed.code, 0) << listed.output;
  EXPECT_NE(listed.output.find("filter_price_band"), std::string::npos) << listed.output;
}

TEST_F(Installation, NamesNoFolderOfTheMachineThatBuiltIt) {
  if (SANITIZE[0] != '\0') GTEST_SKIP() << "a sanitizer build carries debug data";
  for (const auto& entry : fs::recursive_directory_iterator(at("prefix"))) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = read_file(entry.path());
    // Debug data of a build folder outside the tree may name it; nothing else may.
    const bool is_program = bytes.starts_with(
        "\x7F"
        "ELF");
    for (const std::string place : {TICKWEIR_SOURCE_DIR "/", TICKWEIR_BINARY_DIR "/", "/first/"}) {
      if (is_program && place == TICKWEIR_BINARY_DIR "/") continue;
      EXPECT_EQ(bytes.find(place), std::string::npos) << entry.path() << " names " << place;
    }
  }
}

TEST_F(Installation, BuildsAndRunsTheExample) {
  const std::string project = TICKWEIR_SOURCE_DIR "/examples/filter_round_lots";
  fs::copy(project, at("project"), fs::copy_options::recursive);  // out of the tree
  build(at("project"), "filter_round_lots");
  run_example(at("project"), "filter_round_lots");
}

TEST_F(Installation, BuildsTheExampleClient) {
  fs::copy(TICKWEIR_SOURCE_DIR "/examples/clients", at("clients"), fs::copy_options::recursive);
  must_run(std::string(CMAKE_PROGRAM) + " -S " + at("clients") + " -B " + at("build") +
           " -DCMAKE_PREFIX_PATH=" + at("prefix") + " -DCMAKE_CXX_COMPILER=" CXX_COMPILER);
  must_run(std::string(CMAKE_PROGRAM) + " --build " + at("build"));
  EXPECT_EQ(run(at("build/orders")).code, 2);
}

class NewPlugin : public Installation, public ::testing::WithParamInterface<const char*> {};

TEST_P(NewPlugin, IsWrittenBuiltTestedAndRun) {
  const std::string role = GetParam();
  const std::string name = role + "_fresh";
  const Outcome written = tickweir("new-plugin " + name + " --role " + role);
  ASSERT_EQ(written.code, 0) << written.output;
  build(at(name), name);
  run_example(at(name), name);
}

// With a sanitizer each takes long to build, and what differs between them is no matter for it.
std::vector<const char*> roles() {
  if (SANITIZE[0] != '\0') return {"transform"};
  return {"source", "filter", "transform", "sink"};
}
INSTANTIATE_TEST_SUITE_P(Roles, NewPlugin, ::testing::ValuesIn(roles()),
                         [](const auto& role) { return std::string(role.param); });

TEST_F(Installation, RefusesToWriteAPluginOverSomething) {
  fs::create_directory(at("filter_x"));
  std::ofstream(at("filter_x/notes.txt")) << "mine";
  const Outcome refused = tickweir("new-plugin filter_x --role filter");
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.output, "tickweir: error: folder filter_x exists and is not empty\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(at("filter_x")), fs::directory_iterator{}), 1);
}

TEST_F(Installation, RefusesNamesAndRolesThatDoNotExist) {
  EXPECT_EQ(tickweir("new-plugin ../x --role filter").code, 2);
  EXPECT_EQ(tickweir("new-plugin filter_x --role gate").output,
            "tickweir: error: there is no role \"gate\"; it may be source, filter, transform or sink\n");
  EXPECT_FALSE(fs::exists(at("filter_x")));
}

}  // namespace
