// Every NAME.yaml in broken/ is refused with exactly what NAME.expected says. Adding a case is adding two
// files; TICKWEIR_WRITE_EXPECTED=1 writes the second.
//
// Comment lines at the top of a file set the stage: "# set: path=value" is a --set, "# env: NAME=value" a
// variable of the environment, in which \n is a line break.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/config/pipeline_config.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Case {
  std::vector<Override> overrides;
  std::vector<std::string> variables;
};

Case prepare(const std::string& text) {
  Case result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with('#');) {
    const std::size_t equals = line.find('=');
    if (line.starts_with("# set: ")) {
      result.overrides.push_back({line.substr(7, equals - 7), line.substr(equals + 1)});
    } else if (line.starts_with("# env: ")) {
      std::string value = line.substr(equals + 1);
      if (const std::size_t at = value.find("\\n"); at != std::string::npos) value.replace(at, 2, "\n");
      result.variables.push_back(line.substr(7, equals - 7));
      ::setenv(result.variables.back().c_str(), value.c_str(), 1);
    }
  }
  return result;
}

std::string verdict(const std::string& file) {
  const Case prepared = prepare(read(file));
  Diagnostics diagnostics;
  static_cast<void>(load_pipeline(file, prepared.overrides, diagnostics));
  for (const std::string& name : prepared.variables) ::unsetenv(name.c_str());
  std::ostringstream out;
  diagnostics.print(out);
  return (diagnostics.error_count() == 0 ? "accepted\n" : "") + out.str();
}

TEST(BrokenPipelines, AreEachRefusedWithTheExpectedWords) {
  const fs::path before = fs::current_path();
  fs::current_path(fs::path(CONFIG_TEST_DIR) / "broken");
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(".")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  EXPECT_GE(files.size(), 45U);
  for (const std::string& file : files) {
    const fs::path expected = fs::path(file).replace_extension(".expected");
    const std::string found = verdict(file);
    if (std::getenv("TICKWEIR_WRITE_EXPECTED") != nullptr) std::ofstream(expected, std::ios::binary) << found;
    EXPECT_EQ(found, read(expected)) << file;
    EXPECT_FALSE(found.starts_with("accepted")) << file;
  }
  fs::current_path(before);
}

TEST(BrokenPipelines, AreRefusedAtEveryByteWhereAFileMayBeCut) {
  const std::string whole = read(fs::path(CONFIG_TEST_DIR) / "good" / "exchange.yaml");
  const testing::TempFolder folder;
  const std::string file = folder.at("cut.yaml");
  const std::size_t stages = whole.find("stages:");
  ASSERT_NE(stages, std::string::npos);
  for (std::size_t size = 0; size < stages; ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    Diagnostics diagnostics;
    static_cast<void>(load_pipeline(file, {}, diagnostics));
    EXPECT_GT(diagnostics.error_count(), 0U) << size;
  }
}

}  // namespace
}  // namespace tickweir
