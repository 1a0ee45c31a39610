// Peers that do what they must not: each is ended with a reason, costs nobody else anything, and uses up no
// number.
#include <sys/resource.h>

#include <algorithm>

#include "tcp_test.h"

namespace tickweir::tcp {
namespace {

std::string frame_with(std::uint32_t size, std::uint16_t type, std::uint64_t number) {
  std::string bytes = event_bytes(number);
  std::memcpy(bytes.data(), &size, sizeof size);
  std::memcpy(bytes.data() + 4, &type, sizeof type);
  return bytes;
}

std::ptrdiff_t count_log(Rig& rig, const std::string& text) {
  return std::ranges::count_if(rig.stage().logs(),
                               [&](const std::string& line) { return line.find(text) != std::string::npos; });
}
bool has_log(Rig& rig, const std::string& text) {
  return count_log(rig, text) != 0;
}

TEST(HostilePeer, IsToldWhichByteWasWrongAndItsGoodEventsStay) {
  Rig rig;
  Peer good(rig, 1);
  Peer bad(rig, 7);
  bad.send(events_bytes(1, 2) + frame_with(7, 256, 3) + events_bytes(4, 9));
  const auto goodbye = bad.goodbye();
  EXPECT_EQ(goodbye.code, GoodbyeCode::frame_size);
  EXPECT_EQ(goodbye.byte_offset, 104U + 2 * 64U);
  EXPECT_NE(wire::text_of(goodbye.text).find("size 7, expected"), std::string::npos);
  EXPECT_EQ(rig.count(), 2U);
  EXPECT_TRUE(has_log(rig, "(client 7): frame_size, size 7"));
  EXPECT_TRUE(has_log(rig, ", at byte 232, after ")) << rig.stage().logs().back();
  good.send(events_bytes(1, 1));
  rig.until_events(3);
  const Peer again(rig, 7);
  EXPECT_EQ(again.reply.last_received, 2U);
}

TEST(HostilePeer, CannotMakeUsWaitForAFrameOfFourGigabytes) {
  for (const std::uint32_t size : {0U, 31U, 33U, 4104U, 0x80000000U, UINT32_MAX, UINT32_MAX - 7}) {
    Rig rig;
    Peer peer(rig, 7);
    peer.send(frame_with(size, 256, 1).substr(0, 8));
    EXPECT_EQ(peer.goodbye().code, GoodbyeCode::frame_size) << size;
    EXPECT_EQ(rig.count(), 0U);
  }
}

TEST(HostilePeer, MayNotSendMoreThanAFrameMayHold) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1, 8192));
  rig.until("a judgement", [&] { return rig.count() + rig.stage().counter("goodbyes", "frame_size") != 0; });
  EXPECT_EQ(rig.count(), 0U);
}

// The log would hold it before a stage finds out.
TEST(HostilePeer, MayNotSendLessThanItsTypeNeeds) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1) + event_bytes(2, 40));
  rig.until("a judgement",
            [&] { return rig.count() == 2 || rig.stage().counter("goodbyes", "frame_size") == 1; });
  EXPECT_EQ(rig.count(), 1U);
}

TEST(HostilePeer, MayNotUseTheNumbersOfAnotherClient) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(wire::client_origin(8, 1)));
  rig.until("a judgement", [&] { return rig.count() + rig.stage().counter("goodbyes", "frame_field") != 0; });
  EXPECT_EQ(rig.count(), 0U);
}

TEST(HostilePeer, MayNotUseANumberTwice) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1) + event_bytes(1));
  rig.until("a judgement",
            [&] { return rig.count() == 2 || rig.stage().counter("goodbyes", "number_order") == 1; });
  EXPECT_EQ(rig.count(), 1U);
}

