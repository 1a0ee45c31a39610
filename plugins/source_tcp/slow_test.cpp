// Peers that let us wait: each is ended in time, whatever else there is to do, and nobody for our own
// slowness.
#include "tcp_test.h"

namespace tickweir::tcp {
namespace {

TEST(HostilePeer, ThatDoesNotLogInIsEndedInTime) {
  Rig rig({{"login_timeout", "5s"}});
  Peer silent(rig);
  Peer slow(rig);
  slow.send(login_bytes(7).substr(0, 50));
  Peer quick(rig, 8);
  rig.until("idle", [&] { return rig.stage().idle().wake_time == start_time + 5 * second; });
  rig.pass_time(5 * second - 1);
  rig.stage().poll();
  EXPECT_TRUE(silent.has_nothing());
  rig.pass_time(1);
  rig.until_goodbye("login_timeout", 2);
  EXPECT_EQ(silent.goodbye().code, GoodbyeCode::login_timeout);
  EXPECT_EQ(slow.goodbye().code, GoodbyeCode::login_timeout);
  quick.send(events_bytes(1, 1));
  rig.until_events(1);
}

// As at full speed: there is never a poll that does not fill its batch.
TEST(HostilePeer, ThatDoesNotLogInIsEndedInTimeWhileAnotherFloods) {
  Rig rig({{"login_timeout", "5s"}}, {.batch_events_max = 16});
  Peer silent(rig);
  Peer flood(rig, 8);
  rig.until("both", [&] { return rig.stage().counter("connections") == 2; });
  constexpr std::uint64_t count = 400;
  ASSERT_EQ(flood.send_some(events_bytes(1, count)), count * 64);
  rig.until_events(16);
  rig.pass_time(5 * second);
  rig.stage().poll_once();
  EXPECT_EQ(rig.stage().counter("goodbyes", "login_timeout"), 1U);
  EXPECT_EQ(rig.count(), 32U) << "the flood must go on meanwhile";
  rig.pass_time(second);
  rig.stage().poll_once();
  EXPECT_EQ(rig.stage().counter("connections"), 1U) << "it was told goodbye a second ago";
  EXPECT_LT(rig.count(), count);
}

// Who has its turn still to come is not slow: it is we who did not read.
TEST(HostilePeer, IsNotWhoWaitsForItsTurn) {
  Rig rig({{"login_timeout", "5s"}}, {.batch_events_max = 16});
  Peer flood(rig, 8);
  Peer waiting(rig);
  rig.until("both", [&] { return rig.stage().counter("connections") == 2; });
  flood.send_some(events_bytes(1, 400));
  rig.until_events(16);
  waiting.send_some(login_bytes(9));
  rig.pass_time(60 * second);
  EXPECT_EQ(waiting.next<wire::LoginReply>().frame_bytes_max, 4096U);
}

TEST(HostilePeer, ThatDripsAFrameIsEndedInTime) {
  Rig rig({{"min_rate", "1KiB"}, {"login_timeout", "60s"}});
  Peer drip(rig, 7);
  Peer good(rig, 8);
  const std::string event = event_bytes(1, 2048);
  const auto deadline = [&](std::uint64_t seconds) {
    rig.until("a deadline", [&] { return rig.stage().idle().wake_time == start_time + seconds * second; });
  };
  drip.send(event.substr(0, 7));
  deadline(1 + 4);  // it may become one of 4096 bytes
  drip.send(event.substr(7, 1));
  deadline(1 + 2);
  rig.pass_time(2 * second);
  drip.send(event.substr(8, 1));
  good.send(event_bytes(1) + event_bytes(2).substr(0, 40));
  rig.until_events(1);
  rig.pass_time(second - 1);
  rig.stage().poll();
  EXPECT_TRUE(drip.has_nothing());
  rig.pass_time(1);
  const auto goodbye = drip.goodbye();
  EXPECT_EQ(goodbye.code, GoodbyeCode::too_slow);
  EXPECT_EQ(goodbye.byte_offset, 104U);
  good.send(event_bytes(2).substr(40) + event_bytes(2));
  rig.until("the number again", [&] { return rig.stage().counter("goodbyes", "number_order") == 1; });
}

TEST(HostilePeer, IsNotWhoIsAlwaysInTheMiddleOfSomeFrame) {
  Rig rig({{"min_rate", "1KiB"}});
  Peer peer(rig, 7);
  const std::string beat = bytes_of(wire::Frame<wire::Heartbeat>{});
  peer.send(beat.substr(0, 20));
  for (int i = 0; i < 10; ++i) {
    peer.send(beat.substr(20) + beat.substr(0, 20));
    peer.next<wire::Heartbeat>();
    rig.pass_time(second);
    rig.stage().poll();
  }
  EXPECT_EQ(rig.stage().counter("connections"), 1U);
  EXPECT_TRUE(peer.has_nothing());
}

}  // namespace
}  // namespace tickweir::tcp
