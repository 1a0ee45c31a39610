// The torture suite over every back end on the plugin path.
#include <gtest/gtest.h>

#include "runtime/durability/torture.h"
#include "runtime/plugins/registry.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> back_ends() {
  static std::vector<std::string> files = [] {
    auto registry = Registry::scan({TICKWEIR_PLUGIN_DIR});
    if (!registry) throw std::runtime_error(registry.error().message);
    std::vector<std::string> found;
    for (const std::string& name : registry->names()) {
      if (!name.starts_with("wal_")) continue;  // by name: a back end's code must not run in this process
      found.push_back((fs::path(TICKWEIR_PLUGIN_DIR) / (name + ".so")).string());
    }
    return found;
  }();
  return files;
}

class Torture : public ::testing::TestWithParam<std::string> {
 protected:
  testing::TempFolder folder_;
};

TEST_P(Torture, IsSurvivedByTheBackEnd) {
  TortureSettings settings{.plugin = GetParam(), .folder = folder_.path(), .seed = testing::seed()};
  settings.kills = testing::rounds(settings.kills);
  settings.power_cuts = testing::rounds(settings.power_cuts);
  if (GetParam().ends_with("wal_segment.so")) settings.options = {{"segment_bytes", "64KiB"}};
  int passed = 0;
  for (const Score& score : run_torture(settings)) {
    EXPECT_TRUE(score.mark != Mark::failed) << score.name << ": " << score.requirement << "\n"
                                            << score.detail;
    passed += score.mark == Mark::passed ? 1 : 0;
    std::printf("%-8s %-18s %s\n", name_of(score.mark), score.name.c_str(), score.detail.c_str());
  }
  EXPECT_GE(passed, 10);
}

INSTANTIATE_TEST_SUITE_P(BackEnds, Torture, ::testing::ValuesIn(back_ends()),
                         [](const auto& one) { return fs::path(one.param).stem().string(); });

TEST(TortureSuite, FindsTheBackEndsOfThisRepository) {
  EXPECT_GE(back_ends().size(), 2U);
}

}  // namespace
}  // namespace tickweir
