// The end at any instant: nothing acknowledged is lost, nothing is there twice, no trade changes.
//
// TICKWEIR_KILLS says how often it is killed, TICKWEIR_STOPS how often it is asked to stop (`./dev crash`:
// 500 and 200 times), TICKWEIR_FAILED_SYNCS how often a sync fails, TICKWEIR_SEED when.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "exchange.h"
#include "tickweir/testing_random.h"

namespace tickweir::crash {
namespace {

class Ending : public ::testing::TestWithParam<const char*> {
 protected:
  // How often, and from which seed: told, so that it can be repeated.
  std::uint64_t times(const char* variable, std::uint64_t otherwise) {
    const std::uint64_t count = testing::number_of_environment(variable, otherwise);
    const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
    std::cout << "TICKWEIR_SEED=" << testing::seed() << " " << variable << "=" << count
              << " crash_test --gtest_filter=" << test.test_suite_name() << "." << test.name() << std::endl;
    random_.seed(testing::seed());
    for (std::uint32_t client = 1; client <= 3; ++client) traders_.emplace_back(client);
    return count;
  }

  // Trades go on for as long as the clock says, which the seed decides: where the process is then is chance,
  // and nothing that is checked depends on it.
  void trade_for(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    do {
      for (Trader& trader : traders_) trader.work(static_cast<std::uint32_t>(random_() % 40));
    } while (std::chrono::steady_clock::now() < end);
  }

  void connect_all() {
    for (Trader& trader : traders_) {
      const std::uint64_t promised = trader.acknowledged();
      trader.connect(exchange_.port());
      ASSERT_LE(promised, trader.last_durable()) << "acknowledged, and lost, of client " << trader.id();
    }
  }

  // Some ends come while it starts: while it repairs, loads a snapshot, is shown what it once passed on, or
  // replays; and after such an end it must still be able to start.
  template <typename End>
  void end_starts(End end) {
    if (random_() % 4 != 0) return;
    for (std::uint64_t left = 1 + random_() % 3; left != 0; --left) {
      exchange_.begin_to_start();
      std::this_thread::sleep_for(exchange_.start_time() * static_cast<std::int64_t>(random_() % 110) / 100);
      end();
      ++ended_starts_;
    }
  }

  // Every order of every client once, in order, as it was sent.
  void check_orders(const std::vector<testing::OwnedEvent>& orders) {
    last_.clear();
    for (const testing::OwnedEvent& event : orders) {
      if (event.header().type != market::NewOrder::event_type) continue;
      const auto client = static_cast<std::uint32_t>(origin_source(event.header().origin) & 0x7fffff);
      const std::uint64_t number = origin_number(event.header().origin);
      const auto last = last_.try_emplace(client, exchange_.drops_orders() ? number - 1 : 0).first;
      ASSERT_EQ(number, ++last->second) << "client " << client;
      ASSERT_EQ(payload<market::NewOrder>(event.header()), Trader::order(client, number));
    }
    for (const Trader& trader : traders_) {
      if (exchange_.drops_orders() && !last_.contains(trader.id())) continue;
      ASSERT_GE(last_[trader.id()], trader.acknowledged()) << "client " << trader.id();
    }
  }

  // As a run that nobody ended would have made them.
  void check_replay() {
    const testing::Outcome replay = exchange_.replay();
    EXPECT_EQ(replay.exit_code, 0) << replay.err;
    EXPECT_NE(replay.out.find("trades: byte-identical"), std::string::npos) << replay.out << replay.err;
  }

  // All is answered for, and stored as it was sent.
  void check_the_end() {
    exchange_.start();
    ASSERT_NO_FATAL_FAILURE(connect_all());
    for (Trader& trader : traders_) ASSERT_TRUE(trader.finish()) << "client " << trader.id();
    const testing::Outcome end = exchange_.stop();
    EXPECT_EQ(end.exit_code, 0) << end.err;
    ASSERT_NO_FATAL_FAILURE(check_orders(exchange_.orders()));
    ASSERT_NO_FATAL_FAILURE(check_trades(exchange_.trades()));
    check_replay();
    std::uint64_t sent = 0;
    for (const Trader& trader : traders_) {
      EXPECT_EQ(trader.acknowledged(), trader.sent());
      sent += trader.sent();
    }
    std::cout << sent << " orders acknowledged, " << trades_.size() << " bundles, " << ended_starts_
              << " more ends while it started" << std::endl;
    EXPECT_GT(trades_.size(), 0U);
  }

  // What was once in the log of trades stays as it was.
  void check_trades(const std::vector<testing::OwnedEvent>& trades) {
    ASSERT_GE(trades.size(), trades_.size());
    for (std::size_t i = 0; i < trades_.size(); ++i) ASSERT_EQ(trades[i], trades_[i]) << i;
    trades_ = trades;
  }

