// A disk that stands still for a while: clients are not read, memory stays bounded, nothing is lost.
//
// TICKWEIR_STALL says for how many seconds (`./dev crash --long`: 30).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <unistd.h>

#include "exchange.h"
#include "tickweir/testing_random.h"

namespace tickweir::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t window_bytes = 32 * mebibyte;
// What may be on its way in the exchange: staged batches, groups, and what the order log keeps for its
// client.
constexpr std::uint64_t growth_bytes_max = 32 * mebibyte;

std::uint64_t resident_bytes(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(StalledDisk, StopsTheReadingOfClientsAndNothingElse) {
  const std::chrono::seconds stall(testing::number_of_environment("TICKWEIR_STALL", 3));
  const testing::TempFolder folder;
  Exchange exchange("wal_segment");
  exchange.start_over(BAD_DISK, "STALL", folder.at("stall"));
  ASSERT_TRUE(exchange.wait_until_it_runs());
  std::deque<Trader> traders;
  for (std::uint32_t client = 1; client <= 3; ++client) {
    traders.emplace_back(client, window_bytes).connect(exchange.port());
  }
  for (Trader& trader : traders) {
    trader.work(1000);
    ASSERT_TRUE(trader.finish()) << trader.why_ended();
  }
  const std::uint64_t before = resident_bytes(exchange.process());
  ASSERT_NE(before, 0U);

  std::ofstream(folder.at("stall")) << "";
  const auto end = std::chrono::steady_clock::now() + stall;
  while (std::chrono::steady_clock::now() < end) {
    for (Trader& trader : traders) trader.work(2000);
  }
  const std::uint64_t grown = std::max(resident_bytes(exchange.process()), before) - before;
  std::uint64_t waiting = 0;
  for (const Trader& trader : traders) {
    EXPECT_TRUE(trader.is_connected()) << "client " << trader.id();
    waiting += (trader.sent() - trader.acknowledged()) * event_size<market::NewOrder>;
  }
  EXPECT_LT(grown, growth_bytes_max);
  EXPECT_GT(waiting, 2 * growth_bytes_max) << "too little was sent for that to say anything";
  std::cout << stall.count() << " s: clients have " << waiting / mebibyte
            << " MiB without an answer, the exchange took " << grown / mebibyte
            << " MiB more; again: TICKWEIR_STALL=" << stall.count()
            << " crash_test --gtest_filter=StalledDisk.*" << std::endl;

  fs::remove(folder.at("stall"));
  std::uint64_t sent = 0;
  // In turns: a frame that was begun must come to its end in time.
  const auto is_waiting = [](const Trader& trader) { return trader.acknowledged() != trader.sent(); };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::ranges::any_of(traders, is_waiting) && std::chrono::steady_clock::now() < give_up) {
    for (Trader& trader : traders) {
      trader.work(0);
      ASSERT_TRUE(trader.is_connected()) << trader.why_ended();
    }
  }
  for (const Trader& trader : traders) {
    EXPECT_EQ(trader.acknowledged(), trader.sent()) << "client " << trader.id();
    sent += trader.sent();
  }
  const testing::Outcome outcome = exchange.stop();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::uint64_t stored = 0;
  for (const testing::OwnedEvent& event : exchange.orders()) {
    stored += event.header().type == market::NewOrder::event_type ? 1 : 0;
  }
  EXPECT_EQ(stored, sent);
}

}  // namespace
}  // namespace tickweir::crash
