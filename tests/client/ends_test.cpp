// Every client of ours against a source that says no, falls silent, or is none: it ends, and says why.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "certificates.h"
#include "run_command.h"
#include "served_stage.h"
#include "stranger.h"
#include "tickweir/client.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

enum class Kind { python, orders, load };

std::string name_of(const ::testing::TestParamInfo<Kind>& kind) {
  constexpr std::array<const char*, 3> names{"Python", "Orders", "Load"};
  return names[static_cast<std::size_t>(kind.param)];
}

class AnyClient : public ::testing::TestWithParam<Kind> {
 protected:
  struct Wanted {
    std::uint64_t events = 1000;
    int patience = 1000;  // longer than run() lets it live: it must end for another cause
    std::string more = {};
  };
  static Outcome talk_to(std::uint16_t port) { return talk_to(port, Wanted{}); }
  static Outcome talk_to(std::uint16_t port, const Wanted& wanted) {
    const std::string events = std::to_string(wanted.events);
    const std::string rest = " --patience " + std::to_string(wanted.patience) + " " + wanted.more;
    const std::string place = "127.0.0.1:" + std::to_string(port);
    if (GetParam() == Kind::orders) {
      return run(ORDERS_PROGRAM " 127.0.0.1 " + std::to_string(port) + " 7 " + events + rest);
    }
    const std::string program = GetParam() == Kind::load ? TICKWEIR_PROGRAM " load"
                                                         : "python3 -B " TICKWEIR_SOURCE_DIR
                                                           "/examples/clients/client.py";
    return run(program + " --client 7 --to " + place + " --events " + events + rest);
  }
  static void expect_failure(const Outcome& ran, const std::string& text) {
    EXPECT_EQ(ran.code, 1) << ran.output;
    EXPECT_TRUE(says(ran, text)) << ran.output;
  }
};

template <Payload T>
std::string bytes_of(const T& payload) {
  wire::Frame<T> frame;
  frame.payload = payload;
  return {reinterpret_cast<const char*>(&frame), sizeof frame};
}
wire::LoginReply welcome() {
  wire::LoginReply reply;
  reply.frame_bytes_max = 4096;
  return reply;
}

TEST_P(AnyClient, EndsWhenTheSourceDoesNotTakeItsEvents) {
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"}, {"accept", "[300]"}});
  expect_failure(talk_to(source.port()), "client 7: frame_type, type 256 of 64 bytes is not accepted here");
}

