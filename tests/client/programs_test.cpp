// The programs that speak to a source_tcp: tickweir load, and the examples in C++ and Python.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>

#include "run_command.h"
#include "served_stage.h"
#include "tickweir/client.h"
#include "tickweir/market.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

Outcome load(const ServedStage& source, const std::string& more) {
  return run(TICKWEIR_PROGRAM " load --to 127.0.0.1:" + std::to_string(source.port()) + " " + more);
}

std::uint64_t events_of(const Log& log, std::uint32_t client) {
  std::uint64_t count = 0;
  for (const auto& event : log.events) count += wire::client_of(event.origin()) == client ? 1 : 0;
  return count;
}

TEST(LoadProgram, SendsAsManyEventsAsItIsToldOverAllConnections) {
  Log log;
  ServedStage source(log, any_port);
  const Outcome ran = load(source, "--events 10001 --connections 3 --client 5 --json");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_TRUE(says(ran, "\"acknowledged\": 10001")) << ran.output;
  EXPECT_TRUE(says(ran, "\"unanswered\": 0"));
  source.stop();
  EXPECT_EQ(events_of(log, 5), 3334U);
  EXPECT_EQ(events_of(log, 6), 3334U);
  EXPECT_EQ(events_of(log, 7), 3333U);
}

TEST(LoadProgram, SendsValidOrdersThatTradeInPairs) {
  Log log;
  ServedStage source(log, any_port);
  EXPECT_EQ(load(source, "--events 5000").code, 0);
  source.stop();
  std::set<std::uint64_t> ids;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> open;
  for (const auto& event : log.events) {
    const auto& order = event.as<market::NewOrder>();
    EXPECT_EQ(market::validate(order), market::RejectReason::None);
    EXPECT_TRUE(ids.insert(order.order_id).second);
    open[{order.instrument, order.price}] +=
        order.side == market::Side::Buy ? order.quantity : -std::int64_t{order.quantity};
  }
  std::int64_t left = 0;
  for (const auto& [level, quantity] : open) left += std::abs(quantity);
  EXPECT_LE(left, 2000) << "more than the first and the last order have no counterpart";
}

