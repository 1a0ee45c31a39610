// Clients and their file, settlement and saved state, without sockets.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <sstream>

#include "clients.h"
#include "clients_file.h"
#include "settings.h"

namespace tickweir::tcp {
namespace {

std::string refusal_of(const std::string& text) {
  std::istringstream in(text);
  try {
    static_cast<void>(parse_clients(in, "clients"));
  } catch (const std::runtime_error& refused) {
    return refused.what();
  }
  return {};
}

TEST(ClientsFile, TakesIdsAndTokensAndComments) {
  std::istringstream in("# who may come\n\n 7 secret\n8388607\tother # the last\r\n");
  const auto clients = parse_clients(in, "clients");
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].id, 7U);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(clients[0].token.data())), "secret");
  EXPECT_EQ(clients[1].id, 8388607U);
}

TEST(ClientsFile, GivesClientsTheirIdAsAccountUnlessItNamesAnother) {
  std::istringstream in("7 secret\n8 other 4294967295\n");
  const auto clients = parse_clients(in, "clients");
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].account, 7U);
  EXPECT_EQ(clients[1].account, 4294967295U);
  for (const char* account : {"0", "x", "-1", "4294967296", "5x"}) {
    EXPECT_EQ(refusal_of("9 hush " + std::string(account)),
              "clients:1: found no account for client 9, expected a number from 1 to 4294967295");
  }
  EXPECT_EQ(refusal_of("9 hush 5 6"), "clients:1: found more than an id, a token and an account");
}

TEST(ClientsFile, SaysWhichLineIsWrongAndKeepsTokensToItself) {
  EXPECT_EQ(refusal_of("1 a\n0 hush\n"),
            "clients:2: found no client id, expected a number from 1 to 8388607");
  EXPECT_NE(refusal_of("8388608 hush"), "");
  EXPECT_NE(refusal_of("seven hush"), "");
  EXPECT_NE(refusal_of("7"), "");
  EXPECT_NE(refusal_of("7 hush hush"), "");
  EXPECT_NE(refusal_of("7 " + std::string(65, 'x')), "");
  EXPECT_EQ(refusal_of("7 hush\n7 hush\n"), "clients:2: found client 7 a second time");
  for (const char* text : {"0 hush", "7 hush hush", "7 hush\n7 hush"}) {
    EXPECT_EQ(refusal_of(text).find("hush"), std::string::npos);
  }
}

TEST(Clients, AreFoundAmongMany) {
  Clients clients(3000);
  for (std::uint32_t id = 1; id <= 3000; ++id) clients.find_or_add(id * 2741 % wire::client_id_max + 1);
  for (std::uint32_t id = 1; id <= 3000; ++id)
    EXPECT_NE(clients.find(id * 2741 % wire::client_id_max + 1), nullptr);
  EXPECT_EQ(clients.find(3), nullptr);
  EXPECT_TRUE(clients.is_full());
}

// Against a set of ids; a small table, so that searches run into each other.
TEST(Clients, AreForgottenIfThereIsNothingToRemember) {
  Clients clients(16);
  std::set<std::uint32_t> known;
  std::uint32_t random = 1;
  for (int step = 0; step < 20'000; ++step) {
    random = random * 1664525 + 1013904223;
    const std::uint32_t id = random % 97 * 2741 % wire::client_id_max + 1;
    if (known.erase(id) != 0) {
      clients.forget_if_blank(clients.index_of(*clients.find(id)));
    } else if (known.size() < 16) {
      clients.find_or_add(id);
      known.insert(id);
    }
    EXPECT_EQ(clients.is_full(), known.size() == 16);
    for (std::uint32_t i = 0; i < 97; ++i) {
      const std::uint32_t other = i * 2741 % wire::client_id_max + 1;
      const Client* const found = clients.find(other);
      ASSERT_EQ(found != nullptr, known.contains(other)) << step;
      ASSERT_TRUE(found == nullptr || found->id == other);
    }
  }
  EXPECT_EQ(clients.size(), 16U) << "places are used again";
}

