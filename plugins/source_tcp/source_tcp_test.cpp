// The stage over real loopback sockets: logins, events, settlement, restarts, the end.
#include "tcp_test.h"

namespace tickweir::tcp {
namespace {

const std::vector<tickweir_verdict> verdicts{
    {.flags = TICKWEIR_REASON_REPEAT, .stage_id = "unique", .reason = "duplicate", .help = ""},
    {.flags = 0, .stage_id = "band", .reason = "outside_band", .help = ""}};
constexpr std::uint8_t duplicate = 1;
constexpr std::uint8_t outside_band = 2;

testing::Settings with_verdicts() {
  return {.verdicts = verdicts};
}

TEST(SourceTcp, LetsAClientInAndHandsItsEventsOn) {
  Rig rig;
  Peer peer(rig, 7);
  EXPECT_EQ(peer.reply.last_durable, 0U);
  EXPECT_EQ(peer.reply.last_received, 0U);
  EXPECT_EQ(peer.reply.frame_bytes_max, 4096U);
  peer.send(events_bytes(1, 3));
  rig.until_events(3);
  const OwnedEvent& last = rig.stage().output().back();
  EXPECT_EQ(last.origin(), wire::client_origin(7, 3));
  EXPECT_EQ(last.time(), start_time);
  EXPECT_EQ(last.size(), 64U);
  EXPECT_EQ(last.payload_bytes()[0], 3);
  EXPECT_EQ(rig.stage().counter("logins"), 1U);
  EXPECT_EQ(rig.stage().counter("connections"), 1U);
  EXPECT_EQ(rig.stage().counter("received_bytes"), 104U + 3 * 64U);
}

TEST(SourceTcp, TakesALoginAndEventsThatComeTogetherOrByteByByte) {
  Rig rig;
  Peer together(rig);
  together.send(login_bytes(1) + events_bytes(1, 2));
  rig.until_events(2);
  Peer slow(rig);
  for (const char byte : login_bytes(2) + events_bytes(1, 2)) slow.send({&byte, 1});
  rig.until_events(4);
}

TEST(SourceTcp, ListensOnIpv6) {
  if (!Harness::refusal(TICKWEIR_PLUGIN_FILE, with({}, "[::1]:0")).empty())
    GTEST_SKIP() << "this machine has none";
  Rig rig({}, {}, "[::1]:0");
  EXPECT_EQ(text_of(rig.address()).substr(0, 6), "[::1]:");
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 2));
  rig.until_events(2);
}

TEST(SourceTcp, AcknowledgesOnceARoundAndOnlyWhatIsSettled) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 10));
  rig.until_events(10);
  EXPECT_TRUE(peer.has_nothing());
  rig.settle(0, 4);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 4U);
  rig.settle(4, 6);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 10U);
  EXPECT_TRUE(peer.has_nothing());
  EXPECT_EQ(rig.stage().counter("acknowledgements"), 2U);
}

TEST(SourceTcp, AnswersOnceForAllBatchesThatAreSettledTogether) {
  Rig rig({}, {.batch_events_max = 8});
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 50));
  rig.until_events(50);
  rig.settle(0, 50);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 50U);
  EXPECT_TRUE(peer.has_nothing());
}

TEST(SourceTcp, SendsARefusalWithItsReasonBeforeTheAcknowledgementThatCoversIt) {
  Rig rig({}, with_verdicts());
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 3));
  rig.until_events(3);
  std::vector<OwnedEvent> events = rig.stage().output();
  const_cast<Event&>(events[1].header()).verdict = outside_band;
  rig.stage().settle(events);
  const auto refusal = peer.next<wire::Refusal>();
  EXPECT_EQ(refusal.number, 2U);
  EXPECT_EQ(refusal.verdict, outside_band);
  EXPECT_EQ(wire::text_of(refusal.reason), "outside_band");
  EXPECT_EQ(wire::text_of(refusal.stage), "band");
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 3U);
  EXPECT_EQ(rig.stage().counter("refusals"), 1U);
}

TEST(SourceTcp, AcknowledgesARepeatAndCountsIt) {
  Rig rig({}, with_verdicts());
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 2));
  rig.until_events(2);
  rig.settle(0, 2, duplicate);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 2U);
  EXPECT_EQ(rig.stage().counter("repeats"), 2U);
  EXPECT_EQ(rig.stage().counter("refusals"), 0U);
}

