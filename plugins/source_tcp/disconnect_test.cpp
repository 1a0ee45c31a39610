// cancel_on_disconnect: one MassCancel for each connection that ends, behind all that came on it.
#include <gtest/gtest.h>

#include "tcp_test.h"
#include "tickweir/market.h"

namespace tickweir::tcp {
namespace {

using market::MassCancel;

const testing::OptionText cancels{"cancel_on_disconnect", "true"};

// What came out, in few letters: the client's number of each event, or the account that is cancelled.
std::string told(Rig& rig) {
  std::string all;
  for (const OwnedEvent& event : rig.stage().output()) {
    if (!all.empty()) all += ' ';
    if (event.type() == MassCancel::event_type && event.origin() == 0) {
      const auto& cancel = event.as<MassCancel>();
      EXPECT_EQ(cancel.reason, market::CancelReason::Disconnected);
      EXPECT_EQ(cancel.instrument, 0U);
      EXPECT_EQ(cancel.side, market::Side::None);
      all += "cancel:" + std::to_string(cancel.account);
    } else {
      all += std::to_string(wire::client_of(event.origin())) + ":" +
             std::to_string(origin_number(event.origin()));
    }
  }
  return all;
}
void until_told(Rig& rig, const std::string& expected) {
  rig.until("cancels", [&] { return told(rig).size() >= expected.size(); });
  EXPECT_EQ(told(rig), expected);
}
// Nothing more comes of what has happened already: a login that is answered is behind it.
void expect_no_more(Rig& rig, const std::string& expected) {
  const Peer last(rig, 1000);
  EXPECT_EQ(told(rig), expected);
}

TEST(CancelOnDisconnect, FollowsWhatTheClientSentWhenItsConnectionBreaks) {
  Rig rig{cancels};
  Peer peer(rig, 7);
  peer.send(events_bytes(1, 2));
  rig.until_events(2);
  peer.reset();
  until_told(rig, "7:1 7:2 cancel:7");
  EXPECT_EQ(rig.stage().counter("disconnect_cancels"), 1U);
  EXPECT_GE(rig.stage().output().back().time(), rig.stage().output().front().time());
  expect_no_more(rig, "7:1 7:2 cancel:7");
}

TEST(CancelOnDisconnect, FollowsAGoodbyeToo) {
  Rig rig{cancels};
  Peer peer(rig, 7);
  peer.send(event_bytes(1));
  rig.until_events(1);
  peer.end_sending();
  rig.settle(0, 1);
  EXPECT_EQ(peer.next<wire::Acknowledgement>().number, 1U);
  peer.goodbye();
  until_told(rig, "7:1 cancel:7");
}

TEST(CancelOnDisconnect, FollowsWhatAClientSentThatIsThrownOut) {
  Rig rig{cancels};
  Peer peer(rig, 7);
  peer.send(event_bytes(2) + event_bytes(1));
  until_told(rig, "7:2 cancel:7");
  EXPECT_EQ(peer.goodbye().code, wire::GoodbyeCode::number_order);
  expect_no_more(rig, "7:2 cancel:7");
}

TEST(CancelOnDisconnect, IsOffUnlessAskedFor) {
  Rig rig;
  Peer peer(rig, 7);
  peer.send(event_bytes(1));
  rig.until_events(1);
  peer.reset();
  rig.until("the end", [&] { return rig.stage().counter("lost") == 1; });
  expect_no_more(rig, "7:1");
}

TEST(CancelOnDisconnect, HasNothingToSayOfAClientThatSentNothing) {
  Rig rig{cancels};
  {
    Peer peer(rig, 7);
    peer.send(event_bytes(1));
    rig.until_events(1);
    peer.reset();
  }
  until_told(rig, "7:1 cancel:7");
  Peer again(rig, 7);
  again.reset();
  rig.until("the end", [&] { return rig.stage().counter("lost") == 2; });
  expect_no_more(rig, "7:1 cancel:7");
}

TEST(CancelOnDisconnect, ComesBeforeWhatTheClientSendsOnItsNextConnection) {
  Rig rig{cancels};
  Peer first(rig, 7);
  first.send(event_bytes(1));
  rig.until_events(1);
  Peer second(rig);
  second.send(login_bytes(7) + event_bytes(2));  // at once, while the first is open
  until_told(rig, "7:1 cancel:7 7:2");
  EXPECT_EQ(first.goodbye().code, wire::GoodbyeCode::replaced);
  second.reset();
  until_told(rig, "7:1 cancel:7 7:2 cancel:7");
}

// The batch has room for just one more frame when a client is thrown out. Its cancel takes some of that, and
// a client whose frame has come in all but its last bytes is next.
TEST(CancelOnDisconnect, LeavesRoomForTheFrameThatComesNext) {
  constexpr std::uint32_t frame = 4096;
  constexpr std::uint32_t batch = 65536;
  constexpr std::uint64_t count = (batch - frame) / 64;
  Rig rig({cancels}, {.batch_events_max = 4096, .batch_bytes_max = batch});
  Peer full(rig, 7);
  Peer next(rig, 8);
  const std::string event = event_bytes(1, frame);
  next.send(event.substr(0, frame - 6));
  rig.until("its beginning",
            [&] { return rig.stage().counter("received_bytes") == 2 * login_bytes(7).size() + frame - 6; });
  EXPECT_EQ(rig.stage().poll(), PollResult::idle);  // from here on who sends first is served first
  const std::string bytes = events_bytes(1, count) + event_bytes(count);  // the last one is wrong
  ASSERT_EQ(full.send_some(bytes), bytes.size());
  ASSERT_EQ(next.send_some(event.substr(frame - 6) + event_bytes(2)), 6 + 64U);
  rig.until_events(count + 3);
  const std::vector<std::uint32_t>& batches = rig.stage().batch_sizes("events");
  EXPECT_EQ(batches, (std::vector<std::uint32_t>{count + 1, 2})) << "not the case that was meant";
  EXPECT_EQ(rig.stage().output()[count].type(), MassCancel::event_type);
  EXPECT_EQ(rig.stage().output()[count + 1].size(), frame);
  EXPECT_EQ(rig.stage().output()[count + 1].payload_bytes().back(), 1);
}

TEST(CancelOnDisconnect, LeavesRoomBehindTheCancelsOfMany) {
  constexpr std::uint32_t clients = 100;  // whose cancels fill more than a batch
  Rig rig({cancels}, {.batch_events_max = 4096, .batch_bytes_max = 4608});
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::uint32_t id = 1; id <= clients; ++id) {
    peers.push_back(std::make_unique<Peer>(rig, id));
    peers.back()->send(event_bytes(1));
    rig.until_events(id);
  }
  Peer next(rig, 1000);
  const std::string event = event_bytes(1, 4096);
  next.send(event.substr(0, 4090));
  for (const auto& peer : peers) peer->reset();
  next.send(event.substr(4090));
  rig.until_events(2 * clients + 1);
}

TEST(CancelOnDisconnect, NamesTheAccountOfTheClient) {
  const TestFile file("7 abc 4000000000\n8 def 5\n9 ghi 5\n10 jkl\n", 0600);
  Rig rig{cancels, {"clients", file.path()}};
  Peer peer(rig, 7, "abc");
  peer.send(event_bytes(1));
  rig.until_events(1);
  peer.reset();
  until_told(rig, "7:1 cancel:4000000000");
  Peer ten(rig, 10, "jkl");
  ten.send(event_bytes(1));
  rig.until_events(3);
  ten.reset();
  until_told(rig, "7:1 cancel:4000000000 10:1 cancel:10");
}

TEST(CancelOnDisconnect, IsOnceForAnAccountUntilMoreComesOfIt) {
  const TestFile file("8 def 5\n9 ghi 5\n", 0600);
  Rig rig{cancels, {"clients", file.path()}};
  Peer eight(rig, 8, "def");
  Peer nine(rig, 9, "ghi");
  eight.send(event_bytes(1));
  rig.until_events(1);
  nine.send(event_bytes(1));
  rig.until_events(2);
  eight.reset();
  until_told(rig, "8:1 9:1 cancel:5");
  nine.send(event_bytes(2));
  rig.until_events(4);
  nine.reset();
  until_told(rig, "8:1 9:1 cancel:5 9:2 cancel:5");
}

// The events of one run, shown to the next.
TEST(CancelOnDisconnect, ComesFirstAfterARestartForClientsThatWereConnected) {
  std::vector<OwnedEvent> log;
  {
    Rig rig{cancels};
    Peer seven(rig, 7);
    Peer eight(rig, 8);
    seven.send(event_bytes(1));
    rig.until_events(1);
    eight.send(event_bytes(1));
    rig.until_events(2);
    seven.reset();
    until_told(rig, "7:1 8:1 cancel:7");
    log = rig.stage().output();
  }
  Rig rig{cancels};
  rig.stage().recover(log);
  Peer seven(rig, 7);
  seven.send(event_bytes(2));
  until_told(rig, "cancel:8 7:2");
  const std::vector<OwnedEvent> more = rig.stage().output();
  log.insert(log.end(), more.begin(), more.end() - 1);
  Rig third{cancels};
  third.stage().recover(log);
  expect_no_more(third, "");
}

TEST(CancelOnDisconnect, RemembersInASnapshotWhoMayHaveOrders) {
  std::string state;
  {
    Rig rig{cancels};
    Peer seven(rig, 7);
    Peer eight(rig, 8);
    seven.send(event_bytes(1));
    rig.until_events(1);
    eight.send(event_bytes(1));
    rig.until_events(2);
    seven.reset();
    until_told(rig, "7:1 8:1 cancel:7");
    rig.settle(0, 2);
    state = rig.stage().save();
  }
  Rig rig{cancels};
  rig.stage().load(state);
  expect_no_more(rig, "cancel:8");
}

// What the log of another run holds: a client's events, and nobody's cancel behind them.
std::vector<OwnedEvent> log_of(std::uint32_t id) {
  Rig rig;
  Peer peer(rig, id);
  peer.send(event_bytes(1));
  rig.until_events(1);
  return rig.stage().output();
}
void expect_told_at_login(Rig& rig, const std::string& expected, std::uint32_t id, std::string_view token) {
  const Peer last(rig, id, token);
  EXPECT_EQ(told(rig), expected);
}

// Another source's, or one that was taken out of the file: its account may be somebody else's id.
TEST(CancelOnDisconnect, LeavesAloneWhomTheFileDoesNotName) {
  const TestFile file("7 abc 4000000000\n", 0600);
  Rig rig{cancels, {"clients", file.path()}};
  rig.stage().recover(log_of(8));
  rig.stage().recover(log_of(7));
  expect_told_at_login(rig, "cancel:4000000000", 7, "abc");
  EXPECT_NE(rig.stage().logs().back().find("the log has events of client 8, which is not in " + file.path()),
            std::string::npos)
      << rig.stage().logs().back();
}

TEST(CancelOnDisconnect, NamesTheAccountThatTheOrdersHadWhenTheyCame) {
  const TestFile before("7 abc 500\n8 def 600\n", 0600);
  std::string state;
  {
    Rig rig{cancels, {"clients", before.path()}};
    Peer seven(rig, 7, "abc");
    Peer eight(rig, 8, "def");
    seven.send(event_bytes(1));
    rig.until_events(1);
    eight.send(event_bytes(1));
    rig.until_events(2);
    rig.settle(0, 2);
    state = rig.stage().save();
  }
  const TestFile after("7 abc 700\n", 0600);  // another account; client 8 may not come any more
  Rig rig{cancels, {"clients", after.path()}};
  rig.stage().load(state);
  Peer seven(rig, 7, "abc");
  seven.send(event_bytes(2));
  until_told(rig, "cancel:500 cancel:600 7:2");
  seven.reset();
  until_told(rig, "cancel:500 cancel:600 7:2 cancel:700");
}

}  // namespace
}  // namespace tickweir::tcp
