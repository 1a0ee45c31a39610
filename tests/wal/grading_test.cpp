// The torture suite itself: a back end that is right passes, and one that is wrong in one way is marked
// there.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "runtime/durability/torture.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

struct Wrong {
  const char* fault;
  const char* check;  // that must fail
};

class Grading : public ::testing::TestWithParam<Wrong> {
 protected:
  [[nodiscard]] TortureSettings settings(const char* fault) const {
    TortureSettings made{.plugin = WAL_WRONG, .folder = folder_.path(), .seed = testing::seed()};
    made.options = {{"fault", fault}};
    return made;
  }
  testing::TempFolder folder_;
};

TEST_P(Grading, FindsWhatIsWrong) {
  TortureSettings given = settings(GetParam().fault);
  given.only = {GetParam().check};
  given.seconds = std::string(GetParam().fault) == "hangs" ? 2 : 120;
  const std::vector<Score> sheet = run_torture(given);
  ASSERT_EQ(sheet.size(), 1U) << "there is no check " << GetParam().check;
  EXPECT_TRUE(sheet[0].mark == Mark::failed) << sheet[0].detail;
  EXPECT_NE(sheet[0].detail, "");
}

const Wrong wrongs[]{{"no_sync", "power_cuts"},
                     {"no_lock", "two_owners"},
                     {"no_checksum", "power_cuts"},
                     {"lost_event", "round_trip"},
                     {"changed_byte", "round_trip"},
                     {"forgets_schema", "schema_kept"},
                     {"repairs_when_reading", "read_only"},
                     {"takes_gaps", "wrong_use"},
                     {"half_kept", "full_disk"},
                     {"syncs_again", "failed_sync"},
                     {"drops_too_much", "truncates"},
                     {"drops_newest", "truncated_all"},
                     {"holds_appends", "killed_unsynced"},
                     {"own_id", "takes_id"},
                     {"hangs", "large_group"},
                     {"crashes", "large_group"}};
INSTANTIATE_TEST_SUITE_P(Faults, Grading, ::testing::ValuesIn(wrongs),
                         [](const auto& one) { return std::string(one.param.fault); });

class Right : public Grading {};
TEST_P(Right, PassesEveryCheck) {
  for (const Score& score : run_torture(settings(GetParam().fault))) {
    EXPECT_TRUE(score.mark == Mark::passed) << score.name << ": " << score.detail;
  }
}
INSTANTIATE_TEST_SUITE_P(None, Right, ::testing::Values(Wrong{"none", ""}));

int run_program(const std::string& words) {
  return WEXITSTATUS(std::system((TICKWEIR_PROGRAM " wal torture " + words + " > /dev/null 2>&1").c_str()));
}

TEST(WalTorture, PrintsJsonWhateverThePathHolds) {
  const testing::TempFolder folder;
  const std::string copy = folder.at("no utf-8 \xff.so");
  fs::copy_file(TICKWEIR_PLUGIN_DIR "/wal_memory.so", copy);
  EXPECT_EQ(run_program("'" + copy + "' --json"), 0);
}

TEST(WalTorture, ExitsWithOneWhenACheckFails) {
  EXPECT_EQ(run_program(WAL_WRONG " --set fault=lost_event"), 1);
  EXPECT_EQ(run_program(TICKWEIR_PLUGIN_DIR "/wal_memory.so --json"), 0);
  EXPECT_EQ(run_program(TICKWEIR_PLUGIN_DIR "/sink_null.so"), 78);
  EXPECT_EQ(run_program("/no/such/file.so"), 78);
  EXPECT_EQ(run_program(""), 2);
}

}  // namespace
}  // namespace tickweir