TEST(HostilePeer, MayNotSayWhatTheSourceSays) {
  const std::string lies[] = {bytes_of(wire::Frame<wire::LoginReply>{}),
                              bytes_of(wire::Frame<wire::Acknowledgement>{}),
                              bytes_of(wire::Frame<wire::Refusal>{}),
                              login_bytes(7),
                              frame_with(64, 31, 0),
                              frame_with(64, 21, 0)};
  for (const std::string& lie : lies) {
    Rig rig;
    Peer peer(rig, 7);
    peer.send(event_bytes(1) + lie);
    const auto goodbye = peer.goodbye();
    EXPECT_EQ(goodbye.code, GoodbyeCode::frame_type);
    EXPECT_EQ(goodbye.byte_offset, 104U + 64U);
    EXPECT_EQ(rig.count(), 1U);
    EXPECT_TRUE(has_log(rig, "(client 7): frame_type, type ")) << rig.stage().logs().back();
  }
}

TEST(HostilePeer, GetsNowhereWithoutALogin) {
  Rig rig;
  Peer eager(rig);
  eager.send(events_bytes(1, 3));
  EXPECT_EQ(eager.goodbye().code, GoodbyeCode::frame_type);
  Peer http(rig);
  http.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(http.goodbye().code, GoodbyeCode::frame_type);
  Peer other(rig);
  wire::Frame<wire::Login> login;
  login.payload.client = 7;
  login.payload.version = 9;
  other.send(bytes_of(login));
  EXPECT_EQ(other.goodbye().code, GoodbyeCode::version);
  for (const std::uint32_t id : {0U, wire::client_id_max + 1, UINT32_MAX}) {
    Peer peer(rig);
    peer.send(login_bytes(id));
    EXPECT_EQ(peer.goodbye().code, GoodbyeCode::login_refused) << id;
  }
  EXPECT_EQ(rig.count(), 0U);
  EXPECT_EQ(rig.stage().counter("logins"), 0U);
}

TEST(HostilePeer, NeedsTheTokenOfTheClientItSaysItIs) {
  const TestFile clients("7 right\n8 other\n", 0600);
  Rig rig({{"clients", clients.path()}});
  EXPECT_EQ(Peer(rig, 7, "right").reply.frame_bytes_max, 4096U);
  const std::pair<std::uint32_t, const char*> wrong[] = {
      {7, ""}, {7, "other"}, {7, "righ"}, {7, "right2"}, {9, "right"}};
  for (const auto& [id, token] : wrong) {
    Peer peer(rig);
    peer.send(login_bytes(id, token));
    EXPECT_EQ(peer.goodbye().code, GoodbyeCode::login_refused) << id << " " << token;
  }
  for (const std::string& line : rig.stage().logs()) EXPECT_EQ(line.find("right"), std::string::npos) << line;
}

TEST(HostilePeer, CannotFindOutWithoutATokenWhoIsConnected) {
  const TestFile clients("7 right\n", 0600);
  Rig rig({{"clients", clients.path()}});
  const Peer present(rig, 7, "right");
  Peer curious(rig);
  curious.send(login_bytes(7, "wrong"));
  curious.end_sending();
  EXPECT_EQ(curious.goodbye().code, GoodbyeCode::login_refused);
  EXPECT_EQ(rig.stage().counter("goodbyes", "login_refused"), 1U);
  EXPECT_TRUE(has_log(rig, ": login of client 7 refused")) << rig.stage().logs().back();
}

TEST(HostilePeer, ThatLeavesInTheMiddleOfAFrameIsCounted) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1) + event_bytes(2).substr(0, 20));
  peer.end_sending();
  const auto goodbye = peer.goodbye();
  EXPECT_EQ(goodbye.code, GoodbyeCode::cut_frame);
  EXPECT_EQ(goodbye.byte_offset, 104U + 64U);
  EXPECT_EQ(rig.count(), 1U);
}

TEST(HostilePeer, ThatLeavesAmidItsFirstFrameIsToldSo) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1).substr(0, 20));
  peer.end_sending();
  EXPECT_EQ(peer.goodbye().code, GoodbyeCode::cut_frame);
}

TEST(HostilePeer, ThatIsGoneIsForgotten) {
  Rig rig;
  {
    Peer peer(rig, 7);
    peer.send(events_bytes(1, 5));
    rig.until_events(5);
    peer.reset();
  }
  rig.until("the end", [&] { return rig.stage().counter("connections") == 0; });
  rig.settle(0, 5);
  EXPECT_EQ(Peer(rig, 7).reply.last_durable, 5U);
}