TEST(Clients, AreKnownAsLongAsThereIsSomethingToRemember) {
  const auto is_kept = [](const std::function<void(Clients&, Client&)>& happened) {
    Clients clients(4);
    Client& client = clients.find_or_add(7);
    happened(clients, client);
    clients.forget_if_blank(0);
    return clients.find(7) != nullptr;
  };
  EXPECT_FALSE(is_kept([](Clients&, Client&) {}));
  EXPECT_TRUE(is_kept([](Clients&, Client& client) { Clients::begin_session(client, 0); }));
  EXPECT_TRUE(is_kept([](Clients&, Client& client) { Clients::received(client, 1, 1); }));
  EXPECT_TRUE(is_kept([](Clients& clients, Client& client) {
    Clients::received(client, 1, 1);
    Clients::settle(client, 1, false);
    clients.cancelled(7);
  })) << "its numbers go on from there";
  EXPECT_TRUE(is_kept([](Clients& clients, Client&) {
    clients.recover(wire::client_origin(7, 3));
    clients.cancelled(7);
  }));
  Clients clients(4);
  clients.add(7, Token{}, 7);
  clients.forget_if_blank(0);
  EXPECT_NE(clients.find(7), nullptr) << "the file names it";
}

TEST(Clients, AcknowledgeNothingThatCameOnAnEarlierConnection) {
  Clients clients(4);
  Client& client = clients.find_or_add(7);
  Clients::begin_session(client, 0);
  Clients::received(client, 2, 2);
  Clients::begin_session(client, 1);
  Clients::received(client, 2, 2);  // both again
  EXPECT_FALSE(Clients::settle(client, 1, true));
  EXPECT_FALSE(Clients::settle(client, 2, true));
  EXPECT_EQ(client.settled, 0U);
  EXPECT_EQ(client.last_durable, 2U);
  EXPECT_TRUE(Clients::settle(client, 1, true));
  EXPECT_EQ(client.settled, 1U);
  EXPECT_FALSE(Clients::settle(client, 2, true) && Clients::settle(client, 3, true))
      << "more than were received";
}

TEST(Clients, RefusedEventsAreSettledButNotDurable) {
  Clients clients(4);
  Client& client = clients.find_or_add(7);
  Clients::begin_session(client, 0);
  Clients::received(client, 1, 5);
  EXPECT_TRUE(Clients::settle(client, 5, false));
  EXPECT_EQ(client.settled, 5U);
  EXPECT_EQ(client.last_durable, 0U);
}

TEST(Clients, KnowTheirTokens) {
  std::istringstream in("7 secret\n");
  Clients clients(4, false);
  for (const ClientLine& line : parse_clients(in, "")) clients.add(line.id, line.token, line.account);
  clients.find_or_add(8);  // from the log, no longer in the file
  const auto is_let_in = [&](std::uint32_t id, std::string_view text) {
    wire::Login login;
    wire::set_text(login.token, text);
    return clients.is_token_of(clients.find(id), login.token);
  };
  EXPECT_TRUE(is_let_in(7, "secret"));
  EXPECT_FALSE(is_let_in(7, "secret2"));
  EXPECT_FALSE(is_let_in(7, ""));
  EXPECT_FALSE(is_let_in(8, ""));
  EXPECT_FALSE(is_let_in(9, ""));
}

TEST(Address, IsAnAddressAndNothingElse) {
  EXPECT_EQ(text_of(*parse_address("127.0.0.1:7001")), "127.0.0.1:7001");
  EXPECT_EQ(text_of(*parse_address("[::1]:7001")), "[::1]:7001");
  for (const char* wrong : {"", "7001", "localhost:7001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
                            "1.2.3:4", "::1:7001", "127.0.0.1:7001 ", "[::1:7001"}) {
    EXPECT_FALSE(parse_address(wrong)) << wrong;
  }
  EXPECT_TRUE(is_loopback(*parse_address("127.9.9.9:1")));
  EXPECT_TRUE(is_loopback(*parse_address("[::1]:1")));
  EXPECT_FALSE(is_loopback(*parse_address("0.0.0.0:1")));
  EXPECT_FALSE(is_loopback(*parse_address("[::]:1")));
  EXPECT_TRUE(same_host(*parse_address("10.0.0.1:1"), *parse_address("10.0.0.1:2")));
  EXPECT_FALSE(same_host(*parse_address("10.0.0.1:1"), *parse_address("10.0.0.2:1")));
}

}  // namespace
}  // namespace tickweir::tcp
