// `validate` and `run` judge alike: the same exit code and the same words on every broken pipeline there is.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/cli/program.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

// Files that only break with a --set or a variable of the environment say so in their first lines.
bool needs_more_than_the_file(const fs::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line) && line.starts_with('#');) {
    if (line.starts_with("# set: ") || line.starts_with("# env: ")) return true;
  }
  return false;
}

// CPUs and priorities that a test described as absent may be there.
bool depends_on_the_machine(const fs::path& file) {
  const std::string name = file.filename();
  return name.starts_with("cpu") || name.starts_with("priority");
}

// The plugins that the graph's files name, where they are built.
std::vector<std::string> with_graph_plugins(std::vector<std::string> words) {
  const fs::path folder = fs::path(TICKWEIR_BINARY_DIR) / "tests" / "graph" / "plugins";
  if (fs::exists(folder)) words.insert(words.end(), {"--plugin-path", folder.string()});
  return words;
}

std::vector<std::string> broken_files() {
  std::vector<std::string> files;
  for (const char* folder : {"config", "graph"}) {
    const fs::path broken = fs::path(TICKWEIR_SOURCE_DIR) / "tests" / folder / "broken";
    if (!fs::exists(broken)) continue;
    for (const auto& entry : fs::directory_iterator(broken)) {
      if (entry.path().extension() == ".yaml" && !needs_more_than_the_file(entry.path()))
        files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Verdict, OfRunIsThatOfValidateOnEveryBrokenFile) {
  const auto files = broken_files();
  EXPECT_GE(files.size(), 60U);
  const std::size_t stride = testing::is_sanitized ? 3 : 1;
  for (std::size_t i = 0; i < files.size(); i += stride) {
    const std::string& file = files[i];
    const auto validated = testing::run_program(with_graph_plugins({"validate", file}));
    if (validated.exit_code == 0 && depends_on_the_machine(file)) continue;
    EXPECT_EQ(validated.exit_code, 78) << file << "\n" << validated.err;
    if (validated.exit_code != 78) continue;  // running it might never end
    const auto run = testing::run_program(with_graph_plugins({"run", file}));
    EXPECT_EQ(run.exit_code, 78) << file << "\n" << run.err;
    EXPECT_EQ(run.err, validated.err) << file;
    EXPECT_EQ(run.out, "") << file;
  }
}

TEST(Verdict, OfRunIsThatOfValidateInJson) {
  const std::string file = testing::test_pipeline("wrong");
  const auto validated = testing::run_program({"validate", file, "--json"});
  const auto run = testing::run_program({"run", file, "--json"});
  EXPECT_EQ(run.exit_code, validated.exit_code);
  EXPECT_EQ(run.out, validated.out);
}

}  // namespace
}  // namespace tickweir
