// The admin server against clients that behave, and clients that do not.
#include "runtime/admin/admin_server.h"

#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "tests/admin/raw_client.h"
#include "tickweir/testing_random.h"

namespace tickweir {
namespace {

using testing::http_get;
using testing::RawClient;

Page echo(std::string_view path, std::string_view query) {
  if (path == "/throws") throw std::runtime_error("no such luck");
  if (path == "/large") return {.body = std::string(8 << 20, 'x')};
  return {.body = std::string(path) + "|" + std::string(query)};
}

std::unique_ptr<AdminServer> serve(AdminLimits limits = {}) {
  auto server = AdminServer::listen("127.0.0.1:0", echo, limits);
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

bool is_status(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

TEST(AdminServer, PicksAFreePortAndSaysWhich) {
  const auto server = serve();
  EXPECT_NE(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1:" + std::to_string(server->port()));
}

TEST(AdminServer, AnswersGet) {
  const auto server = serve();
  const std::string answer = http_get(server->port(), "/metrics?a=1");
  EXPECT_TRUE(is_status(answer, 200)) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n/metrics|a=1")) << answer;
}

TEST(AdminServer, AnswersHeadWithTheLengthAndNoBody) {
  const auto server = serve();
  const RawClient client(server->port());
  client.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_TRUE(is_status(answer, 200)) << answer;
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(AdminServer, KeepsAConnectionForManyRequestsEvenPipelined) {
  const auto server = serve();
  const RawClient client(server->port());
  const std::string request = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(request + request);
  EXPECT_TRUE(client.read_answer().ends_with("/a|"));
  EXPECT_TRUE(client.read_answer().ends_with("/a|"));
  client.send(request);
  EXPECT_TRUE(client.read_answer().ends_with("/a|"));
}

TEST(AdminServer, RefusesOtherMethods) {
  const auto server = serve();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const RawClient client(server->port());
    client.send(std::string(method) + " /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string answer = client.read_all();
    EXPECT_TRUE(is_status(answer, 405)) << answer;
    EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos);
  }
}

TEST(AdminServer, RefusesBodies) {
  const auto server = serve();
  const RawClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" +
              std::string(100000, 'x'));
  EXPECT_TRUE(is_status(client.read_answer(), 413));
}

TEST(AdminServer, RefusesHostsOfOtherSites) {
  const auto server = serve();
  EXPECT_TRUE(is_status(http_get(server->port(), "/metrics", "evil.example:9464"), 403));
  EXPECT_TRUE(is_status(http_get(server->port(), "/metrics", "127.0.0.1:1"), 200));
}

TEST(AdminServer, NeedsAHostFromHttp11Clients) {
  const auto server = serve();
  const RawClient client(server->port());
  client.send("GET /a HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(is_status(client.read_answer(), 400));
  const RawClient old(server->port());
  old.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.read_all().ends_with("/a|"));
}

TEST(AdminServer, TurnsAnExceptionOfAPageInto500) {
  const auto server = serve();
  const std::string answer = http_get(server->port(), "/throws");
  EXPECT_TRUE(is_status(answer, 500));
  EXPECT_NE(answer.find("no such luck"), std::string::npos);
}

TEST(AdminServer, NamesAddressAndCauseWhenThePortIsInUse) {
  const auto server = serve();
  auto second = AdminServer::listen(server->address(), echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(
      second.error().message,
      server->address() + ": address already in use; set metrics.listen or --set metrics.listen=127.0.0.1:0");
}

TEST(AdminServer, RefusesWhatIsNotAnAddress) {
  for (const char* address : {"nonsense", "example.com:80", "127.0.0.1:99999", "300.0.0.1:80"}) {
    EXPECT_FALSE(AdminServer::listen(address, echo)) << address;
  }
}

TEST(AdminServer, AnswersGarbageWith400AndGoesOn) {
  const auto server = serve();
  for (const std::string& bytes :
       {std::string("garbage\r\n\r\n"), std::string("GET  HTTP/1.1\r\n\r\n"),
        std::string(50, '\xff') + "\r\n\r\n", std::string("GET /a HTTP/9.9\r\n\r\n"),
        std::string("GET /a HTTP/1.1\r\nbad header\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 13)}) {
    const RawClient client(server->port());
    client.send(bytes);
    EXPECT_TRUE(is_status(client.read_answer(), 400)) << bytes;
  }
  EXPECT_TRUE(is_status(http_get(server->port(), "/a"), 200));
}

TEST(AdminServer, SurvivesRandomBytes) {
  std::mt19937_64 random(testing::seed());
  const auto server = serve({.timeout = std::chrono::milliseconds(50)});
  for (int round = 0; round < 50; ++round) {
    const RawClient client(server->port());
    std::string bytes = round % 2 == 0 ? "GET /" : "";
    for (std::size_t i = random() % 2000; i > 0; --i) bytes += static_cast<char>(random());
    client.send(bytes);
  }
  EXPECT_TRUE(is_status(http_get(server->port(), "/a"), 200));
}

TEST(AdminServer, RefusesHugeHeaders) {
  const auto server = serve();
  const RawClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(200'000, 'x'));
  EXPECT_TRUE(is_status(client.read_answer(), 431));
  const RawClient long_target(server->port());
  long_target.send("GET /" + std::string(200'000, 'x') + " HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(is_status(long_target.read_answer(), 431));
  EXPECT_TRUE(is_status(http_get(server->port(), "/a"), 200));
}

TEST(AdminServer, AnswersThoughIdleClientsTookEveryConnection) {
  const auto server = serve({.connections = 8});
  std::vector<RawClient> idle;
  for (int i = 0; i < 40; ++i) {
    idle.emplace_back(server->port());
    EXPECT_TRUE(idle.back().connected());
    if (i % 2 == 0) idle.back().send("GET /a HTT");  // slow: the rest never comes
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_status(http_get(server->port(), "/metrics"), 200));
  EXPECT_EQ(idle.front().read_all(), "");  // the first to come had to go
}

TEST(AdminServer, ClosesAConnectionThatSendsTooSlowly) {
  const auto server = serve({.timeout = std::chrono::milliseconds(100)});
  const RawClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: local");
  EXPECT_EQ(client.read_all(), "");
}

TEST(AdminServer, DoesNotWaitForeverForAClientThatDoesNotRead) {
  const auto server = serve({.timeout = std::chrono::milliseconds(100)});
  const RawClient client(server->port());
  client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(is_status(http_get(server->port(), "/a"), 200));
}

TEST(AdminServer, ClosesEverythingAtTheEnd) {
  auto server = serve();
  const RawClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.read_answer().ends_with("/a|"));
  const std::uint16_t port = server->port();
  server.reset();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(RawClient(port).connected());
}

}  // namespace
}  // namespace tickweir