TEST(SourceTcp, LeavesEventsOfOtherSourcesAlone) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 1));
  rig.until_events(1);
  rig.stage().settle({testing::tick(5), OwnedEvent(256, {}, {.origin = make_origin(1, 50)}),
                      OwnedEvent(256, {}, {.origin = wire::client_origin(8, 50)})});
  EXPECT_TRUE(peer.has_nothing());
  rig.settle(0, 1);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 1U);
}

TEST(SourceTcp, AnswersForEventsOfALostConnectionOnceTheyAreSentAgain) {
  Rig rig({}, with_verdicts());
  {
    Peer lost(rig, 7);
    lost.send(events_bytes(1, 5));
    rig.until_events(5);
  }
  Peer peer(rig, 7);
  EXPECT_EQ(peer.reply.last_durable, 0U);
  EXPECT_EQ(peer.reply.last_received, 5U);
  peer.send(events_bytes(1, 6));
  rig.until_events(11);
  rig.settle(0, 5);
  EXPECT_TRUE(peer.has_nothing()) << "a refusal of the lost connection may not be covered";
  rig.settle(5, 5, duplicate);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 5U);
  rig.settle(10, 1);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 6U);
}

TEST(SourceTcp, TheSecondLoginOfAClientEndsTheFirst) {
  Rig rig;
  Peer first(rig, 7);
  first.send(events_bytes(1, 2));
  rig.until_events(2);
  rig.settle(0, 1);
  EXPECT_EQ(first.next<wire::Acknowledgement>().number, 1U);
  Peer second(rig, 7);
  EXPECT_NE(rig.stage().logs().back().find(" (client 7): replaced by 127.0.0.1:"), std::string::npos);
  const auto goodbye = first.goodbye();
  EXPECT_EQ(goodbye.code, GoodbyeCode::replaced);
  EXPECT_EQ(goodbye.number, 1U);
  EXPECT_EQ(second.reply.last_durable, 1U);
  EXPECT_EQ(second.reply.last_received, 2U);
  first.send_some(events_bytes(3, 4));
  second.send(events_bytes(2, 2));
  rig.until_events(3);
  EXPECT_EQ(rig.stage().output().back().origin(), wire::client_origin(7, 2));
}

// A client that has given a connection up and made another: the login of the first comes late, and its end
// behind it.
TEST(SourceTcp, ALoginThatItsClientHasGivenUpReplacesNobody) {
  Rig rig;
  Peer late(rig);
  Peer present(rig, 7);
  late.send(login_bytes(7));
  late.close();
  rig.until("its end", [&] { return rig.stage().counter("lost") == 1; });
  EXPECT_NE(rig.stage().logs().back().find(": login of client 7 came after its client had given it up"),
            std::string::npos);
  present.send(event_bytes(1));
  rig.until_events(1);
  rig.settle(0, 1);
  EXPECT_EQ(present.next<wire::Acknowledgement>().number, 1U);
  EXPECT_EQ(rig.stage().counter("logins"), 1U);
}

TEST(SourceTcp, AClientThatEndsIsToldWhatBecomesOfItsEvents) {
  for (const bool by_frame : {true, false}) {
    Rig rig;
    Peer peer(rig, 7);
    peer.send(events_bytes(1, 3));
    if (by_frame) peer.send(bytes_of(wire::Frame<wire::Goodbye>{}));
    peer.end_sending();
    rig.until_events(3);
    rig.stage().poll();
    EXPECT_TRUE(peer.has_nothing());
    rig.settle(0, 3);
    EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 3U);
    const auto goodbye = peer.goodbye();
    EXPECT_EQ(goodbye.code, GoodbyeCode::finished);
    EXPECT_EQ(goodbye.number, 3U);
    EXPECT_EQ(goodbye.last_durable, 3U);
  }
}

TEST(SourceTcp, AnswersHeartbeats) {
  Rig rig;
  Peer peer(rig, 7);
  wire::Frame<wire::Heartbeat> beat;
  beat.payload.value = 99;
  peer.send(event_bytes(1) + bytes_of(beat) + event_bytes(2));
  EXPECT_EQ(peer.next<wire::Heartbeat>().value, 99U);
  rig.until_events(2);
}