TEST_P(AnyClient, EndsWhenAnotherTakesItsPlace) {
  std::promise<void> sending;
  bool is_told = false;
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"}}, [&](const Event&) {
    if (!is_told) sending.set_value();
    is_told = true;
    return false;
  });
  auto ran =
      std::async(std::launch::async, [&] { return talk_to(source.port(), {.events = 1'000'000'000}); });
  sending.get_future().wait();
  Client rival({.port = source.port(), .client = 7});
  rival.connect();
  expect_failure(ran.get(), "client 7: replaced, the client logged in on another connection");
  rival.work(0);
  EXPECT_TRUE(rival.is_connected());
}

TEST_P(AnyClient, SaysWhyItIsNotLetInAndComesInWithItsToken) {
  const testing::TempFolder folder;
  const auto write = [&](const std::string& name, const std::string& line) {
    std::ofstream(folder.at(name)) << line;
    std::filesystem::permissions(folder.at(name),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return folder.at(name);
  };
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"}, {"clients", write("clients", "7 secret\n")}});
  const auto with_token = [&](const std::string& token) {
    const bool is_load = GetParam() == Kind::load;
    const std::string words = is_load ? "--token-file " + write(token, "7 " + token) : "--token " + token;
    return talk_to(source.port(), {.more = words});
  };
  expect_failure(with_token("wrong"), "client 7: login_refused, client id, token or certificate is wrong");
  const Outcome ran = with_token("secret");
  EXPECT_EQ(ran.code, 0) << ran.output;
  source.stop();
  EXPECT_EQ(log.events.size(), 1000U);
}

TEST_P(AnyClient, TalksOverMutualTls) {
  const Certificates files;
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"},
                           {"tls", "mutual"},
                           {"certificate", files.certificate("source")},
                           {"key", files.key("source")},
                           {"client_ca", files.certificate("ca")}});
  const std::string ca = "--ca " + files.certificate("ca");
  const auto own = [&](const std::string& name) {
    return ca + " --certificate " + files.certificate(name) + " --key " + files.key(name);
  };
  const Outcome ran = talk_to(source.port(), {.events = 20'000, .more = own("client7")});
  EXPECT_EQ(ran.code, 0) << ran.output;
  for (const std::string& words : {ca, own("rogue7")}) {
    const Outcome refused = talk_to(source.port(), {.patience = 1, .more = words});
    EXPECT_EQ(refused.code, 1) << refused.output;
  }
  source.stop();
  EXPECT_EQ(log.events.size(), 20'000U);
}

TEST_P(AnyClient, GivesUpOnAServerThatDoesNotAnswerTheLogin) {
  const Stranger silent("");
  expect_failure(talk_to(silent.port(), {.patience = 1}), "no answer to the login");
}

TEST_P(AnyClient, GivesUpOnASourceThatLetsItInAndGivesNoAnswers) {
  const Stranger silent(bytes_of(welcome()));
  constexpr std::array<const char*, 3> texts{"client 7: no answer in 1 s", "the source gives no answer",
                                             "the answers did not come"};
  expect_failure(talk_to(silent.port(), {.patience = 1}), texts[static_cast<std::size_t>(GetParam())]);
}

TEST_P(AnyClient, DoesNotBelieveAnAnswerForWhatItDidNotSend) {
  const Stranger eager(bytes_of(welcome()) + bytes_of(wire::Acknowledgement{.number = wire::number_max}));
  expect_failure(talk_to(eager.port()), "it acknowledges number 1099511627775, which was not sent to it");
}

// A code that no client knows is not final, and a login that brings no answer is no progress.
TEST_P(AnyClient, GivesUpOnASourceThatEndsEveryConnection) {
  wire::Goodbye goodbye;
  goodbye.code = static_cast<wire::GoodbyeCode>(999);
  wire::set_text(goodbye.text, "of a later version");
  const Stranger ending(bytes_of(welcome()) + bytes_of(goodbye), true);
  const Outcome ran = talk_to(ending.port(), {.patience = 1});
  expect_failure(ran, "client 7: unknown");
  EXPECT_TRUE(says(ran, "of a later version")) << ran.output;
  EXPECT_LT(ending.visits(), 50U) << "it does not pause";
}

TEST_P(AnyClient, SaysWhatItFoundWhereNoSourceIs) {
  for (const auto& [words, found] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad"},
           {"220 b\r\n", "220 b"},
           {std::string(64, '\0'), "\\x00\\x00"},
           {std::string("\x15\x03\x03\x00\x02", 5), "\\x15\\x03\\x03\\x00\\x02"}}) {
    const Stranger other(words);
    const Outcome ran = talk_to(other.port());
    expect_failure(ran, "is no source_tcp: expected a frame of 32 to 160 bytes, found");
    EXPECT_TRUE(says(ran, found)) << ran.output;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, AnyClient, ::testing::Values(Kind::python, Kind::orders, Kind::load), name_of);

TEST(ExampleClients, SayHowTheyAreCalled) {
  for (const char* words :
       {"", "127.0.0.1 x 7 5", "127.0.0.1 7001 0 5", "127.0.0.1 7001 7 5 --token",
        "127.0.0.1 7001 7 5 --colour red", "127.0.0.1 7001 7 5 --patience 0",
        "127.0.0.1 7001 7 5 --certificate a --key b", "127.0.0.1 7001 7 5 --ca a --key b"}) {
    const Outcome ran = run(std::string(ORDERS_PROGRAM " ") + words);
    EXPECT_EQ(ran.code, 2) << words;
    EXPECT_TRUE(says(ran, "usage: orders HOST PORT CLIENT EVENTS")) << ran.output;
  }
  for (const char* words : {"--to nowhere", "--certificate a --key b", "--ca /nowhere"}) {
    const Outcome ran =
        run(std::string("python3 -B " TICKWEIR_SOURCE_DIR "/examples/clients/client.py ") + words);
    EXPECT_EQ(ran.code, 2) << words << ran.output;
    EXPECT_TRUE(says(ran, "usage: client.py")) << ran.output;
  }
}

}  // namespace
}  // namespace tickweir
