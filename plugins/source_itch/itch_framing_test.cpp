// BinaryFILE and its untyped form: whole, cut at every length, and as garbage.
#include <gtest/gtest.h>

#include <random>

#include "itch_test_input.h"
#include "sample_flow.h"
#include "tickweir/testing_random.h"

namespace tickweir::itch {
namespace {

struct Result {
  std::vector<testing::OwnedEvent> events;
  std::vector<std::string> warnings;
  std::uint64_t decoded = 0;
  std::vector<std::uint64_t> counts;
  [[nodiscard]] std::uint64_t operator[](Count count) const {
    return counts[static_cast<std::size_t>(count)];
  }
};

Result read_all(const Buffer& bytes, bool untyped, std::size_t room = SIZE_MAX, bool strict = false) {
  Result result;
  MemorySource source{bytes};
  Decoder decoder(0, 1);
  Faults faults("day.itch", strict, [&](const std::string& text) { result.warnings.push_back(text); });
  FileReader<MemorySource> reader(source, untyped, decoder, faults);
  KeepingSink sink(room);
  while (reader.read(sink) != Progress::finished) sink.next_batch();
  result.events = sink.events();
  for (const Kind& kind : kinds) result.decoded += decoder.count(kind.type);
  for (std::size_t i = 0; i < count_kinds; ++i) result.counts.push_back(faults.count(static_cast<Count>(i)));
  return result;
}

std::string strict_error(const Buffer& bytes, bool untyped) {
  try {
    read_all(bytes, untyped, SIZE_MAX, true);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

Buffer sample(std::uint64_t messages, bool untyped, std::uint64_t seed = 3) {
  MemoryOut out;
  BinaryFileWriter writer(out, untyped);
  SampleFlow({.messages = messages, .instruments = 5, .seed = seed},
             [&](std::span<const std::uint8_t> message, std::uint64_t) { writer.write(message); })
      .run();
  writer.finish();
  return out.bytes;
}

Buffer framed(const Message& message) {
  const Buffer bytes = to_buffer(message);
  return Buffer{0, static_cast<std::uint8_t>(bytes.size())} + bytes;
}
Message cancel(std::uint64_t reference) {
  return Message('D', 1, 1).u64(reference);
}

constexpr const char* lenient = "; with strict: false it would be counted and skipped";

TEST(ItchFraming, NumbersMessagesFromOneWhetherOrNotTheyBecomeEvents) {
  const Buffer bytes =
      framed(Message('S', 0, 0).letter('O')) + framed(cancel(7)) + framed(cancel(8)) + hex("0000");
  const Result result = read_all(bytes, false);
  ASSERT_EQ(result.events.size(), 2U);
  EXPECT_EQ(result.events[0].origin(), make_origin(1, 2));
  EXPECT_EQ(result.events[1].origin(), make_origin(1, 3));
  EXPECT_EQ(result[Count::bytes], bytes.size());
  EXPECT_TRUE(result.warnings.empty());
}

TEST(ItchFraming, ReadsAFileWhoseLengthPrefixesAreAllZeroAsTheSameMessages) {
  const Result typed = read_all(sample(20'000, false), false);
  const Result untyped = read_all(sample(20'000, true), true);
  EXPECT_EQ(typed.decoded, 20'000U);
  EXPECT_GT(typed.events.size(), 15'000U);
  EXPECT_EQ(typed.events, untyped.events);
  EXPECT_TRUE(untyped.warnings.empty());
}

TEST(ItchFraming, GivesTheSameEventsInBatchesOfAnySize) {
  const Buffer bytes = sample(20'000, false);
  const Result whole = read_all(bytes, false);
  for (const std::size_t room : {1U, 7U, 256U})
    EXPECT_EQ(read_all(bytes, false, room).events, whole.events) << room;
}

TEST(ItchFraming, CountsWhatACutFileStillHoldsAtEveryLength) {
  for (const bool untyped : {false, true}) {
    const Buffer bytes = sample(60, untyped);
    std::vector<std::size_t> starts;  // of each message's prefix, and of the end of session
    for (std::size_t at = 0; at < bytes.size();
         at += 2 + (at + 2 < bytes.size() ? lengths[bytes[at + 2]] : 0U)) {
      starts.push_back(at);
    }
    ASSERT_EQ(starts.size(), 61U);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      SCOPED_TRACE(size);
      const Result result =
          read_all(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)), untyped);
      const auto whole = static_cast<std::size_t>(
          std::count_if(starts.begin() + 1, starts.end(), [&](std::size_t start) { return start <= size; }));
      EXPECT_EQ(result.decoded, whole);
      const std::size_t left = size - starts[whole];
      // Two zero bytes: without a type they end the session.
      const bool is_end = left == 2 && bytes[starts[whole] + 1] == 0;
      EXPECT_EQ(result[Count::truncated_bytes], is_end ? 0 : left);
      EXPECT_EQ(result.warnings.size(), left != 0 && !is_end ? 1U : 0U);
    }
  }
}

TEST(ItchFraming, SkipsMessagesOfWrongTypeOrLengthAndSaysWhere) {
  const Buffer bytes = framed(cancel(1)) + hex("0003 7a0102") + hex("0002 4401") + framed(cancel(2)) +
                       Buffer{0, 20} + to_buffer(cancel(3)) + hex("00") + framed(cancel(4)) + hex("0001 07");
  const Result result = read_all(bytes, false);
  EXPECT_EQ(result.events.size(), 3U);
  EXPECT_EQ(result[Count::unknown_messages], 2U);
  EXPECT_EQ(result[Count::short_messages], 1U);
  EXPECT_EQ(result[Count::long_messages], 1U);
  EXPECT_EQ(result.warnings, (std::vector<std::string>{
                                 "day.itch: byte 21: message 'z' of 3 bytes, expected a type of ITCH 5.0",
                                 "day.itch: byte 26: message 'D' of 2 bytes, expected 19 bytes",
                                 "day.itch: byte 51: message 'D' of 20 bytes, expected 19 bytes",
                                 "day.itch: byte 94: message 0x07 of 1 bytes, expected a type of ITCH 5.0"}));
}

TEST(ItchFraming, TellsOnlyOfTheFirstFewOfAKind) {
  Buffer bytes;
  for (int i = 0; i < 100; ++i) bytes = bytes + hex("0001 7a");
  const Result result = read_all(bytes, false);
  EXPECT_EQ(result[Count::unknown_messages], 100U);
  ASSERT_EQ(result.warnings.size(), 5U);
  EXPECT_EQ(result.warnings.back(),
            "day.itch: byte 12: message 'z' of 1 bytes, expected a type of ITCH 5.0 "
            "(more of this kind are only counted)");
}

TEST(ItchFraming, StopsAtTheEndOfTheSessionAndCountsWhatFollows) {
  const Buffer bytes = framed(cancel(1)) + hex("0000") + framed(cancel(2));
  const Result result = read_all(bytes, false);
  EXPECT_EQ(result.events.size(), 1U);
  EXPECT_EQ(result[Count::trailing_bytes], 21U);
  EXPECT_EQ(result.warnings,
            (std::vector<std::string>{
                "day.itch: byte 23: more bytes after the end of the session, expected none"}));
  EXPECT_EQ(
      strict_error(bytes, false),
      std::string("day.itch: byte 23: more bytes after the end of the session, expected none") + lenient);
}

TEST(ItchFraming, StrictStopsAtTheFirstFaultAndSaysWhatWasExpected) {
  EXPECT_EQ(strict_error(framed(cancel(1)) + hex("0002 7a01"), false),
            std::string("day.itch: byte 21: message 'z' of 2 bytes, expected a type of ITCH 5.0") + lenient);
  EXPECT_EQ(strict_error(framed(cancel(1)) + hex("0002 4101"), false),
            std::string("day.itch: byte 21: message 'A' of 2 bytes, expected 36 bytes") + lenient);
  EXPECT_EQ(
      strict_error(framed(cancel(1)) + hex("0013 4401"), false),
      std::string("day.itch: byte 21: the input ends after 4 bytes of a message, expected the whole of it") +
          lenient);
  EXPECT_EQ(strict_error(hex("0000") + to_buffer(cancel(1)) + hex("0000 7a01"), true),
            std::string("day.itch: byte 21: length prefix 0 and type 'z', expected length prefix 0 and a "
                        "type of ITCH 5.0") +
                lenient);
  EXPECT_EQ(strict_error(sample(100, false), false), "");
  EXPECT_EQ(strict_error(sample(100, true), true), "");
}

TEST(ItchFraming, FindsItsWayBackAfterDamageInAFileWithoutLengths) {
  const Buffer message = hex("0000") + to_buffer(cancel(5));
  const Result result = read_all(message + hex("ffffffffff") + message + hex("0000"), true);
  EXPECT_EQ(result.events.size(), 2U);
  EXPECT_EQ(result[Count::unknown_messages], 1U);
  EXPECT_EQ(result.warnings.size(), 1U);
}

TEST(ItchFraming, SurvivesGarbageAndAccountsForEveryByteOfIt) {
  std::mt19937_64 random(testing::seed());
  for (int round = 0; round < 300; ++round) {
    Buffer bytes = sample(50, round % 2 == 1, testing::seed());
    for (std::uint64_t hits = 1 + random() % 40; hits != 0; --hits) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    const Result result = read_all(bytes, round % 2 == 1);
    EXPECT_EQ(result[Count::bytes], bytes.size());
    EXPECT_LE(result.events.size(), result.decoded);
  }
}

TEST(ItchFraming, TellsFormatsApartByTheirFirstBytes) {
  const auto told = [](const Buffer& bytes) { return detect(bytes.data(), bytes.size()); };
  EXPECT_EQ(told(hex("a1b2c3d4 00000000")), Format::pcap);
  EXPECT_EQ(told(hex("d4c3b2a1 00000000")), Format::pcap);
  EXPECT_EQ(told(hex("a1b23c4d 00000000")), Format::pcap);
  EXPECT_EQ(told(hex("4d3cb2a1 00000000")), Format::pcap);
  EXPECT_EQ(told(hex("0a0d0d0a 1c000000")), Format::pcap);
  EXPECT_EQ(told(hex("000c 53 0000000000")), Format::binaryfile);
  EXPECT_EQ(told(hex("0000 53 0000000000")), Format::untyped);
  EXPECT_EQ(told(hex("000e 53 0000000000")), Format::binaryfile);  // longer than it should be, but ITCH
  EXPECT_EQ(told(hex("0000")), Format::binaryfile);
  EXPECT_EQ(told(hex("000c 7a 0000000000")), Format::automatic);
  EXPECT_EQ(told(hex("23207473 0a414243")), Format::automatic);
}

}  // namespace
}  // namespace tickweir::itch