// More answers at once than there is room for, between events of two sizes and over several batches.
TEST(SourceTcp, AnswersAsManyHeartbeatsAsComeAtOnce) {
  for (const std::uint32_t events_max : {256U, 16U, 1U}) {
    Rig rig({{"ack_backlog", "1KiB"}}, {.batch_events_max = events_max});
    Peer peer(rig, 7);
    std::string bytes;
    constexpr std::uint64_t count = 200;
    wire::Frame<wire::Heartbeat> beat;
    for (std::uint64_t i = 1; i <= count; ++i) {
      beat.payload.value = i;
      bytes += bytes_of(beat);
      if (i % 3 == 0) bytes += event_bytes(i, i % 2 == 0 ? 64 : 72);
    }
    bytes += event_bytes(count + 1).substr(0, 50);
    peer.send(bytes);
    for (std::uint64_t i = 1; i <= count; ++i) ASSERT_EQ(peer.next<wire::Heartbeat>().value, i);
    peer.send(event_bytes(count + 1).substr(50));
    rig.until_events(count / 3 + 1);
    for (std::uint64_t i = 3; i <= count; i += 3) {
      const OwnedEvent& event = rig.stage().output()[i / 3 - 1];
      EXPECT_EQ(event.origin(), wire::client_origin(7, i));
      EXPECT_EQ(event.size(), i % 2 == 0 ? 64U : 72U);
      EXPECT_EQ(event.payload_bytes()[0], static_cast<std::uint8_t>(i));
    }
  }
}

TEST(SourceTcp, DrainsWithAGoodbyeThatSaysWhatIsDurable) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 4));
  rig.until_events(4);
  rig.settle(0, 1);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 1U);
  peer.send_some(events_bytes(5, 6));  // comes too late
  rig.stage().drain();
  EXPECT_EQ(rig.count(), 4U);
  rig.settle(1, 3);
  peer.end_sending();
  rig.stage().stop();
  char room[1024];
  std::string received;
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(peer.socket(), room, sizeof room, MSG_DONTWAIT);
    if (got > 0) received.append(room, static_cast<std::size_t>(got));
  }
  ASSERT_EQ(received.size(), sizeof(wire::Frame<wire::Acknowledgement>) + sizeof(wire::Frame<wire::Goodbye>));
  wire::Frame<wire::Goodbye> goodbye;
  std::memcpy(&goodbye, received.data() + sizeof(wire::Frame<wire::Acknowledgement>), sizeof goodbye);
  EXPECT_EQ(goodbye.payload.code, GoodbyeCode::draining);
  EXPECT_EQ(goodbye.payload.number, 4U);
  EXPECT_EQ(goodbye.payload.last_durable, 4U);
}

// Reads of the small pieces that fit a batch here: many rounds, in no time by the clock, which stands still.
TEST(SourceTcp, StopsWithoutCuttingOffWhoHasSentMuch) {
  Rig rig({{"max_frame", "128B"}}, {.batch_events_max = 8, .batch_bytes_max = 512});
  Peer loud(rig, 7);
  const std::string noise(65536, '\0');
  std::size_t sent = 0;
  while (const std::size_t part = loud.send_some(noise)) sent += part;
  ASSERT_GT(sent, 200'000U);
  rig.stage().drain();
  rig.stage().stop();
  std::string received(4096, '\0');
  const ssize_t got = ::recv(loud.socket(), received.data(), received.size(), 0);
  EXPECT_EQ(got, static_cast<ssize_t>(sizeof(wire::Frame<wire::Goodbye>)));
  EXPECT_EQ(::recv(loud.socket(), received.data(), received.size(), 0), 0);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(loud.socket(), SOL_SOCKET, SO_ERROR, &error, &size);
  EXPECT_EQ(error, 0) << "it was reset: " << std::strerror(error);
}

TEST(SourceTcp, RemembersWhatTheLogHoldsAcrossARestart) {
  std::string saved;
  {
    Rig rig;
    rig.stage().recover({OwnedEvent(256, {}, {.origin = wire::client_origin(9, 3)}),
                         OwnedEvent(256, {}, {.origin = make_origin(1, 70)}),
                         OwnedEvent(256, {}, {.origin = wire::client_origin(7, 12)})});
    saved = rig.stage().save();
  }
  Rig rig;
  rig.stage().load(saved);
  EXPECT_EQ(rig.stage().save(), saved);
  rig.stage().recover({OwnedEvent(256, {}, {.origin = wire::client_origin(7, 13)})});
  EXPECT_EQ(Peer(rig, 7).reply.last_durable, 13U);
  const Peer nine(rig, 9);
  EXPECT_EQ(nine.reply.last_durable, 3U);
  EXPECT_EQ(nine.reply.last_received, 3U);
}

std::string saved_after_events_of(const std::vector<std::uint32_t>& clients) {
  Rig rig;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Peer peer(rig, clients[i]);
    peer.send(event_bytes(1));
    rig.until_events(i + 1);
    rig.settle(i, 1);
  }
  const Peer silent(rig, 50);
  return rig.stage().save();
}

