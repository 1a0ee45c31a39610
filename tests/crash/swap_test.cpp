// One word changes the back end of a log, and nothing else.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include "tests/cli/program.h"
#include "tickweir/testing_folder.h"
#include "tickweir/testing_log.h"

namespace tickweir::crash {
namespace {

using Events = std::vector<testing::OwnedEvent>;

struct Stored {
  Events orders;
  Events trades;
};

Events read(const std::string& backend, const std::string& path) {
  testing::LogHarness log((TICKWEIR_PLUGIN_DIR "/" + backend + ".so").c_str(), {{"path", path}});
  return log.read_all();
}

Stored run_over(const std::string& backend) {
  const testing::TempFolder folder;
  const testing::Outcome outcome = testing::run_program(
      {"run", TICKWEIR_SOURCE_DIR "/tests/crash/swap.yaml", "--set", "stages.log.plugin=" + backend, "--set",
       "stages.log.config.path=" + folder.at("deep/orders"), "--set",
       "stages.trades.config.path=" + folder.at("trades")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return {read(backend, folder.at("deep/orders")), read("wal_segment", folder.at("trades"))};
}

TEST(Swap, GivesTheSameBytesOverEachBackEnd) {
  const Stored segment = run_over("wal_segment");
  ASSERT_GT(segment.orders.size(), 19'000U);
  ASSERT_GT(segment.trades.size(), 10U);
  for (const char* backend : {"wal_rocksdb", "wal_lmdb", "wal_sqlite"}) {
    const Stored other = run_over(backend);
    EXPECT_EQ(other.orders, segment.orders) << backend;
    EXPECT_EQ(other.trades, segment.trades) << backend;
  }
}

}  // namespace
}  // namespace tickweir::crash
