// The stage as the runtime sees it: files of every form, options, counters, errors.
#include <gtest/gtest.h>
#include <zlib.h>

#include "itch_test_capture.h"
#include "sample_flow.h"
#include "tickweir/testing.h"

namespace tickweir::itch {
namespace {

using testing::Harness;
using testing::OwnedEvent;
using testing::Settings;
using testing::StageError;

constexpr const char* plugin = TICKWEIR_PLUGIN_FILE;

Buffer sample(std::uint64_t messages, bool untyped = false) {
  MemoryOut out;
  BinaryFileWriter writer(out, untyped);
  SampleFlow({.messages = messages, .instruments = 5, .seed = 3}, [&](std::span<const std::uint8_t> message,
                                                                      std::uint64_t) {
    writer.write(message);
  }).run();
  writer.finish();
  return out.bytes;
}

Buffer captured_sample(std::uint64_t messages) {
  MemoryOut out;
  MoldCaptureWriter writer(out);
  std::uint64_t last_time = 0;
  SampleFlow({.messages = messages, .instruments = 5, .seed = 3}, [&](std::span<const std::uint8_t> message,
                                                                      std::uint64_t time) {
    writer.write(message);
    last_time = time;
    if (writer.open_count() == 9) writer.flush(time);
  }).run();
  writer.finish(last_time);
  return out.bytes;
}

Buffer gzip(const Buffer& bytes) {
  const TestFile place(std::string("packed.gz"));
  gzFile file = ::gzopen(place.path().c_str(), "wb");
  ::gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  ::gzclose(file);
  return place.bytes();
}

std::vector<OwnedEvent> events_of(const Buffer& bytes, Settings settings = {},
                                  testing::OptionTexts options = {}) {
  const TestFile file(bytes);
  options.push_back({"path", file.path()});
  Harness stage(plugin, options, std::move(settings));
  EXPECT_EQ(stage.poll(), PollResult::finished);
  stage.drain();
  EXPECT_TRUE(stage.logs().empty());
  return stage.output();
}

// What the stage says against a file, with the file's name left out.
std::string error_of(const Buffer& bytes, testing::OptionTexts options = {}) {
  const TestFile file(bytes);
  options.push_back({"path", file.path()});
  try {
    Harness stage(plugin, options);
    stage.poll();
    return {};
  } catch (const StageError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with(file.path() + ": ")) << text;
    return text.substr(std::min(text.size(), file.path().size() + 2));
  }
}

TEST(SourceItch, ReadsTheSameDayFromEveryFormOfFile) {
  const std::vector<OwnedEvent> expected = events_of(sample(5'000));
  EXPECT_GT(expected.size(), 4'500U);
  EXPECT_EQ(events_of(sample(5'000, true)), expected);
  EXPECT_EQ(events_of(captured_sample(5'000)), expected);
  EXPECT_EQ(events_of(gzip(sample(5'000))), expected);
  EXPECT_EQ(events_of(gzip(captured_sample(5'000))), expected);
}

TEST(SourceItch, GivesTheSameEventsInBatchesOfAnySizeAndInEveryRun) {
  const Buffer bytes = sample(5'000);
  const std::vector<OwnedEvent> expected = events_of(bytes);
  EXPECT_EQ(events_of(bytes), expected);
  for (const std::uint32_t size : {1U, 7U, 8192U}) {
    EXPECT_EQ(events_of(bytes, {.batch_events_max = size, .batch_bytes_max = 1U << 20}), expected);
  }
  EXPECT_EQ(events_of(bytes, {.batch_events_max = 8192, .batch_bytes_max = 128}), expected);
}

TEST(SourceItch, CountsEveryMessageByItsKind) {
  const TestFile file(sample(5'000));
  Harness stage(plugin, {{"path", file.path()}});
  stage.poll();
  std::uint64_t sum = 0;
  for (const Kind& kind : kinds) sum += stage.counter("messages", kind.name);
  EXPECT_EQ(sum, 5'000U);
  EXPECT_EQ(stage.counter("messages", "stock_directory"), 5U);
  EXPECT_EQ(stage.counter("messages", "system_event"), 6U);
  EXPECT_EQ(stage.counter("read_bytes"), file.bytes().size());
  EXPECT_EQ(stage.counter("time_reversals"), 0U);
}

TEST(SourceItch, ReadsAndCountsEvenWhenNobodyListens) {
  const TestFile file(sample(5'000));
  Harness stage(plugin, {{"path", file.path()}}, {.unconnected = {"events"}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.counter("messages", "stock_directory"), 5U);
  EXPECT_EQ(stage.counter("read_bytes"), file.bytes().size());
}

TEST(SourceItch, CountsTimeFromTheMidnightOfTheDate) {
  const Buffer bytes = hex("0013 44 0001 0000 000000000005 0000000000000001 0000");
  EXPECT_EQ(events_of(bytes).front().time(), 5U);
  EXPECT_EQ(events_of(bytes, {}, {{"date", "2019-12-30"}}).front().time(), 1'577'664'000'000'000'005U);
  EXPECT_EQ(events_of(bytes, {.source_number = 7}).front().origin(), make_origin(7, 1));
}

TEST(SourceItch, DoesNotTouchTheFileBeforeStart) {
  Harness stage(plugin, {{"path", "/nowhere/day.itch"}}, {.start = false});
  EXPECT_THROW(stage.start(), StageError);
}

TEST(SourceItch, RefusesOptionsThatMakeNoSense) {
  EXPECT_EQ(Harness::refusal(plugin, {{"path", ""}}), "is empty, expected the path of a file");
  for (const char* date :
       {"2019-02-29", "2019-1-01", "1969-12-31", "2262-01-01", "yesterday", "2019-12-3x", ""}) {
    EXPECT_EQ(
        Harness::refusal(plugin, {{"path", "x"}, {"date", date}}),
        "\"" + std::string(date) + "\" is not a date, expected YYYY-MM-DD from 1970-01-01 to 2261-12-31");
  }
  EXPECT_NE(Harness::refusal(plugin, {}), "");
  EXPECT_NE(Harness::refusal(plugin, {{"path", "x"}, {"format", "csv"}}), "");
}

TEST(SourceItch, SaysWhatIsWrongWithAFileThatCannotBeRead) {
  const TestFile place(std::string("missing"));
  EXPECT_EQ(Harness::refusal(plugin, {{"path", place.path()}}),
            place.path() + ": cannot be opened: No such file or directory");
  EXPECT_EQ(Harness::refusal(plugin, {{"path", place.folder()}}),
            place.folder() + ": is a directory, expected a file of ITCH 5.0 messages");
  EXPECT_EQ(error_of({}), "is empty, expected a file of ITCH 5.0 messages");
  EXPECT_EQ(error_of(gzip({})), "is empty, expected a file of ITCH 5.0 messages");
  EXPECT_EQ(error_of(hex("23207473 0a414243 44")),
            "begins with none of BinaryFILE, pcap, pcapng or gzip of these, found 23 20 74 73 0a 41 42 43; "
            "if it is "
            "one of them, say which with `format`");
  EXPECT_EQ(error_of(sample(10), {{"format", "pcap"}}), "is not a readable capture: unknown file format");
}

TEST(SourceItch, ReadsWhatIsWholeInAGzipFileThatWasCutOff) {
  Buffer packed = gzip(sample(5'000));
  packed.resize(packed.size() / 2);
  const TestFile file(packed);
  Harness stage(plugin, {{"path", file.path()}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_GT(stage.output().size(), 1'000U);
  EXPECT_LT(stage.output().size(), 4'000U);
  ASSERT_FALSE(stage.logs().empty());
  EXPECT_NE(stage.logs().back().find("the gzip stream ends early, expected its end mark"), std::string::npos);
  EXPECT_NE(error_of(packed, {{"strict", "true"}}), "");
}

TEST(SourceItch, FailsOnAGzipFileWithADamagedMiddle) {
  Buffer packed = gzip(sample(5'000));
  for (std::size_t i = 0; i < 64; ++i) packed[packed.size() / 2 + i] ^= 0xa5U;
  const std::string error = error_of(packed);
  EXPECT_TRUE(error.starts_with("cannot be read after byte ")) << error;
}

TEST(SourceItch, SkipsDamageAndCountsItUnlessStrict) {
  const Buffer bytes = hex("0013 44 0001 0000 000000000005 0000000000000001 0002 7a01 0002 4101 0013 44");
  const TestFile file(bytes);
  Harness stage(plugin, {{"path", file.path()}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.output().size(), 1U);
  EXPECT_EQ(stage.counter("unknown_messages"), 1U);
  EXPECT_EQ(stage.counter("short_messages"), 1U);
  EXPECT_EQ(stage.counter("truncated_bytes"), 3U);
  EXPECT_EQ(stage.logs().size(), 3U);
  EXPECT_EQ(error_of(bytes, {{"strict", "true"}}),
            "byte 21: message 'z' of 2 bytes, expected a type of ITCH 5.0; with strict: false it would be "
            "counted and "
            "skipped");
}

TEST(SourceItch, CountsWhatTheCaptureSays) {
  const Buffer cancel = to_buffer(Message('D', 1, 1).u64(1));
  const TestFile file(pcap_file({{packet(mold(1, {cancel}))},
                                 {packet(mold(1, {cancel}))},
                                 {packet(mold(5, {cancel}))},
                                 {ethernet(ipv4(udp(cancel), 0x2000))},
                                 {ethernet(hex("00"), 0x0806)},
                                 {packet(mold_signal(6, 0))},
                                 {packet(mold_signal(6, 0xffff))}}));
  Harness stage(plugin, {{"path", file.path()}, {"payload", "moldudp64"}});
  EXPECT_EQ(stage.poll(), PollResult::finished);
  EXPECT_EQ(stage.output().size(), 3U);
  EXPECT_EQ(stage.counter("packets"), 7U);
  EXPECT_EQ(stage.counter("repeated_messages"), 1U);
  EXPECT_EQ(stage.counter("gaps"), 1U);
  EXPECT_EQ(stage.counter("missing_messages"), 3U);
  EXPECT_EQ(stage.counter("fragments"), 1U);
  EXPECT_EQ(stage.counter("ignored_packets"), 1U);
  EXPECT_EQ(stage.counter("heartbeats"), 1U);
  EXPECT_EQ(stage.counter("session_ends"), 1U);
}

}  // namespace
}  // namespace tickweir::itch
