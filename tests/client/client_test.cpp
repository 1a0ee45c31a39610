// The client: answers for everything, through refusals, lost connections and restarts of the source.
#include <gtest/gtest.h>

#include <sys/time.h>

#include <csignal>

#include "served_stage.h"
#include "stranger.h"
#include "tickweir/client.h"
#include "tickweir/market.h"

namespace tickweir {
namespace {

testing::OptionTexts on_port(std::uint16_t port) {
  return {{"listen", "127.0.0.1:" + std::to_string(port)}};
}

ClientSettings settings_for(std::uint16_t port, std::uint32_t id = 7) {
  return {.port = port, .client = id, .window_bytes = 64 * 1024};
}

market::NewOrder order(std::uint64_t id) {
  return {.order_id = id, .price = 100, .quantity = 1, .instrument = 1, .side = market::Side::Buy};
}

// Sends `count` orders, reconnecting `on_lost` when the connection is gone.
template <typename OnLost>
void send_all(Client& client, std::uint64_t count, OnLost&& on_lost) {
  for (std::uint64_t sent = 0; sent < count;) {
    if (client.send(order(sent + 1)) != 0) {
      ++sent;
    } else if (!client.work(10)) {
      on_lost();
    }
  }
}

void expect_exactly(const Log& log, std::uint32_t client, std::uint64_t count) {
  ASSERT_EQ(log.events.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_EQ(log.events[i].origin(), wire::client_origin(client, i + 1));
    EXPECT_EQ(log.events[i].as<market::NewOrder>().order_id, i + 1);
  }
}

TEST(Client, IsAnsweredForEveryEvent) {
  Log log;
  ServedStage source(log, any_port);
  Client client(settings_for(source.port()));
  client.connect();
  send_all(client, 10'000, [] { FAIL() << "lost"; });
  EXPECT_TRUE(client.finish());
  EXPECT_EQ(client.acknowledged(), 10'000U);
  EXPECT_EQ(client.unanswered(), 0U);
  source.stop();
  expect_exactly(log, 7, 10'000);
}

TEST(Client, SendsAgainWhatHadNoAnswerWhenTheConnectionWasLost) {
  Log log;
  ServedStage source(log, any_port);
  Client client(settings_for(source.port()));
  client.connect();
  for (int round = 0; round < 20; ++round) {
    send_all(client, 500, [] { FAIL() << "lost"; });
    client.work(0);
    client.connect();  // in the middle of things
  }
  EXPECT_TRUE(client.finish());
  source.stop();
  ASSERT_EQ(log.events.size(), 10'000U);
  EXPECT_EQ(log.origins.size(), 10'000U);
}

TEST(Client, LosesNothingWhenTheSourceCrashesAndComesBack) {
  Log log;
  const std::uint16_t port = lasting_port();
  auto source = std::make_unique<ServedStage>(log, on_port(port));
  Client client(settings_for(port));
  client.connect();
  std::uint64_t sent = 0;
  for (int crash = 0; crash < 5; ++crash) {
    for (std::uint64_t until = sent + 2000; sent < until; client.work(0)) {
      if (client.send(order(sent + 1)) != 0) ++sent;
    }
    const std::uint64_t acknowledged = client.acknowledged();
    source->crash();
    EXPECT_GE(log.events.size(), acknowledged);
    source = std::make_unique<ServedStage>(log, on_port(port));
    client.connect();
    EXPECT_EQ(client.login_reply().last_durable, log.events.size());
  }
  EXPECT_TRUE(client.finish());
  source->stop();
  expect_exactly(log, 7, sent);
}

TEST(Client, HearsOfEveryRefusalOnce) {
  Log log;
  ServedStage source(log, any_port, [](const Event& event) { return origin_number(event.origin) % 10 == 0; });
  std::vector<std::uint64_t> refused;
  ClientSettings settings = settings_for(source.port());
  settings.on_refusal = [&](std::uint64_t number, std::string_view reason, std::string_view stage) {
    refused.push_back(number);
    EXPECT_EQ(reason, "outside_band");
    EXPECT_EQ(stage, "band");
  };
  Client client(settings);
  client.connect();
  for (int round = 0; round < 4; ++round) {
    send_all(client, 500, [] { FAIL() << "lost"; });
    client.work(0);
    client.connect();
  }
  EXPECT_TRUE(client.finish());
  source.stop();
  EXPECT_EQ(log.events.size(), 1800U);
  EXPECT_EQ(client.refused(), 200U);
  std::set<std::uint64_t> each(refused.begin(), refused.end());
  EXPECT_EQ(each.size(), 200U);
  EXPECT_EQ(refused.size(), 200U);
}

TEST(Client, GoesOnWithNumbersWhereTheOneBeforeItEnded) {
  Log log;
  ServedStage source(log, any_port);
  for (int life = 0; life < 3; ++life) {
    Client client(settings_for(source.port()));
    client.connect();
    EXPECT_EQ(client.send(order(1)), static_cast<std::uint64_t>(life + 1));
    EXPECT_TRUE(client.finish());
  }
  source.stop();
  EXPECT_EQ(log.events.size(), 3U);
}

TEST(Client, GivesNoNumberBeforeItKnowsWhichAreFree) {
  Log log;
  ServedStage source(log, any_port);
  Client before(settings_for(source.port()));
  before.connect();
  send_all(before, 3, [] { FAIL() << "lost"; });
  EXPECT_TRUE(before.finish());
  before.disconnect();
  Client client(settings_for(source.port()));
  EXPECT_THROW(client.send(order(4)), ClientError);
  EXPECT_EQ(client.unanswered(), 0U);
  client.connect();
  EXPECT_EQ(client.send(order(4)), 4U);
  EXPECT_TRUE(client.finish());
  source.stop();
  expect_exactly(log, 7, 4);
}

// Else its next event would be taken for a repeat of the other's.
TEST(Client, GoesOnBehindTheNumbersOfAnotherWithItsId) {
  Log log;
  ServedStage source(log, any_port);
  Client client(settings_for(source.port()));
  client.connect();
  send_all(client, 2, [] { FAIL() << "lost"; });
  EXPECT_TRUE(client.finish());
  Client rival(settings_for(source.port()));
  rival.connect();
  EXPECT_EQ(rival.send(order(3)), 3U);
  EXPECT_TRUE(rival.finish());
  client.connect();
  EXPECT_EQ(client.send(order(4)), 4U);
  EXPECT_TRUE(client.finish());
  source.stop();
  expect_exactly(log, 7, 4);
}

TEST(Client, TakesNoEventThatTheSourceOrTheWindowCannotTake) {
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"}, {"max_frame", "128B"}});
  const auto refusal = [&](Client& client, std::size_t payload_bytes) -> std::string {
    try {
      EXPECT_NE(client.send(300, std::vector<std::uint8_t>(payload_bytes)), 0U);
    } catch (const ClientError& refused) {
      return refused.what();
    }
    return "";
  };
  Client client(settings_for(source.port()));
  client.connect();
  EXPECT_EQ(refusal(client, 104),
            "an event of 136 bytes, header included, is too large: the source takes 128 (its max_frame)");
  EXPECT_EQ(client.unanswered(), 0U);
  EXPECT_EQ(refusal(client, 96), "");
  EXPECT_TRUE(client.finish());
  ClientSettings narrow = settings_for(source.port(), 8);
  narrow.window_bytes = 64;
  Client small(narrow);
  small.connect();
  EXPECT_EQ(refusal(small, 40),
            "an event of 72 bytes, header included, is too large: the window has 64 (window_bytes)");
}

TEST(Client, SendsKeptEventsAgainToTryTheDedupOut) {
  Log log;
  ServedStage source(log, any_port);
  ClientSettings settings = settings_for(source.port());
  settings.kept_bytes = 64 * 100;
  Client client(settings);
  client.connect();
  send_all(client, 1000, [] { FAIL() << "lost"; });
  EXPECT_TRUE(client.finish());
  client.connect();
  client.send(order(1001));
  EXPECT_TRUE(client.finish());
  source.stop();
  expect_exactly(log, 7, 1001);
  EXPECT_EQ(log.repeats, 100U);
}

TEST(Client, IsToldWhyItWasEnded) {
  Log log;
  auto source = std::make_unique<ServedStage>(log, any_port);
  Client client(settings_for(source->port()));
  Client rival(settings_for(source->port()));
  client.connect();
  rival.connect();
  while (client.work(10)) {
  }
  ASSERT_TRUE(client.goodbye().has_value());
  EXPECT_EQ(client.goodbye()->code, wire::GoodbyeCode::replaced);
  EXPECT_TRUE(client.is_over());
  EXPECT_EQ(client.why_ended(), "client 7: replaced, the client logged in on another connection");
  rival.send(order(1));
  EXPECT_TRUE(rival.finish());
  source->stop();
  while (rival.work(10)) {
  }
  ASSERT_TRUE(rival.goodbye().has_value());
  EXPECT_EQ(rival.goodbye()->code, wire::GoodbyeCode::draining);
  EXPECT_EQ(rival.goodbye()->last_durable, 1U);
  EXPECT_FALSE(rival.is_over());
  EXPECT_THROW(rival.connect(), ClientError);
}

TEST(Client, SaysWhatTheSourceSaidWhenItIsNotLetIn) {
  Log log;
  ServedStage source(log, any_port);
  Client client(settings_for(source.port(), wire::client_id_max + 1));
  try {
    client.connect();
    FAIL() << "was let in";
  } catch (const ClientError& refused) {
    EXPECT_EQ(std::string(refused.what()),
              "client 8388608: login_refused, client id, token or certificate is wrong");
  }
}

TEST(Client, SaysWhatItFoundWhereNoSourceIs) {
  const Stranger web("HTTP/1.1 400 Bad Request\r\n\r\n");
  Client client(settings_for(web.port()));
  try {
    client.connect();
    FAIL() << "was let in";
  } catch (const ClientError& refused) {
    EXPECT_EQ(std::string(refused.what()),
              "client 7: 127.0.0.1:" + std::to_string(web.port()) +
                  " is no source_tcp: expected a frame of 32 to 160 bytes, found \"HTTP/1.1 400 Bad\"");
  }
  EXPECT_FALSE(client.is_connected());
  EXPECT_TRUE(client.is_over());
}

// Says what it is told to, whatever it hears, and takes a little at a time.
class Scripted final : public Transport {
 public:
  Scripted(std::string& words, std::size_t& taken_bytes) : words_(words), taken_bytes_(taken_bytes) {}
  std::int64_t send(std::span<const std::uint8_t> bytes) override {
    const std::size_t count = std::min<std::size_t>(bytes.size(), 40);
    taken_bytes_ += count;
    return static_cast<std::int64_t>(count);
  }
  std::int64_t receive(std::span<std::uint8_t> room) override {
    const std::size_t count = words_.copy(reinterpret_cast<char*>(room.data()), room.size());
    words_.erase(0, count);
    return static_cast<std::int64_t>(count);
  }
  [[nodiscard]] int descriptor() const override { return -1; }
  [[nodiscard]] bool has_more() const override { return !words_.empty(); }

 private:
  std::string& words_;
  std::size_t& taken_bytes_;
};

std::string welcome_bytes() {
  wire::Frame<wire::LoginReply> welcome;
  welcome.payload.frame_bytes_max = 4096;
  return {reinterpret_cast<const char*>(&welcome), sizeof welcome};
}

TEST(Client, SendsItsWholeLoginThoughTheReplyIsThereBefore) {
  std::string words = welcome_bytes();
  std::size_t taken_bytes = 0;
  ClientSettings settings;
  settings.transport = [&](const ClientSettings&) { return std::make_unique<Scripted>(words, taken_bytes); };
  Client client(settings);
  client.connect();
  EXPECT_EQ(taken_bytes, sizeof(wire::Frame<wire::Login>));
}

// What lies about one number may lie about all of them.
TEST(Client, KeepsWhatItSentToWhatTurnsOutToBeNoSource) {
  wire::Frame<wire::Acknowledgement> lie;
  lie.payload.number = wire::number_max;
  std::string words = welcome_bytes();
  std::size_t taken_bytes = 0;
  Log log;
  ServedStage source(log, any_port);
  ClientSettings settings = settings_for(source.port());
  settings.transport = [&, is_first = true](const ClientSettings& to) mutable -> std::unique_ptr<Transport> {
    if (std::exchange(is_first, false)) return std::make_unique<Scripted>(words, taken_bytes);
    return std::make_unique<TcpTransport>(to.host, to.port, to.timeout_ms);
  };
  Client client(settings);
  client.connect();
  send_all(client, 3, [] { FAIL() << "lost"; });
  EXPECT_TRUE(client.work(0));
  EXPECT_FALSE(client.has_unsent());
  words.assign(reinterpret_cast<const char*>(&lie), sizeof lie);
  EXPECT_THROW(client.work(0), ClientError);
  EXPECT_EQ(client.unanswered(), 3U);
  EXPECT_EQ(client.acknowledged(), 0U);
  client.connect();
  EXPECT_TRUE(client.finish());
  source.stop();
  expect_exactly(log, 7, 3);
}

// A signal is no timeout.
TEST(Transport, WaitsOnThroughSignals) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  struct sigaction noted {};
  noted.sa_handler = [](int) {};
  struct sigaction before {};
  ::sigaction(SIGALRM, &noted, &before);
  const itimerval often{.it_interval = {0, 1000}, .it_value = {0, 1000}};
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  EXPECT_FALSE(wait_for(ends[0], POLLIN, end));
  EXPECT_GE(std::chrono::steady_clock::now(), end);
  EXPECT_TRUE(wait_for(ends[1], POLLOUT, end));
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace tickweir
