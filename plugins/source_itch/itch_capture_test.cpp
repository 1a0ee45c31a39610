// Captures: file forms, link layers, MoldUDP64 sequences, plain datagrams, and damage.
#include <gtest/gtest.h>

#include <random>

#include "itch_capture.h"
#include "itch_test_capture.h"
#include "tickweir/testing_random.h"

namespace tickweir::itch {
namespace {

struct Result {
  std::vector<std::uint64_t> references;  // of the cancels that came out
  std::vector<std::uint64_t> numbers;     // of their origins
  std::vector<std::string> warnings;
  std::vector<std::uint64_t> counts;
  [[nodiscard]] std::uint64_t operator[](Count count) const {
    return counts[static_cast<std::size_t>(count)];
  }
};
using Numbers = std::vector<std::uint64_t>;

Result read_all(const Buffer& bytes, PayloadKind kind = PayloadKind::automatic, std::size_t room = SIZE_MAX,
                bool strict = false) {
  Result result;
  MemorySource source{bytes};
  Decoder decoder(0, 1);
  Faults faults("day.pcap", strict, [&](const std::string& text) { result.warnings.push_back(text); });
  CaptureReader<MemorySource> reader(source, kind, decoder, faults);
  KeepingSink sink(room);
  while (reader.read(sink) != Progress::finished) sink.next_batch();
  for (const auto& event : sink.events()) {
    if (!event.is<market::Cancel>()) continue;
    result.references.push_back(event.as<market::Cancel>().order_id);
    result.numbers.push_back(origin_number(event.origin()));
  }
  for (std::size_t i = 0; i < count_kinds; ++i) result.counts.push_back(faults.count(static_cast<Count>(i)));
  return result;
}

std::string error_of(const Buffer& bytes, bool strict) {
  try {
    read_all(bytes, PayloadKind::automatic, SIZE_MAX, strict);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

Buffer cancel(std::uint64_t reference) {
  return to_buffer(Message('D', 1, 1).u64(reference));
}

const std::vector<Packet> three{{packet(mold(1, {cancel(11), cancel(12)}))}, {packet(mold(3, {cancel(13)}))}};

TEST(ItchCapture, ReadsEveryFormOfFile) {
  for (const bool big_endian : {false, true}) {
    for (const Buffer& bytes : {pcap_file(three, big_endian, false), pcap_file(three, big_endian, true),
                                pcapng_file(three, big_endian)}) {
      const Result result = read_all(bytes);
      EXPECT_EQ(result.references, (Numbers{11, 12, 13}));
      EXPECT_EQ(result.numbers, (Numbers{1, 2, 3}));
      EXPECT_EQ(result[Count::packets], 2U);
      EXPECT_EQ(result[Count::bytes], bytes.size());
      EXPECT_TRUE(result.warnings.empty());
    }
  }
}

TEST(ItchCapture, FindsUdpBehindEveryLinkLayerItKnows) {
  const Buffer datagram = udp(mold(1, {cancel(11)}));
  const Buffer routed =
      big(60, 1) + big(0, 1) + Buffer(6, 0) + big(17, 1) + big(1, 1) + Buffer(14, 0) + datagram;
  const std::vector<std::pair<std::uint32_t, Buffer>> frames{
      {1, ethernet(ipv4(datagram))},
      {1, ethernet(ipv4(datagram) + Buffer(20, 0))},  // padded by the link
      {1, ethernet(vlan(ipv4(datagram)), 0x8100)},
      {1, ethernet(vlan(vlan(ipv4(datagram)), 0x8100), 0x88a8)},
      {1, ethernet(ipv6(datagram), 0x86dd)},
      {1, ethernet(ipv6(routed, 0), 0x86dd)},  // options, routing, then UDP
      {113, Buffer(14, 0) + big(0x0800, 2) + ipv4(datagram)},
      {276, big(0x86dd, 2) + Buffer(18, 0) + ipv6(datagram)},
      {101, ipv4(datagram)},
      {101, ipv6(datagram)},
      {228, ipv4(datagram)},
      {229, ipv6(datagram)},
  };
  for (const auto& [link, bytes] : frames) {
    SCOPED_TRACE(link);
    const Result result = read_all(pcap_file({{bytes}}, false, false, link));
    EXPECT_EQ(result.references, Numbers{11});
    EXPECT_TRUE(result.warnings.empty());
  }
}

TEST(ItchCapture, CountsAndSkipsWhatIsNotAWholeUdpDatagram) {
  const Buffer datagram = udp(mold(1, {cancel(11)}));
  const Buffer whole = packet(mold(1, {cancel(12)}));
  const Result result = read_all(pcap_file({{ethernet(hex("0001"), 0x0806)},
                                            {ethernet(ipv4(datagram, 0, 6))},
                                            {ethernet(ipv4(datagram, 0x2000))},
                                            {ethernet(ipv4(datagram, 0x0001))},
                                            {ethernet(ipv6(hex("1100000000000000") + datagram, 44), 0x86dd)},
                                            {whole, 1},
                                            {whole}}));
  EXPECT_EQ(result.references, Numbers{12});
  EXPECT_EQ(result[Count::packets], 7U);
  EXPECT_EQ(result[Count::ignored_packets], 2U);
  EXPECT_EQ(result[Count::fragments], 3U);
  EXPECT_EQ(result[Count::cut_packets], 1U);
  EXPECT_EQ(
      result.warnings,
      (std::vector<std::string>{"day.pcap: packet 6: 82 bytes were captured, expected the whole packet"}));
}

TEST(ItchCapture, NumbersPlainMessagesFromOne) {
  const Buffer bytes = pcap_file(
      {{packet(cancel(11))}, {packet(to_buffer(Message('S', 0, 0).letter('O')))}, {packet(cancel(12))}});
  for (const PayloadKind kind : {PayloadKind::automatic, PayloadKind::plain}) {
    const Result result = read_all(bytes, kind);
    EXPECT_EQ(result.references, (Numbers{11, 12}));
    EXPECT_EQ(result.numbers, (Numbers{1, 3}));
  }
}

TEST(ItchCapture, CountsGapsAndRepeatsAndDecodesRepeatsAgain) {
  const Result result =
      read_all(pcap_file({{packet(mold(10, {cancel(10), cancel(11)}))},  // a capture may begin anywhere
                          {packet(mold(10, {cancel(10), cancel(11)}))},  // the other line
                          {packet(mold(15, {cancel(15)}))},              // 12, 13, 14 are missing
                          {packet(mold(15, {cancel(15), cancel(16)}))},  // half of it is new
                          {packet(mold(12, {cancel(12)}))},              // late
                          {packet(mold_signal(17, 0))},
                          {packet(mold_signal(19, 0))},  // 17 and 18 are missing
                          {packet(mold_signal(19, 0xffff))}}));
  EXPECT_EQ(result.numbers, (Numbers{10, 11, 10, 11, 15, 15, 16, 12}));
  EXPECT_EQ(result[Count::gaps], 2U);
  EXPECT_EQ(result[Count::missing_messages], 5U);
  EXPECT_EQ(result[Count::repeated_messages], 4U);
  EXPECT_EQ(result[Count::heartbeats], 2U);
  EXPECT_EQ(result[Count::session_ends], 1U);
}

TEST(ItchCapture, ExpectsTheSequencesOfANewSessionFromItsFirstOn) {
  const Result result =
      read_all(pcap_file({{packet(mold(10, {cancel(10)}))}, {packet(mold(1, {cancel(1)}, "SESSION002"))}}));
  EXPECT_EQ(result.numbers, (Numbers{10, 1}));
  EXPECT_EQ(result[Count::gaps] + result[Count::repeated_messages], 0U);
}

TEST(ItchCapture, CountsWhatASessionLostAlsoWhereAnotherTakesTurnsWithIt) {
  const std::vector<Packet> a{{packet(mold(1, {cancel(1)}, "SESSION00A"))},
                              {packet(mold(11, {cancel(11)}, "SESSION00A"))},  // 2 to 10 are missing
                              {packet(mold(12, {cancel(12)}, "SESSION00A"))}};
  const std::vector<Packet> b{{packet(mold(1, {cancel(1)}, "SESSION00B"))},
                              {packet(mold(2, {cancel(2)}, "SESSION00B"))}};
  for (const auto& packets : {a, {a[0], b[0], a[1], b[1], a[2]}}) {
    const Result result = read_all(pcap_file(packets));
    EXPECT_EQ(result.numbers.size(), packets.size());
    EXPECT_EQ(result[Count::gaps], 1U);
    EXPECT_EQ(result[Count::missing_messages], 9U);
    EXPECT_EQ(result[Count::repeated_messages] + result[Count::forgotten_sessions], 0U);
  }
}

TEST(ItchCapture, BeginsAnywhereInASessionWhateverItsName) {
  const Result result =
      read_all(pcap_file({{packet(mold(5000, {cancel(1)}, std::string(10, '\0')))}}), PayloadKind::moldudp64);
  EXPECT_EQ(result.numbers, Numbers{5000});
  EXPECT_EQ(result[Count::gaps], 0U);
}

TEST(ItchCapture, ForgetsTheSessionHeardOfLeastLatelyForAnotherAndSaysSoOnce) {
  std::vector<Packet> packets;
  const auto hear = [&packets](std::uint64_t sequence, char session) {
    packets.push_back({packet(mold(sequence, {cancel(1)}, std::string("SESSION00") + session))});
  };
  for (char session = 'a'; session < 'a' + 16; ++session) hear(1, session);
  hear(2, 'a');  // so the 17th takes the place of b
  hear(1, 'X');
  hear(4, 'a');  // 3 is missing
  hear(9, 'b');  // in place of c; it begins anew
  const Result result = read_all(pcap_file(packets), PayloadKind::automatic, SIZE_MAX, true);
  EXPECT_EQ(result.numbers.size(), packets.size());
  EXPECT_EQ(result[Count::gaps], 1U);
  EXPECT_EQ(result[Count::missing_messages], 1U);
  EXPECT_EQ(result[Count::forgotten_sessions], 2U);
  EXPECT_EQ(
      result.warnings,
      (std::vector<std::string>{
          "day.pcap: packet 18: one more MoldUDP64 session than the 16 whose sequences are followed at "
          "once: the one heard of least lately is forgotten, and if it goes on, what is missing until then "
          "is not counted (more are only counted)"}));
}

TEST(ItchCapture, SkipsMessagesOfWrongTypeOrLengthAndSaysWhere) {
  const Result result =
      read_all(pcap_file({{packet(mold(1, {cancel(1), hex("7a01"), hex("44"), {}, cancel(2)}))}}));
  EXPECT_EQ(result.numbers, (Numbers{1, 5}));
  EXPECT_EQ(result.warnings,
            (std::vector<std::string>{
                "day.pcap: packet 1, byte 43: message 'z' of 2 bytes, expected a type of ITCH 5.0",
                "day.pcap: packet 1, byte 47: message 'D' of 1 bytes, expected 19 bytes",
                "day.pcap: packet 1, byte 50: a message of 0 bytes, expected at least its type"}));
}

TEST(ItchCapture, ReportsDatagramsThatAreNotItch) {
  Buffer damaged = mold(1, {cancel(1), cancel(2)});
  damaged.pop_back();
  const Result result =
      read_all(pcap_file({{packet(hex("0102030405"))}, {packet(damaged)}, {packet(mold(1, {cancel(3)}))}}));
  EXPECT_EQ(result.references, Numbers{3});
  EXPECT_EQ(result[Count::unknown_datagrams], 2U);
  EXPECT_EQ(result.warnings.front(),
            "day.pcap: packet 1: a UDP payload of 5 bytes, expected MoldUDP64 or one ITCH 5.0 message");

  // When told that it is MoldUDP64, what is whole in it is read.
  const Result told =
      read_all(pcap_file({{packet(hex("0102030405"))}, {packet(damaged)}}), PayloadKind::moldudp64);
  EXPECT_EQ(told.references, Numbers{1});
  EXPECT_EQ(told[Count::short_messages], 1U);
  EXPECT_EQ(told.warnings.back(),
            "day.pcap: packet 2, byte 41: the datagram ends with 1 messages missing, expected as many as its "
            "head says");
}

TEST(ItchCapture, GivesTheSameEventsInBatchesOfAnySize) {
  for (const std::size_t room : {1U, 2U, 3U}) {
    EXPECT_EQ(read_all(pcapng_file(three), PayloadKind::automatic, room).numbers, (Numbers{1, 2, 3}));
  }
}

TEST(ItchCapture, ReadsTheWholePacketsOfACutFileAtEveryLength) {
  for (const Buffer& bytes : {pcap_file(three), pcapng_file(three)}) {
    std::uint64_t last = 0;
    for (std::size_t size = 48; size <= bytes.size(); ++size) {
      const Result result =
          read_all(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      EXPECT_GE(result.references.size(), last);
      EXPECT_EQ(result[Count::bytes], size);
      EXPECT_EQ(result.warnings.size(), result[Count::truncated_bytes] == 0 ? 0U : 1U);
      last = result.references.size();
    }
    EXPECT_EQ(last, 3U);
  }
}

TEST(ItchCapture, StrictStopsAtTheFirstFault) {
  Buffer bytes = pcap_file(three);
  EXPECT_EQ(error_of(bytes, true), "");
  bytes.pop_back();
  EXPECT_EQ(error_of(bytes, true),
            "day.pcap: after packet 1: the capture ends: truncated dump file; tried to read 83 captured "
            "bytes, only "
            "got 82, expected a whole packet; with strict: false it would be counted and skipped");
  EXPECT_EQ(error_of(pcap_file({{packet(mold(1, {hex("7a")}))}}), true),
            "day.pcap: packet 1, byte 22: message 'z' of 1 bytes, expected a type of ITCH 5.0; with strict: "
            "false it "
            "would be counted and skipped");
}

TEST(ItchCapture, RefusesWhatIsNoCaptureOrOfAnUnknownLink) {
  EXPECT_EQ(error_of(hex("00112233445566778899"), false),
            "day.pcap: is not a readable capture: unknown file format");
  EXPECT_EQ(
      error_of(pcap_file({}, false, false, 105), false),
      "day.pcap: link layer IEEE802_11, expected Ethernet, Linux cooked or raw IP; convert the capture");
}

TEST(ItchCapture, SurvivesGarbage) {
  std::mt19937_64 random(testing::seed());
  for (int round = 0; round < 500; ++round) {
    Buffer bytes = round % 2 == 0 ? pcap_file(three) : pcapng_file(three);
    for (std::uint64_t hits = 1 + random() % 20; hits != 0; --hits) {
      bytes[24 + random() % (bytes.size() - 24)] = static_cast<std::uint8_t>(random());
    }
    try {
      const Result result = read_all(bytes);
      EXPECT_LE(result.references.size(), 3U);
    } catch (const std::runtime_error&) {  // damage to the file's own head is refused
    }
  }
}

}  // namespace
}  // namespace tickweir::itch