TEST(SourceTcp, SavesTheSameBytesWhateverTheOrderOfLogins) {
  const std::string saved = saved_after_events_of({5, 1, 9});
  EXPECT_EQ(saved.size(), 8U * (2 + 3 * 3)) << "nothing of who sent nothing";
  EXPECT_EQ(saved, saved_after_events_of({9, 5, 1}));
}

TEST(SourceTcp, RefusesASavedStateThatMakesNoSense) {
  const std::string sound = saved_after_events_of({7});
  for (std::size_t length = 0; length < sound.size(); ++length) {
    Rig fresh;
    EXPECT_THROW(fresh.stage().load(sound.substr(0, length)), testing::StageError) << length;
  }
  std::string zero_id = sound;
  zero_id[16] = 0;
  std::string huge_count = sound;
  huge_count[15] = 127;
  Rig fresh;
  EXPECT_THROW(fresh.stage().load(zero_id), testing::StageError);
  EXPECT_THROW(fresh.stage().load(huge_count), testing::StageError);
}

TEST(SourceTcp, TakesTurnsBetweenConnectionsThatFlood) {
  Rig rig({}, {.batch_events_max = 16});
  Peer one(rig, 1);
  Peer two(rig, 2);
  one.send_some(events_bytes(1, 200));
  two.send_some(events_bytes(1, 200));
  rig.until("events", [&] { return rig.count() >= 160; });
  std::uint64_t of_one = 0;
  for (const OwnedEvent& event : rig.stage().output()) of_one += wire::client_of(event.origin()) == 1 ? 1 : 0;
  EXPECT_GE(of_one, 16U);
  EXPECT_LE(of_one, rig.count() - 16);
}

TEST(SourceTcp, GivesTheSameStreamWithBatchesOfAnySize) {
  for (const std::uint32_t events_max : {1U, 7U, 1000U}) {
    Rig rig({}, {.batch_events_max = events_max});
    Peer peer(rig, 7);
    peer.send(events_bytes(1, 500));
    rig.until_events(500);
    for (std::uint64_t i = 0; i < 500; ++i) {
      EXPECT_EQ(rig.stage().output()[i].origin(), wire::client_origin(7, i + 1));
    }
  }
}

TEST(SourceTcp, TimeOfEventsNeverDecreases) {
  Rig rig;
  Peer peer(rig, 7);
  rig.pass_time(5);
  peer.send(events_bytes(1, 1));
  rig.until_events(1);
  rig.stage().set_time(start_time - 1000);
  peer.send(events_bytes(2, 2));
  rig.until_events(2);
  EXPECT_EQ(rig.stage().output()[1].time(), start_time + 5);
}

TEST(SourceTcp, SaysWhatIsWrongWithItsOptions) {
  const auto refusal = [](testing::OptionTexts options) {
    return Harness::refusal(TICKWEIR_PLUGIN_FILE, options);
  };
  EXPECT_NE(refusal({{"listen", "nowhere"}}).find("is no address"), std::string::npos);
  EXPECT_NE(refusal({{"listen", "0.0.0.0:0"}}).find("`tls` is off"), std::string::npos);
  EXPECT_EQ(refusal({{"listen", "0.0.0.0:0"}, {"insecure", "true"}}), "");
  EXPECT_NE(refusal({{"listen", "0.0.0.0:0"}, {"tls", "on"}, {"certificate", "c"}, {"key", "k"}})
                .find("anybody who reaches \"0.0.0.0:0\" may log in"),
            std::string::npos);
  EXPECT_NE(refusal(with({{"max_frame", "129B"}})).find("multiple of 8"), std::string::npos);
  EXPECT_NE(refusal(with({{"max_frame", "1MiB"}})).find("batch"), std::string::npos);
  EXPECT_NE(refusal(with({{"accept", "[255]"}})).find("from 256 on"), std::string::npos);
  EXPECT_NE(refusal(with({{"accept", "[256:33]"}})).find("256:33"), std::string::npos);
  EXPECT_NE(refusal(with({{"tls", "on"}})).find("is empty"), std::string::npos);
  EXPECT_NE(refusal(with({{"certificate", "x.pem"}})).find("`tls` is off"), std::string::npos);
  EXPECT_NE(refusal(with({{"clients", "/nowhere"}})).find("cannot be read"), std::string::npos);
  const TestFile open_file("7 secret\n", 0644);
  EXPECT_NE(refusal(with({{"clients", open_file.path()}})).find("chmod 600"), std::string::npos);
  Rig rig;
  const std::string taken = text_of(rig.address());
  EXPECT_NE(refusal({{"listen", taken}}).find("cannot take the address " + taken), std::string::npos);
}

}  // namespace
}  // namespace tickweir::tcp