TEST(LoadProgram, SendsDuplicatesAfterReconnectsAndIsAnsweredForAll) {
  Log log;
  ServedStage source(log, any_port,
                     [](const Event& event) { return origin_number(event.origin) % 100 == 0; });
  const Outcome ran = load(source, "--events 20000 --connections 2 --reconnects 5 --duplicates 0.2 --json");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_TRUE(says(ran, "\"acknowledged\": 19800")) << ran.output;
  EXPECT_TRUE(says(ran, "\"outside_band\": 200")) << ran.output;
  EXPECT_TRUE(says(ran, "\"reconnects\": 10")) << ran.output;
  source.stop();
  EXPECT_EQ(log.events.size(), 19'800U);
  EXPECT_GT(log.repeats, 1000U);
}

TEST(LoadProgram, KeepsToItsRate) {
  Log log;
  ServedStage source(log, any_port);
  const Outcome ran = load(source, "--events 2000 --rate 20000 --json");
  EXPECT_EQ(ran.code, 0) << ran.output;
  const std::size_t at = ran.output.find("\"seconds\": ");
  ASSERT_NE(at, std::string::npos) << ran.output;
  EXPECT_GE(std::stod(ran.output.substr(at + 11)), 0.0999);
}

TEST(LoadProgram, FailsWhenAnswersAreMissing) {
  Log log;
  auto source = std::make_unique<ServedStage>(log, any_port);
  const std::string place = "127.0.0.1:" + std::to_string(source->port());
  source->stop();
  const Outcome ran = run(TICKWEIR_PROGRAM " load --patience 0.1 --to " + place);
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(says(ran, "cannot connect to " + place)) << ran.output;
}

TEST(LoadProgram, GivesUpOnASourceThatFallsSilent) {
  Log log;
  std::promise<void> load_has_ended;
  std::shared_future<void> ended(load_has_ended.get_future());
  ServedStage source(log, any_port, [&](const Event& event) {
    if (origin_number(event.origin) == 100) ended.wait();
    return false;
  });
  // More than it may send without an answer.
  const Outcome ran = load(source, "--events 1000000 --window 1000 --patience 0.2");
  load_has_ended.set_value();
  EXPECT_EQ(ran.code, 1) << ran.output;
  EXPECT_TRUE(says(ran, "the answers did not come")) << ran.output;
  source.stop();
}

TEST(LoadProgram, SaysWhatIsWrongWithItsArguments) {
  for (const auto& [words, text] : std::vector<std::pair<std::string, std::string>>{
           {"--to nowhere", "--to takes HOST:PORT, not \"nowhere\""},
           {"--client 0", "out of range"},
           {"--connections 0", "--connections"},
           {"--duplicates 0.5", "--duplicates needs --reconnects"},
           {"--duplicates 2", "from 0 to 1"},
           {"--patience -1", "--patience takes seconds from 0 to"},
           {"--patience 1e300", "--patience takes seconds from 0 to"},
           {"--rate nan", "--rate takes events a second from 0"},
           {"--rate inf", "--rate takes events a second from 0"},
           {"--seconds inf --rate 10", "--seconds takes 0 to"},
           {"--seconds nan", "--seconds takes 0 to"},
           {"--duplicates nan", "from 0 to 1"},
           {"--window 0", "--window takes events from 1 to"},
           {"--window 999999999999999999", "--window takes events from 1 to"},
           {"--token-file /nowhere", "--token-file: cannot read /nowhere: No such file"},
           {"--token-file /dev/null", "holds no line"},
           {"--certificate a.pem --key a.key", "need --ca"},
           {"--ca ca.pem --key a.key", "go together"}}) {
    const Outcome ran = run(TICKWEIR_PROGRAM " load " + words);
    EXPECT_EQ(ran.code, 2) << words;
    EXPECT_TRUE(says(ran, text)) << ran.output;
  }
}

TEST(ExampleClients, PythonIsAnsweredForEveryEventThroughLostConnections) {
  Log log;
  ServedStage source(log, any_port, [](const Event& event) { return origin_number(event.origin) == 7; });
  const Outcome ran = run("python3 " TICKWEIR_SOURCE_DIR
                          "/examples/clients/client.py --client 7 --events 2000 "
                          "--lose-every 300 --to 127.0.0.1:" +
                          std::to_string(source.port()));
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_EQ(ran.output, "2000 events: 1999 acknowledged, 1 refused, 6 reconnects\n");
  source.stop();
  EXPECT_EQ(events_of(log, 7), 1999U);
  EXPECT_EQ(log.events.back().as<market::NewOrder>().price, 1'000'000);
}

TEST(ExampleClients, PythonSaysWhyItIsNotLetIn) {
  const testing::TempFolder folder;
  const std::string file = folder.at("tokens");
  std::ofstream(file) << "7 secret\n";
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"}, {"clients", file}});
  const std::string command = "python3 " TICKWEIR_SOURCE_DIR
                              "/examples/clients/client.py --client 7 --events 5 --to "
                              "127.0.0.1:" +
                              std::to_string(source.port()) + " --token ";
  EXPECT_EQ(run(command + "wrong").output,
            "client.py: client 7: login_refused, client id, token or certificate is wrong\n");
  EXPECT_EQ(run(command + "secret").code, 0);
}

TEST(ExampleClients, CppIsAnsweredThroughACrashOfTheSource) {
  Log log;
  const std::uint16_t port = lasting_port();
  const testing::OptionTexts options{{"listen", "127.0.0.1:" + std::to_string(port)}};
  std::promise<void> sending;
  bool is_told = false;
  auto source = std::make_unique<ServedStage>(log, options, [&](const Event&) {
    if (!is_told) sending.set_value();
    is_told = true;
    return false;
  });
  Outcome ran;
  std::thread client([&] { ran = run(ORDERS_PROGRAM " 127.0.0.1 " + std::to_string(port) + " 7 30000"); });
  // Not while the program is being started: until then it has our sockets, too.
  sending.get_future().wait();
  for (int crash = 0; crash < 3; ++crash) {
    source->crash();
    source = std::make_unique<ServedStage>(log, options);
  }
  client.join();
  source->stop();
  EXPECT_EQ(ran.output, "30000 events: 0 refused, the others are durable\n");
  EXPECT_EQ(events_of(log, 7), 30'000U);
}

}  // namespace
}  // namespace tickweir