TEST(HostilePeer, ThatLeavesBeforeItsAnswersDoesNotStayInTheBooks) {
  Rig rig;
  {
    Peer peer(rig, 7);
    peer.send(events_bytes(1, 5));
    rig.until_events(5);
    peer.close();
  }
  rig.stage().poll();
  for (std::size_t i = 0; i < 5; ++i) rig.settle(i, 1);
  rig.until("the end", [&] { return rig.stage().counter("connections") == 0; });
}

TEST(HostilePeer, ThatTakesNoRefusalsIsDisconnectedAndHurtsNobody) {
  const std::vector<tickweir_verdict> verdicts{
      {.flags = 0, .stage_id = "band", .reason = "outside", .help = ""}};
  Rig rig({{"ack_backlog", "1KiB"}}, {.verdicts = verdicts});
  Peer deaf(rig, ReceiveRoom{2048});
  deaf.send(login_bytes(7));
  Peer good(rig, 8);
  constexpr std::size_t count = 200'000;
  std::uint64_t sent = 0;
  while (rig.stage().counter("goodbyes", "reply_backlog") == 0 && sent < count) {
    const std::size_t before = rig.count();
    deaf.send(events_bytes(sent + 1, sent + 100));
    rig.until("events", [&] {
      return rig.count() == before + 100 || rig.stage().counter("goodbyes", "reply_backlog") != 0;
    });
    sent += 100;
    rig.settle(before, rig.count() - before, 1);
  }
  EXPECT_EQ(rig.stage().counter("goodbyes", "reply_backlog"), 1U);
  EXPECT_EQ(count_log(rig, "(client 7): "), 1);
  EXPECT_TRUE(has_log(rig, "(client 7): reply_backlog, replies of 1024 bytes were not taken"));
  const std::size_t before = rig.count();
  good.send(events_bytes(1, 1));
  rig.until_events(before + 1);
  rig.settle(before, 1);
  EXPECT_EQ(good.next<wire::Acknowledgement>().number, 1U);
}

TEST(HostilePeer, ThatTakesNoAnswersToItsHeartbeatsIsDisconnected) {
  Rig rig({{"ack_backlog", "1KiB"}});
  Peer good(rig, 8);
  Peer deaf(rig, ReceiveRoom{2048});
  deaf.send(login_bytes(7));
  std::string beats;
  for (int i = 0; i < 1000; ++i) beats += bytes_of(wire::Frame<wire::Heartbeat>{});
  for (int i = 0; i < 1000 && rig.stage().counter("goodbyes", "reply_backlog") == 0; ++i) deaf.send(beats);
  EXPECT_EQ(rig.stage().counter("goodbyes", "reply_backlog"), 1U);
  EXPECT_TRUE(has_log(rig, "(client 7): reply_backlog, replies of 1024 bytes were not taken"))
      << rig.stage().logs().back();
  good.send(event_bytes(1));
  rig.until_events(1);
  rig.settle(0, 1);
  EXPECT_EQ(good.next<wire::Acknowledgement>().number, 1U);
  EXPECT_EQ(count_log(rig, "(client 7): "), 1) << "its end was told already";
}

TEST(HostilePeer, ThatTakesNoAcknowledgementsGetsOneForAll) {
  Rig rig({{"ack_backlog", "1KiB"}});
  Peer lazy(rig, ReceiveRoom{1 << 16});
  lazy.send(login_bytes(7));
  constexpr std::uint64_t count = 300'000;
  std::uint64_t acknowledged_at = 0;
  for (std::uint64_t number = 1; number <= count; number += 50) {
    const std::size_t before = rig.count();
    lazy.send(events_bytes(number, number + 49));
    rig.until_events(before + 50);
    for (std::size_t i = 0; i < 50; ++i) rig.settle(before + i, 1);
    const std::uint64_t frames = rig.stage().counter("acknowledgements");
    if (frames == acknowledged_at) break;  // the socket takes no more
    acknowledged_at = frames;
  }
  EXPECT_EQ(rig.stage().counter("goodbyes", "reply_backlog"), 0U);
  lazy.next<wire::LoginReply>();
  std::uint64_t last = 0;
  while (last != rig.count() && !::testing::Test::HasFailure()) {
    last = lazy.next<wire::Acknowledgement>().number;
  }
  EXPECT_LT(rig.stage().counter("acknowledgements"), rig.count());
}