  Exchange exchange_{GetParam()};
  std::deque<Trader> traders_;
  std::map<std::uint32_t, std::uint64_t> last_;  // number of each client in the log of orders
  std::vector<testing::OwnedEvent> trades_;
  std::uint64_t ended_starts_ = 0;
  std::mt19937_64 random_;
};

TEST_P(Ending, ByAKillLosesNothingAcknowledgedAndDoublesNothing) {
  const bool is_slow = exchange_.is_unsynced() || testing::is_sanitized;
  const std::uint64_t kills = times("TICKWEIR_KILLS", is_slow ? 8 : 25);
  for (std::uint64_t i = 0; i < kills; ++i) {
    end_starts([this] { exchange_.kill(); });
    exchange_.start();
    ASSERT_NO_FATAL_FAILURE(connect_all());
    trade_for(std::chrono::microseconds(random_() % 20'000));
    exchange_.kill();
    for (Trader& trader : traders_) trader.disconnect();
    if (i % 10 != 9) continue;
    ASSERT_NO_FATAL_FAILURE(check_orders(exchange_.orders())) << "after kill " << i + 1;
    ASSERT_NO_FATAL_FAILURE(check_trades(exchange_.trades())) << "after kill " << i + 1;
  }
  check_the_end();
}

// What was read before the stop is durable and acknowledged; what was not is sent again.
TEST_P(Ending, ByAStopAnswersForAllThatWasRead) {
  if (exchange_.is_unsynced()) GTEST_SKIP() << "as with syncs";
  const std::uint64_t stops = times("TICKWEIR_STOPS", 3);
  for (std::uint64_t i = 0; i < stops; ++i) {
    end_starts([this, i] {
      const testing::Outcome end = exchange_.stop();
      if (end.exit_code == 128 + SIGTERM && end.err.empty()) return;  // before it looked after signals
      EXPECT_EQ(end.exit_code, 0) << "a start before stop " << i + 1 << "\n" << end.err;
    });
    exchange_.start();
    ASSERT_NO_FATAL_FAILURE(connect_all());
    trade_for(std::chrono::microseconds(random_() % 20'000));
    exchange_.ask_to_stop();
    for (Trader& trader : traders_) {
      while (trader.is_connected()) trader.work(static_cast<std::uint32_t>(random_() % 40));
    }
    const testing::Outcome end = exchange_.finish();
    ASSERT_EQ(end.exit_code, 0) << "stop " << i + 1 << "\n" << end.err;
    const auto orders = exchange_.orders();
    ASSERT_NO_FATAL_FAILURE(check_orders(orders)) << "after stop " << i + 1;
    ASSERT_NO_FATAL_FAILURE(check_trades(exchange_.trades())) << "after stop " << i + 1;
    for (const Trader& trader : traders_) {
      ASSERT_EQ(trader.parted_at(), last_[trader.id()]) << "client " << trader.id() << ", stop " << i + 1;
      ASSERT_EQ(trader.acknowledged(), last_[trader.id()]) << "client " << trader.id() << ", stop " << i + 1;
    }
  }
  check_the_end();
}

#ifdef BAD_DISK
// Whoever was acknowledged was so before; and the exchange says what has ended it.
TEST_P(Ending, ByAFailedSyncPromisesNothingMore) {
  if (exchange_.is_unsynced()) GTEST_SKIP() << "it has none that could fail";
  const std::uint64_t failures = times("TICKWEIR_FAILED_SYNCS", 4);
  exchange_.start();  // so that there are logs
  ASSERT_EQ(exchange_.stop().exit_code, 0);
  for (std::uint64_t i = 0; i < failures; ++i) {
    exchange_.start_over(BAD_DISK, "FAIL_SYNC_AT", std::to_string(1 + random_() % 80));
    if (exchange_.wait_until_it_runs()) {
      try {
        ASSERT_NO_FATAL_FAILURE(connect_all());
        const auto is_connected = [](const Trader& trader) { return trader.is_connected(); };
        while (std::ranges::any_of(traders_, is_connected)) trade_for(std::chrono::microseconds(0));
      } catch (const ClientError&) {  // it ended before it answered
      }
    }
    for (Trader& trader : traders_) trader.disconnect();
    const testing::Outcome end = exchange_.finish();
    ASSERT_EQ(end.exit_code, 1) << "failed sync " << i + 1 << "\n" << end.err;
    const bool is_said = end.err.find("Input/output error") != std::string::npos ||
                         end.err.find("I/O error") != std::string::npos;  // SQLite's words
    ASSERT_TRUE(is_said) << end.err;
    ASSERT_NO_FATAL_FAILURE(check_orders(exchange_.orders())) << "after failed sync " << i + 1;
    ASSERT_NO_FATAL_FAILURE(check_trades(exchange_.trades())) << "after failed sync " << i + 1;
  }
  check_the_end();
}
#endif

// The system keeps what a killed process has written.
INSTANTIATE_TEST_SUITE_P(UnsyncedOf, Ending,
                         ::testing::Values("wal_segment_os", "wal_rocksdb_os", "wal_lmdb_os",
                                           "wal_sqlite_os"),
                         [](const auto& one) { return std::string(one.param); });

INSTANTIATE_TEST_SUITE_P(Of, Ending,
                         ::testing::Values("wal_segment", "sharded", "retaining", "wal_rocksdb", "wal_lmdb",
                                           "wal_sqlite"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace tickweir::crash