TEST(HostilePeer, ConnectionsBeyondTheLimitsAreRefusedAtOnce) {
  Rig rig({{"max_connections", "8"}, {"max_connections_per_address", "4"}});
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::uint32_t id = 1; id <= 4; ++id) peers.push_back(std::make_unique<Peer>(rig, id));
  for (int i = 0; i < 200; ++i) {
    Peer surplus(rig);
    EXPECT_EQ(surplus.goodbye().code, GoodbyeCode::connection_limit);
  }
  EXPECT_EQ(rig.stage().counter("connections"), 4U);
  peers[0]->send(events_bytes(1, 1));
  rig.until_events(1);
  peers.pop_back();
  rig.until("room", [&] { return rig.stage().counter("connections") == 3; });
  const Peer next(rig, 9);
  EXPECT_EQ(next.reply.frame_bytes_max, 4096U);
}

TEST(HostilePeer, CannotFillTheTableOfClients) {
  Rig rig({{"max_clients", "3"}});
  for (std::uint32_t id = 1; id <= 100; ++id) Peer(rig, id);  // of which there is nothing to remember
  for (std::uint32_t id = 1; id <= 3; ++id) {
    Peer peer(rig, id);
    peer.send(event_bytes(1));
    rig.until_events(id);
  }
  Peer fourth(rig);
  fourth.send(login_bytes(4));
  EXPECT_EQ(fourth.goodbye().code, GoodbyeCode::client_limit);
  EXPECT_EQ(Peer(rig, 2).reply.frame_bytes_max, 4096U);
}

TEST(HostilePeer, CannotStopTheOthersByTakingAllDescriptors) {
  if (std::string_view(TICKWEIR_BUILD_SANITIZER) == "address") {
    GTEST_SKIP() << "UBSan opens a pipe to look at a vptr, and takes it for a bad one when it cannot";
  }
  Rig rig;
  Peer good(rig, 1);
  Peer waiting(rig);  // connected, not accepted yet
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  rig.stage().poll();
  good.send(events_bytes(1, 1));
  rig.until_events(1);
  EXPECT_EQ(rig.stage().poll(), PollResult::idle);
  EXPECT_EQ(rig.stage().idle().wake_time, start_time + second / 10);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  rig.pass_time(second / 10);
  waiting.send(login_bytes(2));
  EXPECT_EQ(waiting.next<wire::LoginReply>().frame_bytes_max, 4096U);
}

TEST(HostilePeer, CannotTakeTheLastDescriptorsOfLogsAndMetrics) {
  Rig rig;
  Peer good(rig, 1);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  // Two for the test's own sockets, one that may be taken, and the reserve.
  const rlimit few{.rlim_cur = static_cast<rlim_t>(next) + 35, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Peer first(rig, 2);
  Peer second(rig);
  EXPECT_EQ(second.goodbye().code, GoodbyeCode::connection_limit);
  good.send(events_bytes(1, 1));
  rig.until_events(1);
  first.close();
  second.close();
  rig.until("room", [&] { return rig.stage().counter("connections") == 1; });
  EXPECT_EQ(Peer(rig, 3).reply.frame_bytes_max, 4096U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(HostilePeer, FloodingDoesNotGrowMemory) {
  Rig rig({{"max_connections", "16"}});
  const auto resident = [] {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0;
    std::uint64_t pages = 0;
    file >> all >> pages;
    return pages * 4096;
  };
  Peer warm(rig, 1);
  const std::uint64_t before = resident();
  for (std::uint32_t round = 0; round < 2000; ++round) {
    Peer peer(rig);
    peer.send(round % 2 == 0 ? std::string(200, '\xff') : login_bytes(2) + frame_with(0x7ffffff8, 300, 1));
    rig.until("the end", [&] { return rig.stage().counter("connections") <= 4; });
  }
  EXPECT_LT(resident(), before + (std::uint64_t{16} << 20));
}

}  // namespace
}  // namespace tickweir::tcp
